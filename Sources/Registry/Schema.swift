import GRDB

/// The tables, in the steps by which they came to be. A step that was released is never changed.
///
/// Dates are seconds since 2001-01-01 UTC: the form in which they come back exactly as they were.
enum Schema {
    static func migrate(_ pool: DatabasePool) throws {
        let migrator = migrator
        guard try !pool.read(migrator.hasBeenSuperseded) else {
            throw RegistryError.storage("The database was written by a later version of wellhead; use that one.")
        }
        try migrator.migrate(pool)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 records, tombstones, tokens, users, secrets") { database in
            try database.execute(
                sql: """
                    CREATE TABLE keyInUse (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL) STRICT;

                    CREATE TABLE record (
                        id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, driver TEXT NOT NULL,
                        fields TEXT NOT NULL, keyID TEXT NOT NULL, wrappedKey BLOB NOT NULL,
                        publishedAt REAL, createdAt REAL NOT NULL, updatedAt REAL NOT NULL,
                        createdBy TEXT NOT NULL, updatedBy TEXT NOT NULL, revision INTEGER NOT NULL
                    ) STRICT;

                    CREATE TABLE sealedField (
                        record TEXT NOT NULL REFERENCES record (id) ON DELETE CASCADE, field TEXT NOT NULL,
                        sealed BLOB NOT NULL, PRIMARY KEY (record, field)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE tombstone (
                        id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, driver TEXT NOT NULL,
                        createdAt REAL NOT NULL, createdBy TEXT NOT NULL,
                        deletedAt REAL NOT NULL, deletedBy TEXT NOT NULL
                    ) STRICT;

                    CREATE TABLE token (
                        digest BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL, createdAt REAL NOT NULL,
                        createdBy TEXT NOT NULL, expiresAt REAL, revokedAt REAL
                    ) STRICT;
                    CREATE UNIQUE INDEX tokenName ON token (name) WHERE revokedAt IS NULL;

                    CREATE TABLE user (
                        name TEXT PRIMARY KEY NOT NULL, passwordHash TEXT NOT NULL, passwordDate REAL NOT NULL,
                        createdAt REAL NOT NULL
                    ) STRICT;

                    CREATE TABLE secret (
                        name TEXT PRIMARY KEY NOT NULL, keyID TEXT NOT NULL, wrappedKey BLOB NOT NULL,
                        sealed BLOB NOT NULL
                    ) STRICT;
                    """)
        }
        return migrator
    }
}

/// The master key that everything in the database is wrapped with, by its id.
enum KeyInUse {
    /// The id, once there is one. Also answers for a database that has no tables yet.
    static func id(in database: Database) throws -> String? {
        guard try database.tableExists("keyInUse") else { return nil }
        return try String.fetchOne(database, sql: "SELECT id FROM keyInUse")
    }

    /// Writes the id down where there is none, and returns the one that holds.
    static func claim(_ id: String, in database: Database) throws -> String {
        try database.execute(sql: "INSERT OR IGNORE INTO keyInUse (only, id) VALUES (1, ?)", arguments: [id])
        return try self.id(in: database) ?? id
    }

    static func change(to id: String, in database: Database) throws {
        try database.execute(sql: "UPDATE keyInUse SET id = ?", arguments: [id])
    }
}
