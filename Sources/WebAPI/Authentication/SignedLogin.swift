import Crypto
import Foundation
import JWTKit

/// Makes and checks the signed tokens (RFC 7519, HS256) that a login with a password gives.
package struct SignedLogin: Sendable {
    /// What a token says.
    struct Claims: JWTPayload {
        var sub: SubjectClaim
        var iss: IssuerClaim
        var iat: IssuedAtClaim
        var exp: ExpirationClaim

        /// Nothing here: the dates are checked against the clock that came in.
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    private static let issuer = "wellhead"

    private let keys: JWTKeyCollection
    private let lifetime: Duration
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - key: at least 32 bytes that nobody else has; see `key(from:)`.
    ///   - lifetime: how long a login holds; one hour by default.
    package init(
        key: SymmetricKey, lifetime: Duration = .seconds(3600), now: @escaping @Sendable () -> Date = { Date() }
    ) async {
        keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(key: key), digestAlgorithm: .sha256)
        self.lifetime = lifetime
        self.now = now
    }

    /// Derives the signing key from the master key (HKDF with SHA-256, RFC 5869), so that one secret is kept.
    package static func key(from masterKey: SymmetricKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: masterKey, info: Data("wellhead login tokens 1".utf8), outputByteCount: 32)
    }

    /// A token for the user.
    func token(for user: String) async throws -> String {
        let date = now()
        let (seconds, _) = lifetime.components
        return try await keys.sign(
            Claims(
                sub: SubjectClaim(value: user), iss: IssuerClaim(value: Self.issuer), iat: IssuedAtClaim(value: date),
                exp: ExpirationClaim(value: date.addingTimeInterval(TimeInterval(seconds)))))
    }

    /// The user and the time of the login; nil for a token that is not ours, altered or expired.
    func login(in token: String) async -> (user: String, at: Date)? {
        // Why it is refused does not matter to anyone: all refusals look alike.
        guard let claims = try? await keys.verify(token, as: Claims.self), claims.iss.value == Self.issuer,
            claims.exp.value > now()
        else { return nil }
        return (claims.sub.value, claims.iat.value)
    }
}
