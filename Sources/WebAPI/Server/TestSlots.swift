import HTTPTypes
import Synchronization

/// Bounds the tests that run at one time, so that a crowd of hung servers cannot take the service's memory.
package final class TestSlots: Sendable {
    private let limit: Int
    private let taken = Mutex(0)

    /// - Parameter limit: tests at one time; one more is answered 503.
    package init(limit: Int = 256) { self.limit = limit }

    func withSlot<Value>(_ body: () async throws -> Value) async throws -> Value {
        let free = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        guard free else {
            throw ErrorAnswer(
                .serviceUnavailable, "\(limit) tests are running already; try again in a moment.",
                headers: [.retryAfter: "1"])
        }
        defer { taken.withLock { $0 -= 1 } }
        return try await body()
    }
}
