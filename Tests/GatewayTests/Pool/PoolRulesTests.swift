import Testing

@testable import Gateway

@Suite("The rules of the pool's machine")
struct PoolRulesTests {
    private typealias Action = PoolStateMachine.Action
    private let start = ContinuousClock.now

    private func machine(
        minimum: Int = 1, maximum: Int = 4, adopting: Bool = true
    ) -> (PoolStateMachine, [Action]) {
        var machine = PoolStateMachine(
            limits: .init(
                minimum: minimum, maximum: maximum, checkInterval: .seconds(30), freshness: .seconds(10),
                idleTimeout: .seconds(300)),
            backoff: Backoff { 1 })
        let (adopted, actions) = machine.started(adopting: adopting, at: start)
        #expect(adopted == (adopting ? 1 : nil))
        return (machine, actions)
    }

    @Test(
        "It begins with the adopted session and opens up to the minimum, which the maximum bounds",
        arguments: [(1, 4, true, 0), (1, 4, false, 1), (3, 4, true, 2), (3, 4, false, 3), (9, 2, false, 2)])
    func begins(minimum: Int, maximum: Int, adopting: Bool, openings: Int) {
        let (machine, actions) = machine(minimum: minimum, maximum: maximum, adopting: adopting)
        let first = adopting ? 2 : 1
        #expect(actions == (first..<first + openings).map { .open($0, after: .zero) })
        #expect(machine.counts.open == (adopting ? 1 : 0))
    }

    @Test("The adopted session is lent first, without a check")
    func adopted() {
        var (machine, _) = machine()
        #expect(machine.leaseRequested(by: 1, at: start) == [.lease(1, to: 1)])
    }

    @Test("One more is opened for each caller who waits, up to the maximum")
    func maximum() {
        var (machine, _) = machine(maximum: 3)
        let actions = (1...5).map { machine.leaseRequested(by: $0, at: start) }
        #expect(actions == [[.lease(1, to: 1)], [.open(2, after: .zero)], [.open(3, after: .zero)], [], []])
        #expect(machine.opened(2, at: start).actions == [.lease(2, to: 2)])
        #expect(machine.released(1, at: start) == [.lease(1, to: 3)])
        #expect(machine.opened(3, at: start).actions == [.lease(3, to: 4)])
        #expect(machine.counts == .init(opening: 0, idle: 0, busy: 3, waiting: 1, open: 3))
    }

    @Test("Who left is not served")
    func left() {
        var (machine, _) = machine(maximum: 1)
        for waiter in 1...3 { _ = machine.leaseRequested(by: waiter, at: start) }
        machine.leaseCancelled(by: 2)
        #expect(machine.released(1, at: start) == [.lease(1, to: 3)])
        #expect(machine.released(1, at: start) == [])
    }

    @Test("The connection used last is lent first, so that the others may idle out")
    func order() {
        var (machine, _) = machine(minimum: 2)
        _ = machine.opened(2, at: start)
        _ = machine.leaseRequested(by: 1, at: start)
        _ = machine.leaseRequested(by: 2, at: start)
        _ = machine.released(2, at: start + .seconds(1))
        _ = machine.released(1, at: start + .seconds(2))
        #expect(machine.leaseRequested(by: 3, at: start + .seconds(3)) == [.lease(1, to: 3)])
    }

