import Foundation
import GRDB
import SourceModel
import Vault

/// A person who logs in with a password.
package struct User: Sendable, Equatable {
    /// Unique, compared exactly.
    package var name: String
    /// The present password's hash.
    package var passwordHash: PasswordHash
    /// Since when this password holds: what was signed before is void.
    package var passwordDate: Date
    /// When the user was added.
    package var createdAt: Date
}

extension Registry {
    /// Stores a new user.
    ///
    /// - Throws: `RegistryError.nameTaken`.
    package func addUser(_ name: String, passwordHash: PasswordHash, at date: Date) async throws(RegistryError) {
        try await write { database, _ in
            try database.execute(
                sql: """
                    INSERT INTO user (name, passwordHash, passwordDate, createdAt) VALUES (?, ?, ?, ?)
                    ON CONFLICT (name) DO NOTHING
                    """,
                arguments: [name, passwordHash.text, StoredDate.seconds(date), StoredDate.seconds(date)])
            guard database.changesCount == 1 else { throw RegistryError.nameTaken(name) }
        }
    }

    /// All users, by name.
    package func users() async throws(RegistryError) -> [User] {
        try await read { database, _ in
            try Row.fetchAll(database, sql: "SELECT * FROM user ORDER BY name").map(Self.user)
        }
    }

    /// One user; nil where there is none of exactly this name.
    package func user(named name: String) async throws(RegistryError) -> User? {
        try await read { database, _ in
            try Row.fetchOne(database, sql: "SELECT * FROM user WHERE name = ?", arguments: [name]).map(Self.user)
        }
    }

    /// Erases a user.
    ///
    /// - Returns: whether there was such a user.
    @discardableResult
    package func removeUser(_ name: String) async throws(RegistryError) -> Bool {
        try await writeAndErase { database, _ in
            try database.execute(sql: "DELETE FROM user WHERE name = ?", arguments: [name])
            return database.changesCount == 1
        }
    }

    /// Gives a user another password, which holds from this date on.
    ///
    /// - Returns: whether there is such a user.
    @discardableResult
    package func setPassword(
        _ passwordHash: PasswordHash, of name: String, at date: Date
    ) async throws(RegistryError) -> Bool {
        try await writeAndErase { database, _ in
            try database.execute(
                sql: "UPDATE user SET passwordHash = ?, passwordDate = ? WHERE name = ?",
                arguments: [passwordHash.text, StoredDate.seconds(date), name])
            return database.changesCount == 1
        }
    }

    private static func user(_ row: Row) throws -> User {
        guard let hash = PasswordHash(text: try row.decode(forColumn: "passwordHash")) else {
            throw RegistryError.storage("A user's password hash is not in the form that this version writes.")
        }
        return User(
            name: try row.decode(forColumn: "name"), passwordHash: hash, passwordDate: try row.date("passwordDate"),
            createdAt: try row.date("createdAt"))
    }
}
