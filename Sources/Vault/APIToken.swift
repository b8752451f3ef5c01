import Crypto
import Foundation
import SourceModel

/// A token that a program calls the service with: `wh_` and 32 random bytes in base64url (RFC 4648, section 5). It is
/// shown once; what is stored is its hash, which is enough for 256 bits of chance.
package enum APIToken {
    /// A new one.
    package static func make() -> Secret {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let text = bytes.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return Secret("wh_\(text)")
    }

    /// SHA-256 of the token.
    package static func digest(of token: Secret) -> Data {
        token.withUTF8 { Data(SHA256.hash(data: $0)) }
    }
}
