import Synchronization

/// How fast a body has to come that is too long for one deadline: something within each idle time, and after it a
/// kibibyte a second on average. So nobody holds an upload's place for ever by sending next to nothing.
final class BodyPace: Sendable {
    private struct State {
        var bytes = 0
        /// Since when more is waited for; nil while what came is dealt with.
        var waiting: ContinuousClock.Instant?
    }

    /// In bytes a second.
    static let slowest = 1024

    let idleTime: Duration
    private let began: ContinuousClock.Instant
    private let state: Mutex<State>

    init(idleTime: Duration) {
        (self.idleTime, began) = (idleTime, .now)
        state = Mutex(State(waiting: .now))
    }

    /// Something came.
    func arrived(_ bytes: Int) {
        state.withLock { state in
            state.bytes += bytes
            state.waiting = nil
        }
    }

    /// So many have come.
    var bytes: Int { state.withLock { $0.bytes } }

    /// More is waited for.
    func waits() { state.withLock { $0.waiting = .now } }

    /// When the next bytes have to be there; nil while nobody waits for them.
    var deadline: ContinuousClock.Instant? {
        state.withLock { state in
            guard let waiting = state.waiting else { return nil }
            let average = began + idleTime + .seconds(state.bytes / Self.slowest)
            return min(waiting + idleTime, average)
        }
    }

    /// Returns when the body has become too slow.
    func isTooSlow() async throws {
        while true {
            try await Task.sleep(until: deadline ?? .now + idleTime, clock: .continuous)
            if let deadline, deadline <= .now { return }
        }
    }
}
