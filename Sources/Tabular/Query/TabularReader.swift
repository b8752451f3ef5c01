import GRDB
import GRDBSQLite
import Results
import SourceModel

/// A connection that reads one database and runs one statement at a time, on a thread of its own.
///
/// GRDB opens and closes the connection. In between it is the actor's alone, and the statement of a caller goes to
/// SQLite itself: behind a guard of our own, and with its rows handed on as bytes.
package actor TabularReader {
    /// Pages that a connection holds, and rows that a sort holds before it goes to a file, in KiB.
    private static let cacheSize = 4096
    /// The longest text or value, in bytes: longer than a row of a file can be.
    private static let lengthLimit: CInt = 32 << 20
    private static let statementLimit: CInt = 1 << 20

    private let executor = QueueExecutor(label: "tabular.reader")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The right to the database, with what is known of its tables.
    package nonisolated let lease: TabularLease
    private let sentry: StatementGuard
    private var queue: DatabaseQueue?
    private var connection: OpaquePointer?
    private var running: RunningStatement?

    /// - Parameter lease: released when the reader closes.
    package init(_ lease: TabularLease) {
        self.lease = lease
        sentry = StatementGuard(tables: lease.tables.map(\.name))
    }

    // MARK: Life

    /// Opens the database.
    ///
    /// - Throws: `file_malformed` at stage `open`, where the cache does not give back what it was given.
    package func open() throws(SourceFailure) {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "tabular.reader"
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = FILE;
                    PRAGMA cache_size = -\(Self.cacheSize)
                    """)
        }
        do {
            let queue = try DatabaseQueue(path: lease.path, configuration: configuration)
            let connection = try queue.unsafeRead { database in
                for sql in StatementGuard.declared { _ = try database.makeStatement(sql: sql) }
                return database.sqliteConnection
            }
            self.queue = queue
            guard let connection else { return }
            sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, Self.lengthLimit)
            sqlite3_limit(connection, SQLITE_LIMIT_SQL_LENGTH, Self.statementLimit)
            sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 0)
            // GRDB prepares nothing on this connection from here on.
            sentry.stand(before: connection)
            self.connection = connection
        } catch {
            throw SourceFailure(
                .open, .fileMalformed, "The tables of the file cannot be opened in the service's cache.",
                hint: "Test the data source again; it is then read anew.", cause: "\(error)")
        }
    }

    /// Ends the statement that runs, closes, and releases the lease. May be called again.
    package func close() {
        end()
        connection = nil
        if let queue {
            // Every statement is finalized: there is nothing that could keep the connection open.
            try? queue.close()
            self.queue = nil
        }
        lease.release()
    }

    // MARK: Statements

    /// Compiles a statement and runs it up to its first row.
    ///
    /// - Parameter brake: ends it.
    /// - Returns: the columns of its rows.
    /// - Throws: a failure of the stage `query`.
    package func query(_ statement: SourceModel.Statement, brake: StatementBrake) throws(SourceFailure)
        -> [ResultColumn]
    {
        end()
        guard let connection else { throw TabularFailures.closed }
        if let verdict = brake.verdict { throw TabularFailures.ended(verdict, statement) }
        let compiled = try prepare(statement, on: connection)
        let running = RunningStatement(compiled, connection: connection, statement: statement, brake: brake)
        do throws(SourceFailure) {
            try running.begin()
        } catch {
            running.end()
            throw error
        }
        self.running = running
        return running.columns
    }

    /// Encodes the rows that are there: the first alone and at once, then some KiB of them.
    ///
    /// - Returns: false after the last row.
    package func encodeNext(into encoder: inout RowEncoder) throws(SourceFailure) -> Bool {
        guard let running else { throw TabularFailures.closed }
        return try running.encodeNext(into: &encoder)
    }

    /// Ends the statement that runs, where one does.
    package func end() {
        running?.end()
        running = nil
    }

    private func prepare(_ statement: SourceModel.Statement, on connection: OpaquePointer) throws(SourceFailure)
        -> OpaquePointer
    {
        guard !statement.text.utf8.contains(0) else {
            throw TabularFailures.refused("The statement contains a NUL character.", "Remove it.")
        }
        sentry.reset()
        var compiled: OpaquePointer?
        var text = statement.text
        let (code, rest) = text.withUTF8 { bytes -> (CInt, String) in
            var tail: UnsafePointer<CChar>?
            let count = bytes.count
            return bytes.withMemoryRebound(to: CChar.self) { characters -> (CInt, String) in
                let code = sqlite3_prepare_v3(
                    connection, characters.baseAddress, CInt(clamping: count), 0, &compiled, &tail)
                guard let base = characters.baseAddress, let tail else { return (code, "") }
                let rest = UnsafeRawBufferPointer(start: tail, count: count - (tail - base))
                return (code, String(decoding: rest, as: UTF8.self))
            }
        }
        guard code == SQLITE_OK else {
            throw TabularFailures.compiling(statement, code: code, refusal: sentry.refusal, on: connection)
        }
        guard let compiled else { throw TabularFailures.withoutRows }
        do throws(SourceFailure) {
            guard isBlank(rest, on: connection) else {
                throw TabularFailures.refused("There is more than one statement.", "Send one statement a call.")
            }
            guard sqlite3_stmt_readonly(compiled) != 0 else { throw TabularFailures.writes }
            guard sqlite3_column_count(compiled) > 0 else { throw TabularFailures.withoutRows }
            try StatementParameters.bind(statement.parameters, to: compiled)
        } catch {
            sqlite3_finalize(compiled)
            throw error
        }
        return compiled
    }

    /// Whether what follows a statement is blanks, comments and semicolons.
    private func isBlank(_ text: String, on connection: OpaquePointer) -> Bool {
        var rest = text[...]
        while !rest.isEmpty {
            var compiled: OpaquePointer?
            var length = 0
            let code = String(rest).withCString { start -> CInt in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(connection, start, -1, 0, &compiled, &tail)
                length = tail.map { $0 - start } ?? 0
                return code
            }
            sqlite3_finalize(compiled)
            guard code == SQLITE_OK, compiled == nil else { return false }
            guard length > 0 else { return true }
            rest = rest.utf8.dropFirst(length).isEmpty ? "" : Substring(rest.utf8.dropFirst(length))
        }
        return true
    }
}
