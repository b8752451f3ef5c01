import Logging
import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("The status of a live source")
struct LiveSourceTests {
    private static let source = DataSource(
        driver: .mariadb, endpoint: Endpoint(host: "db.test", port: 3306),
        login: SourceModel.Login(username: "ann", password: nil), database: nil, scheme: .direct(.plain),
        options: SourceOptions())

    /// Runs a source on a session that is there and an opening that waits at the gate and then fails so, or succeeds.
    private func run(
        opening failure: SourceFailure?, _ body: (LiveSource, FakeSession, Gate, HandClock) async throws -> Void
    ) async throws {
        let clock = HandClock(), gate = Gate(), first = FakeSession(1), second = FakeSession(2)
        let live = LiveSource(
            id: RecordID("x"), revision: 1, source: Self.source, settings: GatewaySettings(), timing: clock.timing,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            opener: { () async throws(SourceFailure) in
                await gate.pass()
                if let failure { throw failure }
                return second
            })
        live.start(adopting: first)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await live.run() }
            defer { live.stop() }
            try await body(live, first, gate, clock)
        }
    }

    @Test(
        "A loss is told with a reason at once, also where the other side gave none",
        arguments: [nil, SourceFailure.refused])
    func lost(failure: SourceFailure?) async throws {
        try await run(opening: nil) { live, session, gate, clock in
            #expect(live.status.status == .connected)
            #expect(live.status.lastError == nil)
            clock.advance(by: .seconds(60))
            session.lose(failure)
            let status = live.status
            #expect(status.status == .reconnecting)
            #expect(status.open == 0)
            #expect(status.lastError?.code == failure?.code ?? .serverClosed)
            #expect(status.lastErrorAt == clock.timing.date())
            #expect(status.since == status.lastErrorAt)
            gate.open()
            try await eventually("it is connected again") { live.status.status == .connected }
            #expect(live.status.serverVersion == "fake 2")
            // What went wrong last stays to be read.
            #expect(live.status.lastError != nil)
        }
    }

    @Test(
        "It is reconnecting where the failure may pass, and failed where somebody must mend it",
        arguments: [(SourceFailure.refused, SourceStatus.reconnecting), (.wrongPassword, .failed)])
    func failing(failure: SourceFailure, expected: SourceStatus) async throws {
        try await run(opening: failure) { live, session, gate, clock in
            clock.advance(by: .seconds(60))
            session.lose()
            gate.open()
            try await eventually("the attempt is told") { live.status.lastError == failure }
            #expect(live.status.status == expected)
            try await eventually("it is counted") { live.status.reconnectAttempts == 1 }
        }
    }
}
