import Crypto
import Foundation

/// The key that wraps every record's data key: 32 bytes that are in no record and in no backup of the database.
package struct MasterKey: Sendable, Equatable {
    /// The number of its bytes (AES-256).
    package static let byteCount = 32

    /// The key's bytes, for those who derive from it.
    package let key: SymmetricKey

    /// Names the key without telling it: the first 8 bytes of a hash of it.
    package var id: String {
        let digest = key.withUnsafeBytes { bytes in
            var hash = SHA256()
            hash.update(data: Data("wellhead master key id 1".utf8))
            hash.update(bufferPointer: bytes)
            return hash.finalize()
        }
        return digest.prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// The key that is set by `WELLHEAD_MASTER_KEY` or `WELLHEAD_MASTER_KEY_FILE`, else the one in the data directory's
    /// `master.key`, which is made at the first start. Where records may be stored already, `KeySource.find` tells also
    /// whether their key is gone.
    ///
    /// - Throws: `VaultError.masterKey`, with a sentence that says what to do.
    package static func load(
        environment: [String: String], dataDirectory: URL
    ) throws(VaultError) -> MasterKey {
        try KeySource.find(environment: environment, dataDirectory: dataDirectory, inUse: nil).key
    }

    /// A new one from the system's random source.
    package static func make() -> MasterKey { MasterKey(key: SymmetricKey(size: .bits256)) }

    /// Reads base64 of exactly 32 bytes; blanks around it do not matter.
    ///
    /// - Parameter origin: where the text is from, for the error's sentence.
    package init(base64 text: String, from origin: String) throws(VaultError) {
        guard let bytes = Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines)),
            bytes.count == Self.byteCount
        else {
            throw .masterKey("\(origin) holds no master key: it must be base64 of 32 bytes (openssl rand -base64 32).")
        }
        key = SymmetricKey(data: bytes)
    }

    private init(key: SymmetricKey) { self.key = key }

    /// The form that files and the environment hold.
    package var base64: String { key.withUnsafeBytes { Data($0).base64EncodedString() } }
}

extension MasterKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key's id; never the key.
    package var description: String { "master key \(id)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
