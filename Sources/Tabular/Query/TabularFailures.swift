import GRDBSQLite
import SourceModel

/// What SQLite's refusals mean, by their codes and by what the guard refused.
enum TabularFailures {
    static let withoutRows = SourceFailure(
        .query, .statementWithoutRows, "The statement gives no rows.", hint: "Send a SELECT.")

    static let writes = SourceFailure(
        .query, .statementWrites, "The statement would write; files are only read.", hint: "Send a SELECT.")

    static let closed = SourceFailure(
        .query, .statementCancelled, "The table was closed while the statement ran.", hint: "Send the statement again.")

    static func refused(_ message: String, _ hint: String) -> SourceFailure {
        SourceFailure(.query, .statementRefused, message, hint: hint)
    }

    static func ended(_ verdict: StatementBrake.Verdict, _ statement: Statement) -> SourceFailure {
        switch verdict {
        case .cancelled:
            return SourceFailure(
                .query, .statementCancelled, "The statement was cancelled.", hint: "Send the statement again.")
        case .timeout:
            let (seconds, attoseconds) = statement.timeout.components
            let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
            return SourceFailure(
                .query, .statementTimeout, "The statement did not end within \(milliseconds) ms.",
                hint: "Raise timeout, or let the statement read less.")
        }
    }

    /// A statement that was not compiled.
    static func compiling(
        _ statement: Statement, code: CInt, refusal: StatementGuard.Refusal?, on connection: OpaquePointer
    ) -> SourceFailure {
        var said = words(code, on: connection)
        switch refusal {
        case .write:
            var failure = writes
            failure.server = said
            return failure
        case .transaction:
            var failure = withoutRows
            failure.server = said
            return failure
        case .other:
            return SourceFailure(
                .query, .statementRefused, "The statement uses what may not be used on files: \(said.text).",
                hint: "Read the file's own tables only; GET /datasources/{id}/schema names them.", server: said)
        case nil:
            let offset = Int(sqlite3_error_offset(connection))
            if offset >= 0 {
                let before = statement.text.utf8.prefix(offset)
                said.position = String(decoding: before, as: UTF8.self).unicodeScalars.count + 1
            }
            return SourceFailure(
                .query, .statementRefused, "SQLite refuses the statement: \(said.text).",
                hint: "Correct the statement; GET /datasources/{id}/schema names the tables and their columns.",
                server: said)
        }
    }

    /// A statement that failed while it ran.
    static func running(code: CInt, on connection: OpaquePointer) -> SourceFailure {
        let said = words(code, on: connection)
        return SourceFailure(
            .query, .statementRefused, "SQLite could not finish the statement: \(said.text).",
            hint: "Correct the statement, or let it read less.", server: said)
    }

    private static func words(_ code: CInt, on connection: OpaquePointer) -> ServerWords {
        let text = sqlite3_errmsg(connection).map { String(cString: $0) } ?? ""
        return ServerWords(code: names[code & 0xFF] ?? "SQLITE_\(code)", text: text)
    }

    /// SQLite's names of its primary codes, as far as reading can meet them.
    private static let names: [CInt: String] = [
        SQLITE_ERROR: "SQLITE_ERROR", SQLITE_INTERNAL: "SQLITE_INTERNAL", SQLITE_PERM: "SQLITE_PERM",
        SQLITE_ABORT: "SQLITE_ABORT", SQLITE_BUSY: "SQLITE_BUSY", SQLITE_LOCKED: "SQLITE_LOCKED",
        SQLITE_NOMEM: "SQLITE_NOMEM", SQLITE_READONLY: "SQLITE_READONLY", SQLITE_INTERRUPT: "SQLITE_INTERRUPT",
        SQLITE_IOERR: "SQLITE_IOERR", SQLITE_CORRUPT: "SQLITE_CORRUPT", SQLITE_FULL: "SQLITE_FULL",
        SQLITE_CANTOPEN: "SQLITE_CANTOPEN", SQLITE_TOOBIG: "SQLITE_TOOBIG", SQLITE_MISMATCH: "SQLITE_MISMATCH",
        SQLITE_MISUSE: "SQLITE_MISUSE", SQLITE_AUTH: "SQLITE_AUTH", SQLITE_RANGE: "SQLITE_RANGE",
    ]
}
