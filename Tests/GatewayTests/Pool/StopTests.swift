import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("The end of a pool")
struct StopTests {
    @Test("Idle and lent sessions are closed once each, who waits is refused, and run returns")
    func stop() async throws {
        let gate = Gate()
        var bench: PoolBench?
        try await PoolBench.run(minimum: 2, maximum: 2) { pool in
            bench = pool
            try await pool.until("two are idle") { $0.idle == 2 }
            let lent = Task { try await pool.borrow(until: gate) }
            let other = Task { try await pool.borrow(until: gate) }
            try await pool.until("both are busy") { $0.busy == 2 }
            let waiting = Task { try await pool.borrow(until: gate) }
            try await pool.until("one waits") { $0.waiting == 1 }
            pool.pool.stop()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            await #expect(throws: CancellationError.self) { try await pool.borrow(until: gate) }
            // A caller keeps the object until it returns it; that it is closed the caller's next statement tells.
            gate.open()
            #expect(try await Set([lent.value, other.value]) == [1, 2])
        }
        #expect(bench?.sessions.map(\.closings) == [1, 1])
        // That the pool closed them itself is no loss.
        #expect(bench?.events.contains { $0.hasPrefix("lost") } == false)
    }

    @Test("A session that opens after the end is closed")
    func late() async throws {
        let gate = Gate()
        var bench: PoolBench?
        try await PoolBench.run(adopting: false, weather: .waits(gate)) { pool in
            bench = pool
            try await eventually("it is being opened") { gate.waiting == 1 }
            pool.pool.stop()
        }
        // `run` has cancelled the opening; the fake opens all the same, as a session that comes at the last moment.
        #expect(bench?.sessions.map(\.closings) == [1])
    }

    @Test("A pause before the next try ends with the pool")
    func pause() async throws {
        try await PoolBench.run(adopting: false, weather: .fails(.wrongPassword)) { pool in
            try await pool.clock.isAwaited(.seconds(120))
            pool.pool.stop()
        }
    }

    @Test("A check that never answers does not hold up the end")
    func silentCheck() async throws {
        try await PoolBench.run { pool in
            pool.sessions[0].health = .silent
            for _ in 1...4 { try await pool.passTick() }
            try await pool.clock.isAwaited(.seconds(5))
            pool.pool.stop()
        }
    }

    @Test("Cancelling run ends the pool as a stop does: lent sessions are closed too, and who waits is refused")
    func cancelledRun() async throws {
        let idle = FakeSession(1), opened = FakeSession(2)
        let pool = ConnectionPool(
            limits: .init(minimum: 2, maximum: 2), timing: HandClock().timing,
            opener: { () async throws(SourceFailure) in opened }, observer: { _ in })
        pool.start(adopting: idle)
        let running = Task { await pool.run() }
        try await eventually("both are there") { pool.counts.idle == 2 }
        let gate = Gate()
        let lent = (1...2).map { _ in Task { try await pool.withSession { _ in await gate.pass() } } }
        try await eventually("both are lent") { pool.counts.busy == 2 }
        let waiting = Task { try await pool.withSession { _ in true } }
        try await eventually("one waits") { pool.counts.waiting == 1 }
        running.cancel()
        await running.value
        #expect([idle.closings, opened.closings] == [1, 1])
        await #expect(throws: CancellationError.self) { try await waiting.value }
        gate.open()
        for each in lent { #expect(try await each.value) }
        #expect(pool.counts == .init())
    }

    @Test("A pool that is stopped before it runs closes what it adopted")
    func beforeRun() async throws {
        let session = FakeSession(1)
        let pool = ConnectionPool(
            limits: .init(minimum: 1, maximum: 1), timing: HandClock().timing,
            opener: { () async throws(SourceFailure) in throw .refused }, observer: { _ in })
        pool.start(adopting: session)
        pool.stop()
        await pool.run()
        #expect(session.closings == 1)
    }
}
