import Crypto
import CryptoExtras
import Foundation

/// The hash that a mechanism is built on: SCRAM-SHA-256 (RFC 7677) or SCRAM-SHA-1 (RFC 5802).
public enum SCRAMHash: Sendable {
    case sha256, sha1

    func hash(_ data: [UInt8]) -> [UInt8] {
        switch self {
        case .sha256: Array(SHA256.hash(data: data))
        case .sha1: Array(Insecure.SHA1.hash(data: data))
        }
    }

    func hmac(_ key: SecretBytes, _ data: [UInt8]) -> [UInt8] {
        let key = SymmetricKey(data: key.bytes)
        return switch self {
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: data, using: key))
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: data, using: key))
        }
    }

    /// Compared in constant time.
    func isHMAC(_ code: Data, of data: [UInt8], by key: SecretBytes) -> Bool {
        let key = SymmetricKey(data: key.bytes)
        return switch self {
        case .sha256: HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: data, using: key)
        case .sha1: HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: data, using: key)
        }
    }
}

/// The work that makes a password slow to guess: PBKDF2 with the mechanism's hash (RFC 5802, `Hi`).
public struct SaltedPasswordRequest: Equatable, Sendable {
    var hash: SCRAMHash
    var password: SecretBytes
    var salt: [UInt8]
    var iterations: Int

    /// Does the work: about a third of a millisecond for each thousand iterations.
    ///
    /// - Throws: `malformedMessage` where salt and iterations are none that PBKDF2 takes.
    public func derive() throws(AuthenticationFailure) -> SecretBytes {
        do {
            let key =
                switch hash {
                case .sha256:
                    try KDF.Insecure.PBKDF2.deriveKey(
                        from: password.bytes, salt: salt, using: .sha256, outputByteCount: 32,
                        unsafeUncheckedRounds: iterations)
                case .sha1:
                    try KDF.Insecure.PBKDF2.deriveKey(
                        from: password.bytes, salt: salt, using: .insecureSHA1, outputByteCount: 20,
                        unsafeUncheckedRounds: iterations)
                }
            return SecretBytes(key.withUnsafeBytes { Array($0) })
        } catch {
            throw .malformedMessage
        }
    }
}
