@testable import Gateway

/// The oracle: performs what the machine decides and refuses what no pool may do. It keeps its own books, so that the
/// machine's are checked against something.
struct MockPool {
    typealias Instant = ContinuousClock.Instant

    /// What no pool may do.
    struct Illegal: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    enum Connection: Equatable {
        case opening
        case idle(used: Instant, seen: Instant)
        case checking(used: Instant)
        case busy
    }

    let limits: PoolStateMachine.Limits
    let backoff: Backoff
    private(set) var machine: PoolStateMachine
    private(set) var connections: [Int: Connection] = [:]
    private(set) var waiting: [Int] = []
    private(set) var isStopped = false
    var now: Instant
    private var known: Set<Int> = []
    private var failures = 0
    private var failurePasses = true

    init(limits: PoolStateMachine.Limits, backoff: Backoff, now: Instant) {
        self.limits = limits
        self.backoff = backoff
        self.now = now
        machine = PoolStateMachine(limits: limits, backoff: backoff)
    }

    func ids(_ matches: (Connection) -> Bool) -> [Int] { connections.filter { matches($0.value) }.keys.sorted() }

    // MARK: Events

    mutating func start(adopting: Bool) throws(Illegal) {
        let (adopted, actions) = machine.started(adopting: adopting, at: now)
        guard (adopted != nil) == adopting else { throw Illegal("adopted \(String(describing: adopted))") }
        if let adopted { try enter(adopted, .idle(used: now, seen: now)) }
        try perform(actions)
    }

    mutating func request(_ waiter: Int) throws(Illegal) {
        waiting.append(waiter)
        try perform(machine.leaseRequested(by: waiter, at: now))
    }

    mutating func cancel(_ waiter: Int) throws(Illegal) {
        waiting.removeAll { $0 == waiter }
        machine.leaseCancelled(by: waiter)
        try audit()
    }

    mutating func release(_ id: Int) throws(Illegal) {
        if connections[id] == .busy { connections[id] = .idle(used: now, seen: now) }
        try perform(machine.released(id, at: now))
    }

    mutating func open(_ id: Int) throws(Illegal) {
        let isOpening = connections[id] == .opening
        let (wanted, actions) = machine.opened(id, at: now)
        guard wanted == isOpening else { throw Illegal("connection \(id): wanted is \(wanted)") }
        if wanted {
            connections[id] = .idle(used: now, seen: now)
            failures = 0
        }
        try perform(actions)
    }

    mutating func failToOpen(_ id: Int, passing: Bool) throws(Illegal) {
        if connections[id] == .opening {
            connections[id] = nil
            failures += 1
            failurePasses = passing
        }
        try perform(machine.openFailed(id, passing: passing))
    }

    mutating func lose(_ id: Int) throws(Illegal) {
        connections[id] = nil
        try perform(machine.lost(id, at: now), afterLoss: true)
    }

    mutating func passCheck(_ id: Int) throws(Illegal) {
        if case .checking(let used)? = connections[id] { connections[id] = .idle(used: used, seen: now) }
        try perform(machine.checkPassed(id, at: now))
    }

    mutating func failCheck(_ id: Int) throws(Illegal) { try perform(machine.checkFailed(id)) }

    mutating func tick() throws(Illegal) { try perform(machine.ticked(at: now)) }

    mutating func stop() throws(Illegal) {
        isStopped = true
        try perform(machine.stop())
        guard connections.isEmpty else { throw Illegal("after the end \(connections) are left") }
    }

    // MARK: The law

    mutating func perform(_ actions: [PoolStateMachine.Action], afterLoss: Bool = false) throws(Illegal) {
        for action in actions {
            switch action {
            case .open(let id, let delay): try performOpening(id, after: delay, afterLoss: afterLoss)
            case .check(let id): try performCheck(id)
            case .close(let id): try performClosing(id)
            case .lease(let id, let waiter): try performLease(id, to: waiter)
            case .refuse(let waiter):
                guard isStopped, waiting.first == waiter else { throw Illegal("waiter \(waiter) is refused") }
                waiting.removeFirst()
            }
        }
        try audit()
    }

