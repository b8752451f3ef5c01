import GRDB
import GRDBSQLite
import SourceModel

/// Fills one table of a new database. What the columns are called, and what their types are, is said when all rows are
/// in it: until then a column keeps every value as it is bound ("Datatypes in SQLite", section 3.1, rule 3).
struct TableWriter: ~Copyable {
    /// SQLite has no room for more columns.
    static let columnLimit = 2000

    private let database: Database
    private let table: String
    private let connection: OpaquePointer?
    private var insertion: GRDB.Statement
    private var statement: OpaquePointer
    private(set) var width: Int

    /// Makes the table.
    ///
    /// - Parameter width: columns, one at least.
    init(_ database: Database, table: String, width: Int) throws {
        (self.database, self.table, self.width) = (database, table, width)
        connection = database.sqliteConnection
        let columns = (0..<width).map { "c\($0)" }.joined(separator: ", ")
        try database.execute(sql: "CREATE TABLE \(ColumnNames.quoted(table)) (\(columns))")
        insertion = try Self.insertion(database, table, width)
        statement = insertion.sqliteStatement
    }

    private static func insertion(_ database: Database, _ table: String, _ width: Int) throws -> GRDB.Statement {
        let places = repeatElement("?", count: width).joined(separator: ",")
        return try database.makeStatement(sql: "INSERT INTO \(ColumnNames.quoted(table)) VALUES (\(places))")
    }

    /// Adds columns, which are NULL in the rows that are there. Takes back what was bound.
    mutating func widen(to width: Int) throws {
        for index in self.width..<width {
            try database.execute(sql: "ALTER TABLE \(ColumnNames.quoted(table)) ADD COLUMN c\(index)")
        }
        self.width = width
        insertion = try Self.insertion(database, table, width)
        statement = insertion.sqliteStatement
    }

    /// Binds UTF-8 that stays where it is until the row is inserted.
    mutating func bind(_ text: UnsafeRawBufferPointer, at index: CInt) {
        guard let base = text.baseAddress else {
            sqlite3_bind_text(statement, index, "", 0, nil)
            return
        }
        sqlite3_bind_text(statement, index, base.assumingMemoryBound(to: CChar.self), CInt(text.count), nil)
    }

    /// Binds UTF-8 that may be gone when this returns.
    mutating func bind(copying text: UnsafeRawBufferPointer, at index: CInt) {
        let base = text.baseAddress?.assumingMemoryBound(to: CChar.self)
        // SQLITE_TRANSIENT, which C makes of -1.
        sqlite3_bind_text(
            statement, index, base, CInt(text.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
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

    /// Gives the columns their names and types, as many as the table has. The values stay as they are stored: they have
    /// to be of the type's storage class, and whole numbers may stand for doubles.
    consuming func finish(_ columns: [TabularColumn]) throws {
        let declared = columns.map { "\(ColumnNames.quoted($0.name)) \($0.type.declaration)" }
        try database.execute(sql: "PRAGMA writable_schema = ON")
        try database.execute(
            sql: "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
            arguments: [
                "CREATE TABLE \(ColumnNames.quoted(table)) (\(declared.joined(separator: ", ")))", table,
            ])
        try database.execute(sql: "PRAGMA writable_schema = OFF")
    }
}

// MARK: Cells

extension TableWriter {
    /// A function of SQL that gives a number's shortest digits without an exponent, as a decimal column shows it.
    static let plainNumber = "plain_number"

    static func addPlainNumber(to database: Database) throws {
        database.add(
            function: DatabaseFunction(plainNumber, argumentCount: 1, pure: true) { values in
                Double.fromDatabaseValue(values[0]).map {
                    String(decoding: DecimalText.bytes($0, scale: nil), as: UTF8.self)
                }
            })
    }

    /// Binds a cell's value as what it is.
    ///
    /// - Parameter text: the row's own text.
    @inline(__always)
    mutating func bind(_ value: CellValue, _ text: UnsafeRawBufferPointer, at place: CInt) {
        switch value {
        case .integer(let number): bind(number, at: place)
        case .decimal(let number): bind(number, at: place)
        case .boolean(let flag): bind(flag ? 1 : 0 as Int64, at: place)
        case .stable(let bytes): bind(bytes, at: place)
        case .text(let offset, let count):
            bind(UnsafeRawBufferPointer(rebasing: text[offset..<(offset + count)]), at: place)
        case .date(let day): MomentText(day: day).withBytes { bind(copying: $0, at: place) }
        case .timestamp(let day, let milliseconds):
            MomentText(day: day, milliseconds: milliseconds).withBytes { bind(copying: $0, at: place) }
        case .time(let milliseconds):
            MomentText(milliseconds: milliseconds).withBytes { bind(copying: $0, at: place) }
        }
    }

    /// Binds a cell's value as the text that it is in a column of mixed kinds.
    mutating func bind(asText value: CellValue, _ text: UnsafeRawBufferPointer, at place: CInt) {
        switch value {
        case .integer(let number): String(number).withBytes { bind(copying: $0, at: place) }
        case .decimal(let number):
            DecimalText.bytes(number, scale: nil).withUnsafeBytes { bind(copying: $0, at: place) }
        case .boolean(let flag): (flag ? "TRUE" : "FALSE").withBytes { bind(copying: $0, at: place) }
        case .stable, .text, .date, .timestamp, .time: bind(value, text, at: place)
        }
    }
}

extension String {
    fileprivate func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        var copy = self
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
