import Foundation
import Registry
import SourceModel
import Vault
import WebAPI

/// Tells the web who may call, from what the registry holds.
struct RegistryDoorkeeper: Doorkeeper {
    let registry: Registry

    /// No password has this hash; checking against it costs what checking a user's costs.
    private static let nobody = PasswordHash(
        text: "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")

    func holder(ofToken token: Secret) async throws -> String? {
        guard let entry = try await registry.token(digest: APIToken.digest(of: token)), !entry.isExpired(at: Date())
        else { return nil }
        return entry.name
    }

    func user(named name: String, password: Secret) async throws -> String? {
        guard let user = try await registry.user(named: name) else {
            _ = try Self.nobody?.matches(password)
            return nil
        }
        return try user.passwordHash.matches(password) ? user.name : nil
    }

    func passwordDate(ofUser name: String) async throws -> Date? {
        try await registry.user(named: name)?.passwordDate
    }
}
