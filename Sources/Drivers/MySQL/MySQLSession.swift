import MySQLWire
import NIOCore
import Route
import SourceModel
import Synchronization

/// A MySQL or MariaDB connection that has logged in.
final class MySQLSession: Session {
    let facts: SessionFacts
    let connection: MySQLConnection
    let meaning: MySQLMeaning
    /// The rows of the statement that runs.
    let running = Mutex<RowStream?>(nil)
    private let channel: any Channel
    private let beside: @Sendable () async throws -> MySQLConnection

    /// How long the server may take to be asked for an end, and to take a session back.
    private static let deadline = Duration.seconds(5)
    /// How long the rest of a statement may take before the server is asked to end it.
    private static let patience = Duration.milliseconds(250)

    /// - Parameter beside: opens a second connection of the same login, on which the server can be asked to end what
    ///   runs on this one.
    init(
        _ connection: MySQLConnection, routed: RoutedChannel, source: DataSource, facts: SessionFacts,
        beside: @escaping @Sendable () async throws -> MySQLConnection
    ) {
        self.connection = connection
        self.facts = facts
        self.beside = beside
        channel = routed.channel
        meaning = MySQLMeaning(source: source, routed: routed)
    }

    func ping() async throws(SourceFailure) {
        do throws(MySQLWireError) {
            try await connection.ping()
        } catch {
            throw meaning.failure(for: error, in: .probe)
        }
    }

    /// Stage `probe` of a test: one round trip that shows that statements run, and what the login may do.
    func probe(_ journal: StageJournal) async throws(SourceFailure) {
        let rows: [[String?]]
        do throws(MySQLWireError) {
            rows = try await connection.simpleQuery("SHOW GRANTS")
        } catch {
            throw meaning.failure(for: error, in: .probe)
        }
        switch MySQLGrants.power(of: rows.compactMap { $0.first ?? nil }) {
        case .everything:
            journal.warn(Warning(.loginIsSuperuser, "The login is a superuser: it can read and change everything."))
        case .writing:
            journal.warn(
                Warning(.loginCanWrite, "The login can write to tables; reading needs no more than SELECT."))
        case .reading: break
        }
    }

    func close() async { await connection.close() }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        connection.onClose.whenComplete { _ in body(nil) }
    }

    // MARK: Ending a statement

    /// COM_RESET_CONNECTION rolls back and frees locks, temporary tables, variables and prepared statements. It waits for
    /// what is still under way; if that is not over soon, the server is asked on a second connection to end it.
    func endQuery() async {
        running.withLock { rows in
            defer { rows = nil }
            return rows
        }?.giveUp()
        let isRunning = await connection.isExecuting
        if await isReset(within: isRunning ? Self.patience : Self.deadline) { return }
        if isRunning, await isAskedToEnd(), await isReset(within: Self.deadline) { return }
        channel.close(promise: nil)
    }

    private func isReset(within deadline: Duration) async -> Bool {
        await Deadline.race(deadline) { [connection] in try await connection.reset() } != nil
    }

    /// Asks the server on a second connection to end what runs on this one; whether it could be asked.
    private func isAskedToEnd() async -> Bool {
        let asked: Void? = await Deadline.race(Self.deadline) { [connection, beside] in
            let other = try await beside()
            do {
                _ = try await other.simpleQuery("KILL QUERY \(connection.connectionID)")
            } catch {
                await other.close()
                throw error
            }
            await other.close()
        }
        return asked != nil
    }
}
