import Testing

@testable import Gateway

@Suite("The pool's machine before the oracle")
struct PoolOracleTests {
    @Test("No sequence of events makes it decide what no pool may do", arguments: 0..<8 as Range<UInt64>)
    func sequences(block: UInt64) {
        for seed in block * 500..<(block + 1) * 500 {
            var walk = Walk(seed: seed)
            do {
                try walk.run()
            } catch {
                Issue.record("seed \(seed), \(walk.story.joined(separator: ", ")): \(error)")
                return
            }
        }
    }

    @Test(
        "The oracle itself refuses what no pool may do",
        arguments: [
            .lease(1, to: 2), .lease(9, to: 2), .lease(1, to: 1), .close(1), .close(9), .check(1), .check(9),
            .open(1, after: .zero), .open(2, after: .zero), .refuse(2),
        ] as [PoolStateMachine.Action])
    func refused(action: PoolStateMachine.Action) throws {
        // One connection at most; it is leased, and the second caller waits.
        var pool = MockPool(limits: .init(minimum: 1, maximum: 1), backoff: Backoff { 0 }, now: ContinuousClock.now)
        try pool.start(adopting: true)
        try pool.request(1)
        try pool.request(2)
        #expect(pool.connections == [1: .busy])
        #expect(throws: MockPool.Illegal.self) { try pool.perform([action]) }
    }
}

/// One sequence of events.
private struct Walk {
    private var random: SeededRandom
    private var pool: MockPool
    private var nextWaiter = 0
    private(set) var story: [String] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        let minimum = Int.random(in: 1...4, using: &random)
        let limits = PoolStateMachine.Limits(
            minimum: minimum, maximum: Int.random(in: minimum...6, using: &random), checkInterval: .seconds(30),
            freshness: .seconds(10), idleTimeout: .seconds(60))
        pool = MockPool(limits: limits, backoff: Backoff { 0 }, now: ContinuousClock.now)
        story.append("minimum \(limits.minimum), maximum \(limits.maximum)")
    }

    mutating func run() throws {
        try pool.start(adopting: Bool.random(using: &random))
        // Seasons: a source that is well, one that fails, and both by turns.
        let weather = Int.random(in: 0...2, using: &random)
        for step in 0..<80 {
            let fails = weather == 1 || (weather == 2 && (step / 20).isMultiple(of: 2))
            try event(fails: fails)
        }
        story.append("stop")
        try pool.stop()
        for _ in 0..<10 { try event(fails: false) }
    }

    private mutating func event(fails: Bool) throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1, 2:
            nextWaiter += 1
            story.append("request \(nextWaiter)")
            try pool.request(nextWaiter)
        case 3:
            guard let waiter = pool.waiting.randomElement(using: &random) else { return }
            story.append("cancel \(waiter)")
            try pool.cancel(waiter)
        case 4, 5: try each("release", pool.ids { $0 == .busy }) { pool, id in try pool.release(id) }
        case 6, 7:
            let openings = pool.ids { $0 == .opening }
            if fails {
                let passing = Bool.random(using: &random)
                try each("fail to open", openings) { pool, id in try pool.failToOpen(id, passing: passing) }
            } else {
                try each("open", openings) { pool, id in try pool.open(id) }
            }
        case 8: try each("lose", pool.ids { $0 != .opening }) { pool, id in try pool.lose(id) }
        case 9:
            let checked = pool.ids { if case .checking = $0 { true } else { false } }
            if fails {
                try each("fail the check of", checked) { pool, id in try pool.failCheck(id) }
            } else {
                try each("pass the check of", checked) { pool, id in try pool.passCheck(id) }
            }
        case 10:
            let pause = Duration.seconds(Int.random(in: 0...40, using: &random))
            story.append("\(pause) later")
            pool.now += pause
            try pool.tick()
        default:
            // What is told of a connection that is not there, or not in that state, changes nothing.
            let id = Int.random(in: 1...100, using: &random)
            guard pool.connections[id] == nil else { return }
            story.append("stale \(id)")
            try pool.open(id)
            try pool.failToOpen(id, passing: true)
            try pool.release(id)
            try pool.lose(id)
            try pool.passCheck(id)
            try pool.failCheck(id)
        }
    }

    private mutating func each(
        _ what: String, _ ids: [Int], _ body: (inout MockPool, Int) throws -> Void
    ) throws {
        guard let id = ids.randomElement(using: &random) else { return }
        story.append("\(what) \(id)")
        try body(&pool, id)
    }
}
