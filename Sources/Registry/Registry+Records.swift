import Foundation
import GRDB
import SourceModel
import Vault

// GRDB has a class of this name.
import struct SourceModel.Record

/// All live records that open, in order of creation, and those that do not.
package struct LoadedRecords: Sendable {
    /// A record that is there and cannot be opened.
    package struct Unreadable: Sendable, Equatable {
        /// Which one.
        package let id: RecordID
        /// A sentence for the log; tells no value.
        package let reason: String
    }

    /// Those that open.
    package var records: [Record] = []
    /// Those that do not.
    package var unreadable: [Unreadable] = []
}

/// What can be told of a live record without a key.
package struct RecordLabel: Sendable, Equatable {
    package let id: RecordID
    package let name: String
    /// The driver's name, as the record has it.
    package let driver: String
    /// Whether it passed its test once; false for a draft.
    package let isPublished: Bool
    package let updatedAt: Date
}

extension Registry {
    /// Stores a new record.
    ///
    /// - Throws: `RegistryError.nameTaken`.
    package func insert(_ record: Record) async throws(RegistryError) {
        try await write { database, vault in
            let fields = try StoredFields(record.draft)
            guard let driver = record.draft.text(.driver) else {
                throw RegistryError.storage("The record \(record.id) names no driver.")
            }
            let sealed = try vault.seal(fields.secrets, of: record.id)
            try Self.naming(record.name) {
                try database.execute(
                    sql: """
                        INSERT INTO record (id, name, driver, fields, keyID, wrappedKey, publishedAt, createdAt,
                            updatedAt, createdBy, updatedBy, revision)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        record.id.text, record.name, driver, fields.clear, sealed.keyID, sealed.wrappedKey,
                        record.publishedAt.map(StoredDate.seconds), StoredDate.seconds(record.createdAt),
                        StoredDate.seconds(record.updatedAt), record.createdBy, record.updatedBy, record.revision,
                    ])
            }
            try Self.store(sealed, of: record.id, in: database)
        }
    }

    /// Stores a change as revision `expecting + 1`. What was stored before is erased from the files.
    ///
    /// - Throws: `RegistryError.changedMeanwhile` where the stored revision is another, `notFound`, `nameTaken`.
    package func update(_ record: Record, expecting revision: Int) async throws(RegistryError) {
        try await writeAndErase { database, vault in
            let fields = try StoredFields(record.draft)
            guard let driver = record.draft.text(.driver) else {
                throw RegistryError.storage("The record \(record.id) names no driver.")
            }
            let sealed = try vault.seal(fields.secrets, of: record.id)
            try Self.naming(record.name) {
                try database.execute(
                    sql: """
                        UPDATE record SET name = ?, driver = ?, fields = ?, keyID = ?, wrappedKey = ?,
                            publishedAt = ?, updatedAt = ?, updatedBy = ?, revision = ?
                        WHERE id = ? AND revision = ?
                        """,
                    arguments: [
                        record.name, driver, fields.clear, sealed.keyID, sealed.wrappedKey,
                        record.publishedAt.map(StoredDate.seconds), StoredDate.seconds(record.updatedAt),
                        record.updatedBy, revision + 1, record.id.text, revision,
                    ])
            }
            guard database.changesCount == 1 else {
                throw try Self.row(of: record.id, in: database) == nil
                    ? RegistryError.notFound(record.id) : RegistryError.changedMeanwhile(record.id)
            }
            try database.execute(sql: "DELETE FROM sealedField WHERE record = ?", arguments: [record.id.text])
            try Self.store(sealed, of: record.id, in: database)
        }
    }

    /// Erases a record, also one that cannot be opened, and keeps a tombstone. When this returns, what was sealed is
    /// overwritten in the database and gone from its log; only where another process reads for longer than it is waited
    /// for does the log keep it, sealed, until the next erasure.
    ///
    /// - Throws: `RegistryError.notFound`.
    package func delete(_ id: RecordID, by caller: String, at date: Date) async throws(RegistryError) {
        try await writeAndErase { database, _ in
            try database.execute(
                sql: """
                    INSERT INTO tombstone (id, name, driver, createdAt, createdBy, deletedAt, deletedBy)
                    SELECT id, name, driver, createdAt, createdBy, ?, ? FROM record WHERE id = ?
                    """,
                arguments: [StoredDate.seconds(date), caller, id.text])
            try database.execute(sql: "DELETE FROM record WHERE id = ?", arguments: [id.text])
            guard database.changesCount == 1 else { throw RegistryError.notFound(id) }
        }
    }

    /// One live record; nil where there is none.
    ///
    /// - Throws: `RegistryError.unreadable`, `RegistryError.sealedWithAnotherKey`.
    package func record(_ id: RecordID) async throws(RegistryError) -> Record? {
        try await read { database, vault in
            guard let row = try Self.row(of: id, in: database) else { return nil }
            let fields = try Row.fetchAll(
                database, sql: "SELECT * FROM sealedField WHERE record = ?", arguments: [id.text])
            do {
                return try Self.opened(row, fields, of: id, by: vault)
            } catch VaultError.anotherKey {
                throw RegistryError.sealedWithAnotherKey
            } catch {
                throw RegistryError.unreadable(id, Self.reason(error))
            }
        }
    }

    /// All live records; one that cannot be opened does not hide the others.
    package func records() async throws(RegistryError) -> LoadedRecords {
        try await read { database, vault in
            var fields: [String: [Row]] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT * FROM sealedField") {
                fields[try row.decode(forColumn: "record"), default: []].append(row)
            }
            var loaded = LoadedRecords()
            for row in try Row.fetchAll(database, sql: "SELECT * FROM record ORDER BY id") {
                let id = RecordID(try row.decode(String.self, forColumn: "id"))
                do {
                    loaded.records.append(try Self.opened(row, fields[id.text] ?? [], of: id, by: vault))
                } catch {
                    loaded.unreadable.append(.init(id: id, reason: Self.reason(error)))
                }
            }
            return loaded
        }
    }

    /// The labels of all live records, in order of creation. No credential is opened for them.
    package func labels() async throws(RegistryError) -> [RecordLabel] {
        try await read { database, _ in
            let sql = "SELECT id, name, driver, publishedAt, updatedAt FROM record ORDER BY id"
            return try Row.fetchAll(database, sql: sql).map { row in
                RecordLabel(
                    id: RecordID(try row.decode(String.self, forColumn: "id")),
                    name: try row.decode(forColumn: "name"), driver: try row.decode(forColumn: "driver"),
                    isPublished: try row.dateIfAny("publishedAt") != nil, updatedAt: try row.date("updatedAt"))
            }
        }
    }

    /// What is left of the deleted records, in order of their creation.
    package func tombstones() async throws(RegistryError) -> [Tombstone] {
        try await read { database, _ in
            try Row.fetchAll(database, sql: "SELECT * FROM tombstone ORDER BY id").map { row in
                let spelling: String = try row.decode(forColumn: "driver")
                guard let driver = DriverKind(spelling: spelling) else {
                    throw RegistryError.storage("A tombstone names a driver that this version does not know.")
                }
                return Tombstone(
                    id: RecordID(try row.decode(String.self, forColumn: "id")),
                    name: try row.decode(forColumn: "name"), driver: driver,
                    createdAt: try row.date("createdAt"), createdBy: try row.decode(forColumn: "createdBy"),
                    deletedAt: try row.date("deletedAt"), deletedBy: try row.decode(forColumn: "deletedBy"))
            }
        }
    }

    // MARK: Rows

    private static func row(of id: RecordID, in database: Database) throws -> Row? {
        try Row.fetchOne(database, sql: "SELECT * FROM record WHERE id = ?", arguments: [id.text])
    }

    private static func store(_ sealed: SealedSecrets, of id: RecordID, in database: Database) throws {
        for (field, bytes) in sealed.fields {
            try database.execute(
                sql: "INSERT INTO sealedField (record, field, sealed) VALUES (?, ?, ?)",
                arguments: [id.text, field.rawValue, bytes])
        }
    }

    private static func opened(_ row: Row, _ fields: [Row], of id: RecordID, by vault: Vault) throws -> Record {
        var sealed = SealedSecrets(
            keyID: try row.decode(forColumn: "keyID"), wrappedKey: try row.decode(forColumn: "wrappedKey"), fields: [:])
        for row in fields {
            let name: String = try row.decode(forColumn: "field")
            guard let field = Field(rawValue: name) else {
                throw DamagedFields(what: "\(name) is no field that this version knows")
            }
            sealed.fields[field] = try row.decode(forColumn: "sealed")
        }
        let secrets = try vault.open(sealed, of: id)
        return Record(
            id: id, name: try row.decode(forColumn: "name"),
            draft: try StoredFields.draft(clear: try row.decode(forColumn: "fields"), secrets: secrets),
            publishedAt: try row.dateIfAny("publishedAt"), createdAt: try row.date("createdAt"),
            updatedAt: try row.date("updatedAt"), createdBy: try row.decode(forColumn: "createdBy"),
            updatedBy: try row.decode(forColumn: "updatedBy"), revision: try row.decode(forColumn: "revision"))
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as VaultError: "\(error)"
        case let error as DamagedFields: error.what
        default: "its row does not decode"
        }
    }

    /// Says a refused duplicate in our words. Names alone are UNIQUE; identifiers and digests are primary keys, which
    /// have a code of their own.
    static func naming(_ name: String, _ statement: () throws -> Void) throws {
        do {
            try statement()
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw RegistryError.nameTaken(name)
        }
    }
}
