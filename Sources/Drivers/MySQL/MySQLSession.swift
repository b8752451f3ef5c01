import MySQLWire
import NIOCore
import Route
import SourceModel

/// A MySQL or MariaDB connection that has logged in.
final class MySQLSession: Session {
    let facts: SessionFacts
    private let connection: MySQLConnection
    private let meaning: MySQLMeaning

    init(_ connection: MySQLConnection, routed: RoutedChannel, source: DataSource, facts: SessionFacts) {
        self.connection = connection
        self.facts = facts
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
}
