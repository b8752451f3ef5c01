import NIOCore
import Route
import SourceModel
import Synchronization
import TDSWire

/// A SQL Server connection that has logged in.
final class SQLServerSession: Session {
    let facts: SessionFacts
    let connection: TDSConnection
    let meaning: SQLServerMeaning
    /// The rows of the statement that runs.
    let running = Mutex<RowStream?>(nil)
    /// Whether the login may see plans in this database; nil until the server was asked, which is once.
    let mayPlan = Mutex<Bool?>(nil)
    /// Whether the server was told to plan and not to run.
    let isPlanning = Mutex(false)

    /// How long the server may take to end a statement and to put the session back.
    private static let deadline = Duration.seconds(5)

    init(_ connection: TDSConnection, routed: RoutedChannel, source: DataSource, facts: SessionFacts) {
        self.connection = connection
        self.facts = facts
        meaning = SQLServerMeaning(source: source, routed: routed)
    }

    func ping() async throws(SourceFailure) {
        do throws(TDSWireError) {
            try await connection.batch("SELECT 1")
        } catch {
            throw meaning.failure(for: error, in: .probe)
        }
    }

    /// Stage `probe` of a test: one round trip that shows that queries run, and what the login may do.
    func probe(_ journal: StageJournal) async throws(SourceFailure) {
        let rows: [[String?]]
        do throws(TDSWireError) {
            rows = try await connection.batch(SQLServerCatalog.rights)
        } catch {
            guard case .server(let refusal) = error, !refusal.endsSession else {
                throw meaning.failure(for: error, in: .probe)
            }
            // A relative of SQL Server without its catalogue: what counts is that it answers.
            return try await ping()
        }
        guard let row = rows.first, row.count == 2 else { return }
        if row[0] == "1" {
            journal.warn(
                Warning(
                    .loginIsSuperuser,
                    "The login is a sysadmin: it can read and change everything, and run programs on the server."))
        } else if row[1] == "1" {
            journal.warn(
                Warning(
                    .loginCanWrite, "The login can write to tables; reading needs no more than the role db_datareader.")
            )
        }
    }

    // MARK: Ending a statement

    /// An attention ends the statement, of which no more rows are wanted. It may have done something behind them, which
    /// the server tells before it has ended it; a server that is slow with that is not waited for.
    ///
    /// - Throws: `transactionEnded` alone: no other failure matters to rows that are there.
    func endStatement() async throws(TDSWireError) {
        guard let rows = running.withLock({ $0 }) else { return }
        let end = await Deadline.race(Self.deadline) { () async -> TDSWireError? in
            do throws(TDSWireError) {
                try await rows.end()
                return nil
            } catch {
                return error
            }
        }
        if case .transactionEnded?? = end { throw .transactionEnded }
    }

    /// An attention ends what runs. Then the transaction is rolled back, and the server puts the session back to what it
    /// was after its login: each by a message of its own, since one that does both would name a transaction which the
    /// server has ended before it reads that.
    func endQuery() async {
        running.withLock { rows in
            defer { rows = nil }
            return rows
        }?.giveUp()
        let resets = connection.resets
        let isDone: Void? = await Deadline.race(Self.deadline) { [self] in
            if isPlanning.withLock({ $0 }) {
                try await connection.batch(SQLServerCatalog.planningOff)
                isPlanning.withLock { $0 = false }
            }
            try await connection.rollBack()
            try await connection.batch("SELECT 1", reset: true)
        }
        // A server that says nothing of the reset has not done it.
        guard isDone != nil, connection.resets > resets else { return await close() }
    }

    func close() async { await connection.close() }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        connection.onClose.whenComplete { [connection, meaning] _ in
            body(connection.lastServerError.map { meaning.failure(for: .server($0), in: .probe) })
        }
    }
}
