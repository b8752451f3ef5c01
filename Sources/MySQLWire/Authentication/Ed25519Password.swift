import CSodium
import Crypto
import NIOCore

/// MariaDB's `client_ed25519`: an Ed25519 signature of the challenge, where SHA-512 of the password itself stands in
/// place of SHA-512 of a 32-byte seed. That is why swift-crypto's keys, which begin at the seed, cannot make it.
enum Ed25519Password {
    static let name = "client_ed25519"
    static let nonceLength = 32

    /// Whether libsodium could be prepared; safe to ask from any thread.
    private static let isReady = sodium_init() >= 0

    /// The signature of 64 bytes; none for an empty password.
    static func answer(to nonce: [UInt8], password: Password) -> AuthenticationStep {
        guard !password.bytes.isEmpty else { return .send(ByteBuffer()) }
        guard let signature = sign(nonce, password: password) else {
            return .fail(.authenticationFailed(plugin: name, reason: "the signature could not be computed"))
        }
        return .send(ByteBuffer(bytes: signature))
    }

    /// RFC 8032, section 5.1.6, from step 2 on.
    private static func sign(_ message: [UInt8], password: Password) -> [UInt8]? {
        guard isReady else { return nil }
        let expanded = Array(SHA512.hash(data: password.bytes))
        var secret = Array(expanded[..<32])
        secret[0] &= 0xF8
        secret[31] &= 0x7F
        secret[31] |= 0x40
        guard let publicPoint = point(secret) else { return nil }
        let commitment = reduced(SHA512.hash(data: expanded[32...] + message))
        guard let commitmentPoint = point(commitment) else { return nil }
        let challenge = reduced(SHA512.hash(data: commitmentPoint + publicPoint + message))
        var product = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_mul(&product, challenge, secret)
        var sum = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_add(&sum, product, commitment)
        return commitmentPoint + sum
    }

    /// The scalar times the base point; nil for the scalar 0.
    private static func point(_ scalar: [UInt8]) -> [UInt8]? {
        var point = [UInt8](repeating: 0, count: 32)
        return crypto_scalarmult_ed25519_base_noclamp(&point, scalar) == 0 ? point : nil
    }

    /// The digest's 64 bytes modulo the group's order.
    private static func reduced(_ digest: SHA512.Digest) -> [UInt8] {
        var scalar = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_reduce(&scalar, Array(digest))
        return scalar
    }
}
