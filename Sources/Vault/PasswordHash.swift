import Crypto
import CryptoExtras
import Foundation
import SourceModel

/// A user's password as it is stored: scrypt (RFC 7914) with a salt of its own, in the form
/// `$scrypt$ln=15,r=8,p=1$salt$hash`.
package struct PasswordHash: Sendable, Equatable {
    /// The stored form.
    package let text: String
    private let logRounds: Int
    private let salt: Data
    private let hash: Data

    /// 2^15 rounds of 1 KiB: 32 MiB and some 50 ms for each guess.
    private static let defaultLogRounds = 15
    private static let blockSize = 8
    private static let hashByteCount = 32

    /// Hashes a password. Takes its time on purpose.
    package init(_ password: Secret) throws {
        var random = SystemRandomNumberGenerator()
        let salt = Data((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
        let hash = try Self.derive(password, salt: salt, logRounds: Self.defaultLogRounds)
        self.init(logRounds: Self.defaultLogRounds, salt: salt, hash: hash)
    }

    /// Reads the stored form; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: "$")
        guard parts.count == 4, parts[0] == "scrypt", parts[1].hasPrefix("ln="), parts[1].hasSuffix(",r=8,p=1"),
            let logRounds = Int(parts[1].dropFirst(3).dropLast(8)), (10...20).contains(logRounds),
            let salt = Data(base64Encoded: String(parts[2])), let hash = Data(base64Encoded: String(parts[3])),
            hash.count == Self.hashByteCount
        else { return nil }
        self.init(logRounds: logRounds, salt: salt, hash: hash)
    }

    private init(logRounds: Int, salt: Data, hash: Data) {
        self.logRounds = logRounds
        self.salt = salt
        self.hash = hash
        text = "$scrypt$ln=\(logRounds),r=8,p=1$\(salt.base64EncodedString())$\(hash.base64EncodedString())"
    }

    /// Whether this is the password; every byte is compared whatever the first difference.
    package func matches(_ password: Secret) throws -> Bool {
        let candidate = try Self.derive(password, salt: salt, logRounds: logRounds)
        guard candidate.count == hash.count else { return false }
        return zip(candidate, hash).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func derive(_ password: Secret, salt: Data, logRounds: Int) throws -> Data {
        let bytes = password.withUTF8 { Data($0) }
        let key = try KDF.Scrypt.deriveKey(
            from: bytes, salt: salt, outputByteCount: hashByteCount, rounds: 1 << logRounds, blockSize: blockSize,
            parallelism: 1,
            maxMemory: 2 * 128 * blockSize << logRounds)
        return key.withUnsafeBytes { Data($0) }
    }
}

extension PasswordHash: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The mask: a hash is for the registry only.
    package var description: String { Secret.mask }
    package var debugDescription: String { Secret.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
