import MySQLWire
import SourceModel
import Synchronization

extension MySQLSession {
    func query(_ statement: Statement) async throws(SourceFailure) -> any RowSource {
        try await prepare(for: statement)
        let rows = try await run(statement)
        running.withLock { $0 = rows }
        return MySQLRowSource(rows, of: statement, on: self)
    }

    /// Makes the session's next transactions, and one that begins now, read-only, and results the same whatever the
    /// server's settings are.
    private func prepare(for statement: Statement) async throws(SourceFailure) {
        do throws(MySQLWireError) {
            _ = try await connection.simpleQuery(settings(for: statement))
            _ = try await connection.simpleQuery("START TRANSACTION READ ONLY")
        } catch {
            guard case .server(let refusal) = error, MySQLFailures.isOfStatement(refusal.code) else {
                throw failure(of: error)
            }
            throw SourceFailure(
                .query, .statementRefused,
                "\(meaning.target) did not begin a read-only transaction (error \(refusal.code)).",
                hint: "Use a server that knows START TRANSACTION READ ONLY: no statement runs without it.",
                server: ServerWords(code: String(refusal.code), text: refusal.message))
        }
    }

    private func run(_ statement: Statement) async throws(SourceFailure) -> RowStream {
        do throws(MySQLWireError) {
            return try await connection.execute(
                statement.text, statement.parameters.map(MySQLParameter.init), forRowsOnly: true)
        } catch {
            throw failure(of: error)
        }
    }

    /// One SET for everything. The server's own time limit is a little above the statement's, so that it counts only where
    /// a wish to cancel does not arrive.
    private func settings(for statement: Statement) -> String {
        let version = MySQLVersion(connection.serverVersion)
        let seconds = Int(min(max(statement.timeout.components.seconds, 0), 1_000_000)) + 3
        let (rows, isEndless) = statement.rowLimit.addingReportingOverflow(1)
        var settings = [
            "NAMES utf8mb4", "SESSION time_zone = '+00:00'",
            "SESSION sql_select_limit = \(isEndless ? "DEFAULT" : String(max(rows, 1)))",
            // A reader may be slow for as long as the statement may take.
            "SESSION net_write_timeout = \(max(60, seconds))",
        ]
        switch connection.flavour {
        case .mariaDB:
            settings += ["SESSION tx_read_only = 1", "SESSION max_statement_time = \(seconds)"]
        case .mySQL:
            if version >= MySQLVersion(5, 7, 20) { settings.append("SESSION transaction_read_only = 1") }
            if version >= MySQLVersion(5, 7, 8) { settings.append("SESSION max_execution_time = \(seconds * 1000)") }
        }
        return "SET " + settings.joined(separator: ", ")
    }

    /// What an error of the wire means for the statement.
    func failure(of error: MySQLWireError) -> SourceFailure { meaning.failure(for: error, in: .query) }
}

extension MySQLParameter {
    /// A whole number as such, where it fits; any other as text, so that it keeps its digits.
    init(_ parameter: StatementParameter) {
        switch parameter {
        case .null: self = .null
        case .flag(let flag): self = .int(flag ? 1 : 0)
        case .number(let digits):
            if let number = Int64(digits) {
                self = .int(number)
            } else if let number = UInt64(digits) {
                self = .uint(number)
            } else {
                self = .text(digits)
            }
        case .text(let text): self = .text(text)
        }
    }
}
