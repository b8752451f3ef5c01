import MySQLWire
import NIOCore
import Results
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("MySQL and MariaDB: cancel and time")
struct MySQLCancelTests {
    private static let endless =
        "select sum(sha2(a.id + b.id + c.id + d.id + e.id, 512)) as s from orders a, orders b, orders c, orders d, orders e"
    private static let flood =
        "select repeat('x', 1000) as v from orders a, orders b, orders c, orders d limit 100000000"

    /// Waits until the server shows that the session's statement runs, or that it does not.
    private static func untilRunning(_ isRunning: Bool, _ session: MySQLSession, at server: MySQLBench) async throws {
        try await eventually("the server \(isRunning ? "runs the statement" : "has ended the statement")") {
            try await server.admin(
                "select 1 from information_schema.processlist where id = \(session.connection.connectionID) "
                    + "and (info like 'select sum%' or info like 'select repeat%')"
            ).isEmpty != isRunning
        }
    }

    private static func isUsable(_ session: MySQLSession) async throws -> Bool {
        try await session.run("select concat(connection_id()) as i").text
            == "{\"i\":\"\(session.connection.connectionID)\"}\n"
    }

    @Test("A caller that is cancelled ends its statement at the server", arguments: MySQLBench.here)
    func cancelledCaller(server: MySQLBench) async throws {
        let session = try await server.open()
        let running = Task { try await session.refusal(Self.endless) }
        try await Self.untilRunning(true, session, at: server)
        running.cancel()
        // What it was cancelled for is known to whoever cancelled it.
        #expect(try await running.value?.code == .statementCancelled)
        try await Self.untilRunning(false, session, at: server)
        #expect(try await Self.isUsable(session))
        await session.close()
    }

    @Test("Rows that nobody wants any more leave nothing running", arguments: MySQLBench.here)
    func givenUp(server: MySQLBench) async throws {
        let session = try await server.open()
        let rows = try await session.query(Statement(Self.flood, rowLimit: .max, timeout: .seconds(300)))
        var encoder = RowEncoder(format: .ndjson, columns: rows.columns)
        #expect(try await rows.encodeNext(into: &encoder))
        try await Self.untilRunning(true, session, at: server)
        await session.endQuery()
        try await Self.untilRunning(false, session, at: server)
        await session.close()
    }

    @Test("Cancelled at any moment, the statement ends, and the next one is not hit", arguments: MySQLBench.here)
    func anyMoment(server: MySQLBench) async throws {
        let session = try await server.open()
        for round in 0..<20 {
            let running = Task { try await session.refusal(Self.endless) }
            // Any moment will do: from before the first word to the middle of the work.
            try await Task.sleep(for: .microseconds(300 * round))
            running.cancel()
            #expect(try await running.value?.code == .statementCancelled)
            #expect(try await Self.isUsable(session))
        }
        await session.close()
    }

    @Test("Without a statement there is nothing to end", arguments: MySQLBench.here)
    func idle(server: MySQLBench) async throws {
        let session = try await server.open()
        await session.endQuery()
        #expect(try await Self.isUsable(session))
        await session.close()
        await session.endQuery()
    }

    @Test("A server that cannot be asked loses the connection", arguments: MySQLBench.here)
    func noSecondConnection(server: MySQLBench) async throws {
        let limited = MySQLTestLogin("limited", "limited pass")
        let session = try await server.open(limited)
        let running = Task { try await session.refusal(Self.endless) }
        try await Self.untilRunning(true, session, at: server)
        running.cancel()
        #expect(try await running.value != nil)
        try await session.connection.onClose.get()
        try await server.admin("kill \(session.connection.connectionID)")
    }

    @Test("The server ends a statement by itself where no cancel comes", arguments: MySQLBench.here)
    func timeout(server: MySQLBench) async throws {
        let session = try await server.open()
        do {
            _ = try await session.run(Self.endless, timeout: .zero)
            Issue.record("it ended")
        } catch let failure as SourceFailure {
            #expect(failure.code == .statementTimeout)
        }
        #expect(try await Self.isUsable(session))
        await session.close()
    }

    @Test("A server that goes away is told as such")
    func stopped() async throws {
        let server = try await MariaDBServer.start()
        let session = try await MySQLBench.open(.mariaDB(server), MariaDBServer.Logins.superuser)
        let running = Task { try await session.refusal(Self.endless) }
        try await eventually("the statement runs") {
            try await server.admin("select 1 from information_schema.processlist where info like 'select sum%'").count
                == 1
        }
        await server.stop(.killed)
        let failure = try await running.value
        #expect([FailureCode.serverClosed, .connectionReset].contains(failure?.code))
        #expect(failure?.stage == .query)
    }
}
