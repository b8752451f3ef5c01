import Drivers
import SourceModel
import Synchronization
import Testbed
import Testing

@testable import Gateway

/// A pool on fake sessions and a clock that is moved by hand.
final class PoolBench: Sendable {
    /// What becomes of the next openings.
    enum Weather: Sendable {
        case opens
        case fails(SourceFailure)
        /// They wait at the gate, and open then.
        case waits(Gate)
    }

    private struct State {
        var weather: Weather
        var sessions: [FakeSession] = []
        var running = 0
        var most = 0
        var attempts = 0
        var events: [String] = []
    }

    let clock = HandClock()
    let pool: ConnectionPool
    private let state: Arc<State>

    private final class Arc<Value: Sendable>: Sendable {
        private let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
        func with<Result>(_ body: (inout Value) -> Result) -> Result {
            value.withLock { value in body(&value) }
        }
    }

    private init(_ limits: PoolStateMachine.Limits, _ weather: Weather) {
        let state = Arc(State(weather: weather))
        self.state = state
        pool = ConnectionPool(
            limits: limits, backoff: Backoff { 1 }, checkDeadline: .seconds(5), timing: clock.timing,
            opener: { () async throws(SourceFailure) in try await PoolBench.open(state) },
            observer: { event in state.with { $0.events.append(PoolBench.word(for: event)) } })
    }

    /// Runs a test beside the pool's `run`, and sees that it ends with every session closed.
    static func run(
        minimum: Int = 1, maximum: Int = 4, adopting: Bool = true, weather: Weather = .opens,
        _ body: (PoolBench) async throws -> Void
    ) async throws {
        let bench = PoolBench(
            .init(
                minimum: minimum, maximum: maximum, checkInterval: .seconds(40), freshness: .seconds(15),
                idleTimeout: .seconds(300)),
            weather)
        bench.pool.start(adopting: adopting ? bench.makeSession() : nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await bench.pool.run() }
            defer { bench.pool.stop() }
            try await body(bench)
        }
        let left = bench.sessions.filter { !$0.isEnded }.map(\.number)
        #expect(left.isEmpty, "sessions \(left) are left open")
        #expect(bench.pool.counts == .init())
    }

    var weather: Weather {
        get { state.with { $0.weather } }
        set { state.with { $0.weather = newValue } }
    }
    /// All sessions that there ever were, in order; the adopted one is the first.
    var sessions: [FakeSession] { state.with { $0.sessions } }
    /// Openings that were tried.
    var attempts: Int { state.with { $0.attempts } }
    /// The most openings that ran at one time.
    var mostOpenings: Int { state.with { $0.most } }
    var events: [String] { state.with { $0.events } }

    /// Borrows a session until the gate opens; returns the session's number.
    func borrow(until gate: Gate) async throws -> Int {
        try await pool.withSession { session in
            await gate.pass()
            return (session as? FakeSession)?.number ?? -1
        }
    }

    /// Borrows a session and returns it at once; returns its number.
    func borrow() async throws -> Int { try await pool.withSession { ($0 as? FakeSession)?.number ?? -1 } }

    /// Waits until the pool counts so.
    func until(_ what: String, _ condition: @Sendable (PoolStateMachine.Counts) -> Bool) async throws {
        var seen = pool.counts
        do {
            try await eventually(what) {
                seen = pool.counts
                return condition(seen)
            }
        } catch {
            throw TestbedError("\(error) The pool: \(seen)")
        }
    }

    /// Moves the clock to the next tick, once what the last one began has ended.
    func passTick() async throws {
        try await clock.isAwaited(.seconds(10))
        // Whoever ticks sleeps: no check can begin before the clock moves.
        try await until("no check runs") { $0.idle + $0.busy == $0.open }
        clock.advance(by: .seconds(10))
    }

    private func makeSession() -> FakeSession { PoolBench.makeSession(state) }

    private static func makeSession(_ state: Arc<State>) -> FakeSession {
        state.with { state in
            let session = FakeSession(state.sessions.count + 1)
            state.sessions.append(session)
            return session
        }
    }

    private static func open(_ state: Arc<State>) async throws(SourceFailure) -> any Session {
        let weather = state.with { state in
            state.attempts += 1
            state.running += 1
            state.most = max(state.most, state.running)
            return state.weather
        }
        defer { state.with { $0.running -= 1 } }
        switch weather {
        case .opens: break
        case .fails(let failure): throw failure
        case .waits(let gate): await gate.pass()
        }
        return makeSession(state)
    }

    private static func word(for event: ConnectionPool.Event) -> String {
        switch event {
        case .opened(let facts): "opened \(facts.serverVersion)"
        case .openFailed(let failure): "open failed: \(failure.code.rawValue)"
        case .lost(let failure): "lost: \(failure?.code.rawValue ?? "no word")"
        case .checked: "checked"
        case .checkFailed(let failure): "check failed: \(failure.code.rawValue)"
        }
    }
}
