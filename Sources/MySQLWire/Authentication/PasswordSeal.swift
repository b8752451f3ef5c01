import Crypto
import CryptoExtras
import NIOCore

/// Seals a password with the RSA key that a server sent: RSA-OAEP with SHA-1 over the password and its zero byte, XORed
/// with the challenge so that a recorded seal is of no use.
enum PasswordSeal {
    /// Far above any key's PEM text, in bytes.
    static let maximumKeyLength = 16 * 1024

    static func seal(_ password: Password, nonce: [UInt8], key: ByteBuffer, plugin: String) -> AuthenticationStep {
        guard !nonce.isEmpty, key.readableBytes <= maximumKeyLength,
            let publicKey = try? _RSA.Encryption.PublicKey(pemRepresentation: String(buffer: key))
        else {
            return .fail(.authenticationFailed(plugin: plugin, reason: "the server's public key cannot be used"))
        }
        let masked = password.zeroTerminated.enumerated().map { $1 ^ nonce[$0 % nonce.count] }
        guard let sealed = try? publicKey.encrypt(masked, padding: .PKCS1_OAEP) else {
            return .fail(
                .authenticationFailed(plugin: plugin, reason: "the password is too long for the server's public key"))
        }
        return .send(ByteBuffer(bytes: sealed))
    }
}
