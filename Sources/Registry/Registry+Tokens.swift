import Foundation
import GRDB
import SourceModel

/// An API token as it is stored: everything but the token.
package struct TokenEntry: Sendable, Equatable {
    /// Unique among the tokens that were not revoked.
    package var name: String
    /// When it was made.
    package var createdAt: Date
    /// By whom: a user's or a token's name.
    package var createdBy: String
    /// Nil where it does not expire.
    package var expiresAt: Date?

    /// An entry of these parts.
    package init(name: String, createdAt: Date, createdBy: String, expiresAt: Date?) {
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
    }

    /// Whether the token has expired by then.
    package func isExpired(at date: Date) -> Bool { expiresAt.map { $0 <= date } ?? false }
}

extension Registry {
    /// Stores a token by its digest (`APIToken.digest`); the token itself is in no file.
    ///
    /// - Throws: `RegistryError.nameTaken`.
    package func createToken(
        name: String, digest: Data, by caller: String, at date: Date, expiresAt: Date? = nil
    ) async throws(RegistryError) {
        try await write { database, _ in
            try Self.naming(name) {
                try database.execute(
                    sql: "INSERT INTO token (digest, name, createdAt, createdBy, expiresAt) VALUES (?, ?, ?, ?, ?)",
                    arguments: [
                        digest, name, StoredDate.seconds(date), caller, expiresAt.map(StoredDate.seconds),
                    ])
            }
        }
    }

    /// The tokens that were not revoked, expired ones too, by name.
    package func tokens() async throws(RegistryError) -> [TokenEntry] {
        try await read { database, _ in
            try Row.fetchAll(database, sql: "SELECT * FROM token WHERE revokedAt IS NULL ORDER BY name")
                .map(Self.token)
        }
    }

    /// Makes a token worthless from now on. Its name may be given to another.
    ///
    /// - Returns: whether there was such a token.
    @discardableResult
    package func revokeToken(name: String, at date: Date) async throws(RegistryError) -> Bool {
        try await write { database, _ in
            try database.execute(
                sql: "UPDATE token SET revokedAt = ? WHERE name = ? AND revokedAt IS NULL",
                arguments: [StoredDate.seconds(date), name])
            return database.changesCount == 1
        }
    }

    /// The token with this digest; nil where there is none or it was revoked. Whether it has expired is the caller's
    /// to ask.
    package func token(digest: Data) async throws(RegistryError) -> TokenEntry? {
        try await read { database, _ in
            try Row.fetchOne(
                database, sql: "SELECT * FROM token WHERE digest = ? AND revokedAt IS NULL", arguments: [digest]
            ).map(Self.token)
        }
    }

    private static func token(_ row: Row) throws -> TokenEntry {
        TokenEntry(
            name: try row.decode(forColumn: "name"), createdAt: try row.date("createdAt"),
            createdBy: try row.decode(forColumn: "createdBy"), expiresAt: try row.dateIfAny("expiresAt"))
    }
}
