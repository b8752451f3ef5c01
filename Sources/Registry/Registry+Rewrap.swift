import Foundation
import GRDB
import SourceModel
import Vault

extension Registry {
    /// Wraps every data key with another master key, in one transaction, and goes on with that key. The keys as they
    /// were wrapped before are erased from the files. What does not open with the key in use stays as it is.
    ///
    /// - Returns: the number of records that are wrapped anew.
    package func rewrap(to key: MasterKey) async throws(RegistryError) -> Int {
        let next = Vault(key: key)
        return try await writeAndErase(next: next) { database, vault in
            try Self.rewrap("secret", "name", SecretPlace.owner, in: database, from: vault, to: next)
            let records = try Self.rewrap("record", "id", { RecordID($0) }, in: database, from: vault, to: next)
            try KeyInUse.change(to: key.id, in: database)
            return records
        }
    }

    /// Both names are written above and are nobody's input.
    @discardableResult
    private static func rewrap(
        _ table: String, _ column: String, _ owner: (String) -> RecordID, in database: Database, from vault: Vault,
        to next: Vault
    ) throws -> Int {
        var count = 0
        for row in try Row.fetchAll(database, sql: "SELECT \(column), keyID, wrappedKey FROM \(table)") {
            let name: String = try row.decode(forColumn: column)
            let sealed = SealedSecrets(
                keyID: try row.decode(forColumn: "keyID"), wrappedKey: try row.decode(forColumn: "wrappedKey"),
                fields: [:])
            let wrapped: SealedSecrets
            do {
                wrapped = try vault.rewrap(sealed, of: owner(name), for: next)
            } catch VaultError.anotherKey, VaultError.damaged {
                continue
            }
            try database.execute(
                sql: "UPDATE \(table) SET keyID = ?, wrappedKey = ? WHERE \(column) = ?",
                arguments: [wrapped.keyID, wrapped.wrappedKey, name])
            count += 1
        }
        return count
    }
}
