import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("A pool whose source fails")
struct HealingTests {
    @Test("It tries again after growing pauses, and is well once the source is")
    func backoff() async throws {
        try await PoolBench.run { bench in
            bench.clock.advance(by: .seconds(60))
            bench.weather = .fails(.refused)
            bench.sessions[0].lose()
            // The first try is at once; the pauses are Backoff's with chance at its highest.
            for (attempt, pause) in [250, 500, 1000, 2000, 4000].enumerated() {
                try await eventually("try \(attempt + 1)") { bench.attempts == attempt + 1 }
                try await bench.clock.isAwaited(.milliseconds(pause))
                #expect(bench.pool.failures == attempt + 1)
                if pause == 4000 { bench.weather = .opens }
                bench.clock.advance(by: .milliseconds(pause))
            }
            try await bench.until("it is well") { $0.idle == 1 }
            #expect(bench.attempts == 6)
            #expect(bench.pool.failures == 0)
            try await eventually("all of it is told") { bench.events.count == 7 }
            #expect(bench.events.count { $0 == "open failed: connection_refused" } == 5)
            #expect(bench.events.contains("lost: no word"))
            #expect(bench.events.contains("opened fake 2"))
        }
    }

    @Test("What somebody must mend is tried with patience")
    func patience() async throws {
        try await PoolBench.run(adopting: false, weather: .fails(.wrongPassword)) { bench in
            for attempt in 1...3 {
                try await eventually("try \(attempt)") { bench.attempts == attempt }
                try await bench.clock.pass(.seconds(120))
            }
            #expect(!bench.clock.slept.contains(.milliseconds(250)))
        }
    }

    @Test("A pool of many reconnects one at a time, and the rest follows the first that succeeds")
    func oneAtATime() async throws {
        try await PoolBench.run(minimum: 4, adopting: false, weather: .fails(.refused)) { bench in
            try await bench.clock.isAwaited(.milliseconds(2000))
            #expect(bench.attempts == 4)
            #expect(bench.pool.counts == .init(opening: 1))
            let gate = Gate()
            bench.weather = .waits(gate)
            bench.clock.advance(by: .milliseconds(2000))
            try await eventually("one tries") { gate.waiting == 1 }
            #expect(bench.pool.counts == .init(opening: 1))
            gate.open()
            try await bench.until("all are there") { $0.idle == 4 }
            #expect(bench.attempts == 8)
        }
    }

    @Test("Who waits meanwhile is served by the first connection that opens")
    func waiting() async throws {
        try await PoolBench.run(adopting: false, weather: .fails(.refused)) { bench in
            async let number = bench.borrow()
            try await bench.clock.isAwaited(.milliseconds(250))
            bench.weather = .opens
            bench.clock.advance(by: .milliseconds(250))
            #expect(try await number == 1)
        }
    }
}
