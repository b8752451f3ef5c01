/// What a pool does, decided without doing it: connections and waiters are numbers, time is handed in.
///
/// Every connection is in one state: `opening` → `idle` ⇄ `checking` or `busy` → gone. A connection that the pool
/// closes leaves at once; what is then reported of it is ignored.
package struct PoolStateMachine: Sendable {
    package typealias ConnectionID = Int
    package typealias WaiterID = Int
    package typealias Instant = ContinuousClock.Instant

    /// What the pool's owner is to do, in order.
    package enum Action: Equatable, Sendable {
        case open(ConnectionID, after: Duration)
        case check(ConnectionID)
        case close(ConnectionID)
        case lease(ConnectionID, to: WaiterID)
        case refuse(WaiterID)
    }

    /// How many connections and how long they idle.
    package struct Limits: Equatable, Sendable {
        package var minimum: Int
        package var maximum: Int
        /// An idle connection is checked this long after it was last used or checked.
        package var checkInterval: Duration
        /// One that has idled longer than this is checked before it is leased.
        package var freshness: Duration
        /// One above the minimum that was not used for this long is closed.
        package var idleTimeout: Duration

        package init(
            minimum: Int, maximum: Int, checkInterval: Duration = .seconds(30), freshness: Duration = .seconds(10),
            idleTimeout: Duration = .seconds(300)
        ) {
            self.minimum = minimum
            self.maximum = max(1, maximum)
            self.checkInterval = checkInterval
            self.freshness = freshness
            self.idleTimeout = idleTimeout
        }
    }

    /// How many connections are in which state.
    package struct Counts: Equatable, Sendable {
        package var opening = 0
        package var idle = 0
        package var busy = 0
        package var waiting = 0
        /// Connections that are up: idle, being checked, or busy.
        package var open = 0
    }

    private enum State {
        /// Entered when the pool wants one more; leads to `idle`, or away when it fails.
        case opening
        /// Entered when nobody needs it.
        case idle(used: Instant, seen: Instant)
        /// Entered when it idled long; leads to `idle`, or away when there is no answer.
        case checking(used: Instant)
        /// Entered when leased; leads to `idle`.
        case busy
    }

    private let limits: Limits
    private let backoff: Backoff
    private var connections: [ConnectionID: State] = [:]
    private var waiters: [WaiterID] = []
    private var nextID = 0
    private var stopped = false
    /// Openings that failed in a row; zero while the source is well.
    package private(set) var failures = 0
    private var failurePasses = true
    /// When the last connection was opened, until a loss shows whether it lasted.
    private var unproven: Instant?
    /// Connections in a row that ended as soon as they were open.
    private var shortLived = 0

    package init(limits: Limits, backoff: Backoff) {
        self.limits = limits
        self.backoff = backoff
    }

    package var counts: Counts {
        var counts = Counts(waiting: waiters.count)
        for state in connections.values {
            switch state {
            case .opening: counts.opening += 1
            case .idle: (counts.idle, counts.open) = (counts.idle + 1, counts.open + 1)
            case .checking: counts.open += 1
            case .busy: (counts.busy, counts.open) = (counts.busy + 1, counts.open + 1)
            }
        }
        return counts
    }

    // MARK: Events

    /// The pool begins, with a connection that already passed a test or with none.
    package mutating func started(adopting: Bool, at now: Instant) -> (adopted: ConnectionID?, actions: [Action]) {
        var adopted: ConnectionID?
        if adopting {
            let id = makeID()
            connections[id] = .idle(used: now, seen: now)
            unproven = now
            adopted = id
        }
        return (adopted, fill())
    }

    package mutating func leaseRequested(by waiter: WaiterID, at now: Instant) -> [Action] {
        guard !stopped else { return [.refuse(waiter)] }
        waiters.append(waiter)
        return serve(at: now) + fill()
    }

    /// The waiter gave up. One that was served meanwhile is not known any more.
    package mutating func leaseCancelled(by waiter: WaiterID) {
        waiters.removeAll { $0 == waiter }
    }

    package mutating func released(_ id: ConnectionID, at now: Instant) -> [Action] {
        guard case .busy? = connections[id] else { return [] }
        connections[id] = .idle(used: now, seen: now)
        return serve(at: now)
    }

    /// False where the pool has no use for the connection any more: its owner closes it.
    package mutating func opened(_ id: ConnectionID, at now: Instant) -> (wanted: Bool, actions: [Action]) {
        guard case .opening? = connections[id], !stopped else { return (false, []) }
        connections[id] = .idle(used: now, seen: now)
        unproven = now
        failures = 0
        return (true, serve(at: now) + fill())
    }

    /// - Parameter passing: whether the failure may pass by itself.
    package mutating func openFailed(_ id: ConnectionID, passing: Bool) -> [Action] {
        guard case .opening? = connections[id] else { return [] }
        connections[id] = nil
        failures += 1
        failurePasses = passing
        return fill()
    }

    /// The connection ended without having been asked to. A source that takes logins and drops them at once is not
    /// knocked at without a pause: what lived shorter than the freshness counts as a failure of the next opening.
    package mutating func lost(_ id: ConnectionID, at now: Instant) -> [Action] {
        guard let state = connections.removeValue(forKey: id) else { return [] }
        if case .opening = state { failures += 1 }
        if let opened = unproven {
            shortLived = opened.duration(to: now) < limits.freshness ? shortLived + 1 : 0
            unproven = nil
        }
        return fill(afterShortLives: shortLived)
    }

    package mutating func checkPassed(_ id: ConnectionID, at now: Instant) -> [Action] {
        guard case .checking(let used)? = connections[id] else { return [] }
        connections[id] = .idle(used: used, seen: now)
        return serve(at: now)
    }

    package mutating func checkFailed(_ id: ConnectionID) -> [Action] {
        guard case .checking? = connections[id] else { return [] }
        connections[id] = nil
        return [.close(id)] + fill()
    }

    /// Time has passed: checks what idled, closes what is not needed.
    package mutating func ticked(at now: Instant) -> [Action] {
        var actions: [Action] = []
        // Of those that are up: one that is only being opened is no reason to close one that works.
        var surplus = counts.open - limits.minimum
        for (id, state) in connections.sorted(by: { $0.key < $1.key }) {
            guard case .idle(let used, let seen) = state else { continue }
            if surplus > 0, used.duration(to: now) >= limits.idleTimeout {
                connections[id] = nil
                surplus -= 1
                actions.append(.close(id))
            } else if seen.duration(to: now) >= limits.checkInterval {
                connections[id] = .checking(used: used)
                actions.append(.check(id))
            }
        }
        return actions + fill()
    }

    /// The pool ends: everything is closed, everybody who waits is refused.
    package mutating func stop() -> [Action] {
        stopped = true
        let actions = waiters.map(Action.refuse) + connections.keys.sorted().map(Action.close)
        waiters = []
        connections = [:]
        return actions
    }

    // MARK: Decisions

    /// Hands idle connections to waiters, the one used last first: the others may idle out.
    private mutating func serve(at now: Instant) -> [Action] {
        var actions: [Action] = []
        let idle = connections.compactMap { id, state -> (ConnectionID, Instant, Instant)? in
            if case .idle(let used, let seen) = state { (id, used, seen) } else { nil }
        }
        for (id, used, seen) in idle.sorted(by: { ($0.1, $0.0) > ($1.1, $1.0) }) {
            guard let waiter = waiters.first else { break }
            if seen.duration(to: now) > limits.freshness {
                connections[id] = .checking(used: used)
                actions.append(.check(id))
            } else {
                waiters.removeFirst()
                connections[id] = .busy
                actions.append(.lease(id, to: waiter))
            }
        }
        return actions
    }

    /// Opens what is missing: up to the minimum, and one for each waiter up to the maximum; one at a time while the
    /// source fails.
    ///
    /// - Parameter afterShortLives: connections that ended as soon as they were open, the last of them just now.
    private mutating func fill(afterShortLives: Int = 0) -> [Action] {
        guard !stopped else { return [] }
        let counts = counts
        let coming = counts.opening + connections.values.count { if case .checking = $0 { true } else { false } }
        var missing = max(limits.minimum - connections.count, waiters.count - coming)
        missing = min(missing, limits.maximum - connections.count)
        if failures > 0 { missing = min(missing, 1 - counts.opening) }
        guard missing > 0 else { return [] }
        let delay = backoff.delay(
            failures: failures + afterShortLives, passing: failures == 0 || failurePasses)
        return (0..<missing).map { _ in
            let id = makeID()
            connections[id] = .opening
            return .open(id, after: delay)
        }
    }

    private mutating func makeID() -> ConnectionID {
        nextID += 1
        return nextID
    }
}
