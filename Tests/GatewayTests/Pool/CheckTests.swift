import Testbed
import Testing

@testable import Gateway

@Suite("Checks of idle connections")
struct CheckTests {
    @Test("An idle connection is checked by the interval, and stays")
    func passes() async throws {
        try await PoolBench.run { bench in
            for tick in 1...8 {
                try await bench.passTick()
                let checks = tick / 4
                try await eventually("\(checks) checks after \(tick) ticks") {
                    bench.sessions[0].pings == checks && bench.events.count == checks
                }
            }
            #expect(bench.events == ["checked", "checked"])
            #expect(bench.attempts == 0)
            try await bench.until("it is idle") { $0.idle == 1 }
        }
    }

    @Test("One whose check fails is closed and replaced")
    func fails() async throws {
        try await PoolBench.run { bench in
            bench.sessions[0].health = .failing(.refused)
            for _ in 1...4 { try await bench.passTick() }
            try await eventually("another is there") { bench.sessions.count == 2 && bench.pool.counts.idle == 1 }
            try await eventually("the first is closed") { bench.sessions[0].closings == 1 }
            #expect(bench.events.first == "check failed: connection_refused")
            #expect(bench.events.contains("opened fake 2"))
        }
    }

    @Test("One that never answers is given up after the check's time, closed and replaced")
    func silent() async throws {
        try await PoolBench.run { bench in
            bench.sessions[0].health = .silent
            for _ in 1...4 { try await bench.passTick() }
            try await bench.clock.isAwaited(.seconds(5))
            #expect(bench.sessions[0].pings == 1)
            #expect(bench.pool.counts == .init(open: 1))
            bench.clock.advance(by: .seconds(5))
            try await eventually("another is there") { bench.sessions.count == 2 && bench.pool.counts.idle == 1 }
            try await eventually("the first is closed") { bench.sessions[0].closings == 1 }
            #expect(bench.events.first == "check failed: probe_timeout")
        }
    }

    @Test("One that idled long is checked before it is lent; where it is dead the caller gets another")
    func beforeLease() async throws {
        try await PoolBench.run { bench in
            var lent: [Int] = []
            bench.clock.advance(by: .seconds(15))
            lent.append(try await bench.borrow())
            #expect(bench.sessions[0].pings == 0)
            bench.clock.advance(by: .seconds(16))
            lent.append(try await bench.borrow())
            #expect(bench.sessions[0].pings == 1)
            bench.clock.advance(by: .seconds(16))
            bench.sessions[0].health = .failing(.refused)
            lent.append(try await bench.borrow())
            #expect(lent == [1, 1, 2])
        }
    }

    @Test("One above the minimum is closed when nobody used it for long")
    func idleTimeout() async throws {
        try await PoolBench.run { bench in
            let gate = Gate()
            async let first = bench.borrow(until: gate)
            async let second = bench.borrow(until: gate)
            try await bench.until("two are busy") { $0.busy == 2 }
            gate.open()
            #expect(try await Set([first, second]) == [1, 2])
            for _ in 1...30 { try await bench.passTick() }
            try await bench.until("one is closed") { $0.open == 1 }
            try await eventually("it is closed properly") { bench.sessions.count { $0.closings == 1 } == 1 }
        }
    }
}
