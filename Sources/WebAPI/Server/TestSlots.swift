import HTTPTypes
import Synchronization

/// Bounds what runs at one time, such as tests, so that a crowd of hung servers cannot take the service's memory.
package final class TestSlots: Sendable {
    private let limit: Int
    private let what: String
    private let taken = Mutex(0)

    /// - Parameters:
    ///   - limit: how many at one time; one more is answered 503.
    ///   - what: what they are, in the plural.
    package init(limit: Int, of what: String) { (self.limit, self.what) = (limit, what) }

    func withSlot<Value>(_ body: () async throws -> Value) async throws -> Value {
        let free = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        guard free else {
            throw ErrorAnswer(
                .serviceUnavailable, "\(limit) \(what) are running already; try again in a moment.",
                headers: [.retryAfter: "1"])
        }
        defer { taken.withLock { $0 -= 1 } }
        return try await body()
    }
}
