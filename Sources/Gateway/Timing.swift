import Foundation

/// The clocks that the gateway reads; a test moves its own by hand.
package struct Timing: Sendable {
    package var now: @Sendable () -> ContinuousClock.Instant
    /// Returns early, without an error, when the task is cancelled.
    package var sleep: @Sendable (Duration) async -> Void
    package var date: @Sendable () -> Date

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant, sleep: @escaping @Sendable (Duration) async -> Void,
        date: @escaping @Sendable () -> Date
    ) {
        self.now = now
        self.sleep = sleep
        self.date = date
    }

    /// The machine's clocks.
    package static let system = Timing(
        now: { .now },
        sleep: { duration in
            // The only error is cancellation, and its meaning is the early return.
            try? await Task.sleep(for: duration)
        },
        date: { Date() })
}