    @Test(
        "One that idled beyond its freshness is checked before it is lent",
        arguments: [(9, false), (10, false), (11, true)])
    func freshness(seconds: Int, isChecked: Bool) {
        var (machine, _) = machine()
        let later = start + .seconds(seconds)
        let actions = machine.leaseRequested(by: 1, at: later)
        #expect(actions == (isChecked ? [.check(1)] : [.lease(1, to: 1)]))
        if isChecked { #expect(machine.checkPassed(1, at: later) == [.lease(1, to: 1)]) }
    }

    @Test("An idle one is checked after the interval, and not again while the check runs", arguments: [29, 30])
    func checkInterval(seconds: Int) {
        var (machine, _) = machine()
        let later = start + .seconds(seconds)
        #expect(machine.ticked(at: later) == (seconds < 30 ? [] : [.check(1)]))
        if seconds == 30 {
            #expect(machine.ticked(at: later + .seconds(60)) == [])
            #expect(machine.checkPassed(1, at: later) == [])
            #expect(machine.ticked(at: later + .seconds(29)) == [])
            #expect(machine.ticked(at: later + .seconds(30)) == [.check(1)])
        }
    }

    @Test("A check does not count as use: one above the minimum is closed all the same")
    func idleTimeout() {
        var (machine, _) = machine()
        _ = machine.leaseRequested(by: 1, at: start)
        _ = machine.leaseRequested(by: 2, at: start)
        _ = machine.opened(2, at: start)
        _ = machine.released(1, at: start)
        _ = machine.released(2, at: start)
        for minute in 1..<5 {
            let now = start + .seconds(60 * minute)
            #expect(machine.ticked(at: now) == [.check(1), .check(2)])
            _ = machine.checkPassed(1, at: now)
            _ = machine.checkPassed(2, at: now)
        }
        // The minimum is one: of two that nobody used one stays.
        #expect(machine.ticked(at: start + .seconds(300)) == [.close(1), .check(2)])
        #expect(machine.counts.open == 1)
    }

    @Test("The last connection that is up is not closed for one that is only being opened")
    func idleTimeoutWhileOpening() {
        var (machine, _) = machine()
        _ = machine.leaseRequested(by: 1, at: start)
        #expect(machine.leaseRequested(by: 2, at: start) == [.open(2, after: .zero)])
        machine.leaseCancelled(by: 2)
        _ = machine.released(1, at: start)
        #expect(machine.ticked(at: start + .seconds(300)) == [.check(1)])
    }

    @Test("A lost connection is replaced at once, a leased one too")
    func lost() {
        var (machine, _) = machine()
        let later = start + .seconds(60)
        #expect(machine.lost(1, at: later) == [.open(2, after: .zero)])
        _ = machine.opened(2, at: later)
        _ = machine.leaseRequested(by: 1, at: later)
        let afterwards = later + .seconds(60)
        #expect(machine.lost(2, at: afterwards) == [.open(3, after: .zero)])
        #expect(machine.released(2, at: afterwards) == [])
        #expect(machine.counts == .init(opening: 1))
    }

    @Test("Connections that end as soon as they are open are replaced with growing pauses, until one lasts")
    func flapping() {
        var (machine, _) = machine()
        var now = start
        var pauses: [Duration] = []
        for id in 1...5 {
            now += .seconds(1)
            guard case .open(let next, let pause)? = machine.lost(id, at: now).first else {
                Issue.record("connection \(id) is not replaced")
                return
            }
            pauses.append(pause)
            now += pause
            _ = machine.opened(next, at: now)
        }
        #expect(pauses == [250, 500, 1000, 2000, 4000].map { .milliseconds($0) })
        #expect(machine.lost(6, at: now + .seconds(60)) == [.open(7, after: .zero)])
    }

    @Test("Connections that end together count as one that did not last")
    func endingTogether() {
        var (machine, _) = machine(minimum: 3)
        _ = machine.opened(2, at: start)
        _ = machine.opened(3, at: start)
        let actions = (1...3).map { machine.lost($0, at: start + .seconds(1)) }
        #expect(actions == (4...6).map { [.open($0, after: .milliseconds(250))] })
    }

    @Test("One whose check failed is closed and replaced")
    func checkFailed() {
        var (machine, _) = machine()
        _ = machine.ticked(at: start + .seconds(30))
        #expect(machine.checkFailed(1) == [.close(1), .open(2, after: .zero)])
    }

    @Test("While the source fails one opening is tried at a time, later each time", arguments: [true, false])
    func openFailed(passing: Bool) {
        var (machine, actions) = machine(minimum: 3, adopting: false)
        #expect(actions.count == 3)
        #expect(machine.openFailed(1, passing: passing) == [])
        #expect(machine.openFailed(2, passing: passing) == [])
        // Three have failed; one is tried.
        let waits: [Duration] = passing ? [.seconds(1), .seconds(2)] : [.seconds(120), .seconds(120)]
        #expect(machine.openFailed(3, passing: passing) == [.open(4, after: waits[0])])
        #expect(machine.leaseRequested(by: 1, at: start) == [])
        #expect(machine.openFailed(4, passing: passing) == [.open(5, after: waits[1])])
        // The first that succeeds opens the door for the others.
        #expect(
            machine.opened(5, at: start).actions == [.lease(5, to: 1), .open(6, after: .zero), .open(7, after: .zero)])
        #expect(machine.failures == 0)
    }

    @Test("At the end who waits is refused and every connection is closed; what comes later is not wanted")
    func stop() {
        var (machine, _) = machine(minimum: 2, maximum: 2)
        _ = machine.leaseRequested(by: 1, at: start)
        _ = machine.leaseRequested(by: 2, at: start)
        #expect(machine.stop() == [.refuse(2), .close(1), .close(2)])
        #expect(machine.leaseRequested(by: 3, at: start) == [.refuse(3)])
        #expect(machine.opened(2, at: start).wanted == false)
        #expect(machine.released(1, at: start) == [])
        #expect(machine.ticked(at: start + .seconds(1000)) == [])
        #expect(machine.stop() == [])
        #expect(machine.counts == .init())
    }
}
