import Drivers
import Synchronization
import Testbed
import Testing

@testable import Gateway

@Suite("Leases of the pool")
struct LeaseTests {
    @Test("The adopted session is the one that is lent, and no other is opened")
    func adopted() async throws {
        try await PoolBench.run { bench in
            for _ in 0..<3 {
                let number = try await bench.borrow()
                #expect(number == 1)
            }
            #expect(bench.attempts == 0)
            #expect(bench.pool.counts == .init(idle: 1, open: 1))
        }
    }

    @Test("As many callers as the maximum get a session each, and the next one waits")
    func maximum() async throws {
        try await PoolBench.run(maximum: 2) { bench in
            let gate = Gate()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 { group.addTask { try await bench.borrow(until: gate) } }
                try await bench.until("two are busy and one waits") { $0.busy == 2 && $0.waiting == 1 }
                #expect(bench.pool.counts == .init(idle: 0, busy: 2, waiting: 1, open: 2))
                gate.open()
                let numbers = try await group.reduce(into: Set()) { $0.insert($1) }
                #expect(numbers == [1, 2])
            }
            #expect(bench.attempts == 1)
        }
    }

    @Test("Callers who wait are served in the order in which they came")
    func order() async throws {
        try await PoolBench.run(maximum: 1) { bench in
            let gate = Gate()
            let served = Served()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await bench.borrow(until: gate) }
                try await bench.until("the session is busy") { $0.busy == 1 }
                for caller in 1...5 {
                    group.addTask { try await bench.pool.withSession { _ in served.add(caller) } }
                    try await bench.until("caller \(caller) waits") { $0.waiting == caller }
                }
                gate.open()
                try await group.waitForAll()
            }
            #expect(served.all == [1, 2, 3, 4, 5])
        }
    }

    @Test("Who is cancelled while waiting gets an error at once, and the others keep their places")
    func cancelled() async throws {
        try await PoolBench.run(maximum: 1) { bench in
            let gate = Gate()
            async let first = bench.borrow(until: gate)
            try await bench.until("the session is busy") { $0.busy == 1 }
            let leaver = Task { try await bench.borrow(until: gate) }
            try await bench.until("the leaver waits") { $0.waiting == 1 }
            async let last = bench.borrow(until: gate)
            try await bench.until("two wait") { $0.waiting == 2 }
            leaver.cancel()
            await #expect(throws: CancellationError.self) { try await leaver.value }
            #expect(bench.pool.counts.waiting == 1)
            gate.open()
            #expect(try await [first, last] == [1, 1])
            #expect(bench.pool.counts == .init(idle: 1, open: 1))
        }
    }

    @Test("Who is cancelled already does not get in line")
    func cancelledBefore() async throws {
        try await PoolBench.run { bench in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try await bench.pool.withSession { _ in Issue.record("a cancelled caller got a session") }
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(bench.pool.counts == .init(idle: 1, open: 1))
        }
    }

    @Test("A caller's own error passes, and the session is returned")
    func ownError() async throws {
        struct Own: Error {}
        try await PoolBench.run { bench in
            await #expect(throws: Own.self) { try await bench.pool.withSession { _ in throw Own() } }
            #expect(bench.pool.counts == .init(idle: 1, open: 1))
        }
    }

    @Test("A session that is lost while lent is not lent again, and is replaced")
    func lostWhileLent() async throws {
        try await PoolBench.run(maximum: 1) { bench in
            let gate = Gate()
            async let first = bench.borrow(until: gate)
            try await bench.until("the session is busy") { $0.busy == 1 }
            bench.clock.advance(by: .seconds(20))
            async let second = bench.borrow()
            try await bench.until("the second waits") { $0.waiting == 1 }
            bench.sessions[0].lose(.refused)
            // The second caller is served while the first still holds what is dead.
            #expect(try await second == 2)
            gate.open()
            #expect(try await first == 1)
            #expect(bench.pool.counts == .init(idle: 1, open: 1))
            try await eventually("the loss is told") { bench.events.contains("lost: connection_refused") }
        }
    }
}

/// Who was served, in order.
private final class Served: Sendable {
    private let callers = Mutex<[Int]>([])

    var all: [Int] { callers.withLock { $0 } }

    func add(_ caller: Int) { callers.withLock { $0.append(caller) } }
}
