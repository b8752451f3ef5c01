import Foundation
import GRDB
import SourceModel
import Vault

extension Registry {
    /// A secret of the service's own; nil where there is none of this name.
    ///
    /// - Throws: `RegistryError.storage` where it is there and does not open.
    package func secret(named name: String) async throws(RegistryError) -> Secret? {
        try await read { database, vault in try Self.secret(named: name, in: database, by: vault) }
    }

    /// The secret of this name, made and sealed where there is none. Whoever comes at the same time gets the same.
    package func makeSecret(
        named name: String, make: @escaping @Sendable () -> Secret
    ) async throws(RegistryError) -> Secret {
        try await write { database, vault in
            if let secret = try Self.secret(named: name, in: database, by: vault) { return secret }
            let secret = make()
            let sealed = try vault.seal([SecretPlace.field: secret], of: SecretPlace.owner(of: name))
            try database.execute(
                sql: "INSERT INTO secret (name, keyID, wrappedKey, sealed) VALUES (?, ?, ?, ?)",
                arguments: [name, sealed.keyID, sealed.wrappedKey, sealed.fields[SecretPlace.field]])
            return secret
        }
    }

    private static func secret(named name: String, in database: Database, by vault: Vault) throws -> Secret? {
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM secret WHERE name = ?", arguments: [name])
        else { return nil }
        let sealed = SealedSecrets(
            keyID: try row.decode(forColumn: "keyID"), wrappedKey: try row.decode(forColumn: "wrappedKey"),
            fields: [SecretPlace.field: try row.decode(forColumn: "sealed")])
        return try vault.open(sealed, of: SecretPlace.owner(of: name))[SecretPlace.field]
    }
}

/// What a secret of the service's own is bound to, as a record's fields are to the record and their names. No record's
/// id has a blank, so the two cannot be exchanged.
enum SecretPlace {
    static let field = Field.password

    static func owner(of name: String) -> RecordID { RecordID("service secret \(name)") }
}
