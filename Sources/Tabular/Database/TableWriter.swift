import GRDB
import GRDBSQLite
import SourceModel

/// Fills one table of a new database in one transaction.
struct TableWriter: ~Copyable {
    /// Makes the database and fills its table.
    ///
    /// - Parameters:
    ///   - path: an empty file.
    ///   - fill: binds and inserts each row.
    /// - Throws: what `fill` throws, or `DatabaseError`.
    static func write(
        at path: String, table: String, columns: [TabularColumn], _ fill: (inout TableWriter) throws -> Void
    ) throws {
        var configuration = Configuration()
        configuration.label = "tabular.writer"
        configuration.prepareDatabase { database in
            // Nobody reads before all is written, and what a crash leaves is removed at the next start.
            try database.execute(
                sql: """
                    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA cache_size = -4096; PRAGMA temp_store = FILE
                    """)
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        do {
            try queue.inTransaction(.exclusive) { database in
                let names = columns.map { ColumnNames.quoted($0.name) }
                let declared = zip(names, columns).map { "\($0) \($1.type.declaration)" }
                try database.execute(
                    sql: "CREATE TABLE \(ColumnNames.quoted(table)) (\(declared.joined(separator: ", ")))")
                let places = repeatElement("?", count: columns.count).joined(separator: ",")
                let statement = try database.makeStatement(
                    sql: "INSERT INTO \(ColumnNames.quoted(table)) VALUES (\(places))")
                var writer = TableWriter(statement.sqliteStatement, database.sqliteConnection)
                try fill(&writer)
                return .commit
            }
        } catch {
            try? queue.close()  // The file is thrown away.
            throw error
        }
        try queue.close()
    }

    private let statement: OpaquePointer
    private let connection: OpaquePointer?

    private init(_ statement: OpaquePointer, _ connection: OpaquePointer?) {
        self.statement = statement
        self.connection = connection
    }

    /// Binds UTF-8 that stays where it is until the row is inserted.
    mutating func bind(_ text: UnsafeRawBufferPointer, at index: CInt) {
        guard let base = text.baseAddress else {
            sqlite3_bind_text(statement, index, "", 0, nil)
            return
        }
        sqlite3_bind_text(statement, index, base.assumingMemoryBound(to: CChar.self), CInt(text.count), nil)
    }

    mutating func bind(_ number: Int64, at index: CInt) { sqlite3_bind_int64(statement, index, number) }

    mutating func bind(_ number: Double, at index: CInt) { sqlite3_bind_double(statement, index, number) }

    mutating func bindNull(at index: CInt) { sqlite3_bind_null(statement, index) }

    /// Inserts what is bound; what is not bound anew stays for the next row.
    mutating func insert() throws {
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code), message: connection.map { String(cString: sqlite3_errmsg($0)) })
        }
    }
}