    private mutating func performOpening(_ id: Int, after delay: Duration, afterLoss: Bool) throws(Illegal) {
        let coming = ids { if case .busy = $0 { false } else { true } }.count
        guard !isStopped else { throw Illegal("connection \(id) is opened after the end") }
        guard connections.count < limits.minimum || waiting.count > coming else {
            throw Illegal("connection \(id) is opened and nobody needs it")
        }
        if failures > 0, !ids({ $0 == .opening }).isEmpty {
            throw Illegal("connection \(id) is opened beside another while the source fails")
        }
        let due = backoff.delay(failures: failures, passing: failurePasses)
        // After a loss it may be longer: a source that takes connections and drops them fails, too.
        guard delay == due || (afterLoss && delay > due) else {
            throw Illegal("connection \(id) is opened after \(delay), not \(due)")
        }
        try enter(id, .opening)
        guard connections.count <= limits.maximum else { throw Illegal("connection \(id) is above the maximum") }
    }

    private mutating func performCheck(_ id: Int) throws(Illegal) {
        guard case .idle(let used, let seen)? = connections[id] else {
            throw Illegal("connection \(id) is checked while it is \(String(describing: connections[id]))")
        }
        let age = seen.duration(to: now)
        guard age >= limits.checkInterval || (age > limits.freshness && !waiting.isEmpty) else {
            throw Illegal("connection \(id) is checked after \(age)")
        }
        connections[id] = .checking(used: used)
    }

    private mutating func performClosing(_ id: Int) throws(Illegal) {
        guard let state = connections.removeValue(forKey: id) else {
            throw Illegal("connection \(id) is closed and not known")
        }
        guard !isStopped else { return }
        switch state {
        case .checking: return
        case .idle(let used, _):
            let up = ids { $0 != .opening }.count
            guard used.duration(to: now) >= limits.idleTimeout else {
                throw Illegal("connection \(id) is closed early")
            }
            guard up >= limits.minimum else { throw Illegal("connection \(id) is closed and \(up) are left") }
        case .opening, .busy: throw Illegal("connection \(id) is closed while it is \(state)")
        }
    }

    private mutating func performLease(_ id: Int, to waiter: Int) throws(Illegal) {
        guard case .idle(_, let seen)? = connections[id] else {
            throw Illegal("connection \(id) is leased while it is \(String(describing: connections[id]))")
        }
        guard seen.duration(to: now) <= limits.freshness else { throw Illegal("connection \(id) is leased unchecked") }
        guard waiting.first == waiter else { throw Illegal("waiter \(waiter) is not the first of \(waiting)") }
        waiting.removeFirst()
        connections[id] = .busy
    }

    private mutating func enter(_ id: Int, _ connection: Connection) throws(Illegal) {
        guard known.insert(id).inserted else { throw Illegal("the number \(id) is used twice") }
        connections[id] = connection
    }

    /// What holds between two events.
    private func audit() throws(Illegal) {
        var counts = PoolStateMachine.Counts(waiting: waiting.count)
        for connection in connections.values {
            switch connection {
            case .opening: counts.opening += 1
            case .idle: (counts.idle, counts.open) = (counts.idle + 1, counts.open + 1)
            case .checking: counts.open += 1
            case .busy: (counts.busy, counts.open) = (counts.busy + 1, counts.open + 1)
            }
        }
        guard counts == machine.counts else { throw Illegal("the machine counts \(machine.counts), not \(counts)") }
        guard failures == machine.failures else { throw Illegal("the machine counts \(machine.failures) failures") }
        guard !isStopped else { return }
        let isTrying = failures > 0 && counts.opening > 0
        guard connections.count >= min(limits.minimum, limits.maximum) || isTrying else {
            throw Illegal("\(connections.count) are fewer than the minimum and none is being opened")
        }
        guard counts.waiting == 0 || counts.idle == 0 else { throw Illegal("somebody waits beside an idle connection") }
        let coming = counts.opening + counts.open - counts.idle - counts.busy
        guard counts.waiting <= coming || connections.count == limits.maximum || isTrying else {
            throw Illegal("\(counts.waiting) wait, \(coming) are coming and there is room")
        }
    }
}
