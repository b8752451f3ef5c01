import Synchronization

/// Counts failed logins per peer in windows of time, with bounded memory.
package final class FailureLimiter: Sendable {
    private struct Window {
        var began: ContinuousClock.Instant
        var failures: Int
    }

    private let allowed: Int
    private let length: Duration
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let windows = Mutex<[String: Window]>([:])

    /// - Parameters:
    ///   - allowed: failures in one window before the peer has to wait.
    ///   - capacity: peers remembered at most; the one whose window is oldest is forgotten first.
    package init(
        allowed: Int = 20, per length: Duration = .seconds(60), capacity: Int = 4096,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.allowed = allowed
        self.length = length
        self.capacity = capacity
        self.now = now
    }

    /// How long the peer has to wait; nil where it may try.
    func wait(for peer: String) -> Duration? {
        let instant = now()
        return windows.withLock { windows in
            guard let window = windows[peer] else { return nil }
            let end = window.began + length
            guard end > instant else {
                windows[peer] = nil
                return nil
            }
            return window.failures >= allowed ? instant.duration(to: end) : nil
        }
    }

    /// Writes one more failure down.
    func failed(_ peer: String) {
        let instant = now()
        windows.withLock { windows in
            if var window = windows[peer], window.began + length > instant {
                window.failures += 1
                windows[peer] = window
                return
            }
            if windows.count >= capacity, windows[peer] == nil {
                windows = windows.filter { $0.value.began + length > instant }
                if windows.count >= capacity, let oldest = windows.min(by: { $0.value.began < $1.value.began }) {
                    windows[oldest.key] = nil
                }
            }
            windows[peer] = Window(began: instant, failures: 1)
        }
    }

    /// How many peers are remembered.
    var count: Int { windows.withLock { $0.count } }
}
