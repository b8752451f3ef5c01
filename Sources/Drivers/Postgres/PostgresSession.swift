import NIOCore
import PostgresWire
import Route
import SourceModel
import Synchronization

/// A PostgreSQL connection that has logged in.
final class PostgresSession: Session {
    let facts: SessionFacts
    let connection: PostgresConnection
    let meaning: PostgresMeaning
    /// Asks the server to cancel what a backend runs; whether it could be asked.
    let canceller: Canceller
    /// The rows of the statement that runs.
    let running = Mutex<PostgresRows?>(nil)
    /// The types that somebody made, as far as they were met.
    let madeTypes = Mutex<[TypeKey: PostgresType]>([:])

    typealias Canceller = @Sendable (BackendKey) async -> Bool

    init(
        _ connection: PostgresConnection, routed: RoutedChannel, source: DataSource, facts: SessionFacts,
        canceller: @escaping Canceller
    ) {
        self.connection = connection
        self.facts = facts
        self.canceller = canceller
        meaning = PostgresMeaning(source: source, routed: routed)
    }

    func ping() async throws(SourceFailure) {
        do throws(PostgresWireError) {
            try await connection.simpleQuery("select 1")
        } catch {
            throw meaning.failure(for: error, in: .probe)
        }
    }

    /// Stage `probe` of a test: one round trip that shows that queries run, and what the login may do.
    func probe(_ journal: StageJournal) async throws(SourceFailure) {
        let rows: [[String?]]
        do throws(PostgresWireError) {
            rows = try await connection.simpleQuery(PostgresSession.rightsQuery)
        } catch {
            guard case .server(let refusal) = error, !refusal.sqlState.hasPrefix("57") else {
                throw meaning.failure(for: error, in: .probe)
            }
            // A relative of PostgreSQL without its catalogue: what counts is that it answers.
            return try await ping()
        }
        guard let row = rows.first, row.count == 2 else { return }
        if row[0] == "t" {
            journal.warn(Warning(.loginIsSuperuser, "The login is a superuser: it can read and change everything."))
        } else if row[1] == "t" {
            journal.warn(
                Warning(.loginCanWrite, "The login can write to tables; reading needs no more than SELECT."))
        }
    }

    /// Is the role a superuser; may it change a table that is not the server's own.
    private static let rightsQuery = """
        select (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user), \
        exists (select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
        where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') \
        and pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
        """

    func close() async { await connection.close() }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        connection.onClose.whenComplete { [connection, meaning] _ in
            body(connection.lastServerError.map { meaning.failure(for: .server($0), in: .probe) })
        }
    }
}
