import NIOConcurrencyHelpers

/// Bounds how many connections are being opened at one time without a caller waiting for them: a start with a
/// thousand records must not dial a thousand hosts at once.
package final class OpeningSlots: Sendable {
    private struct State {
        var free: Int
        var queue: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID = 0
    }

    private let state: NIOLockedValueBox<State>

    /// - Parameter count: how many may open at one time, at least 1.
    package init(count: Int) {
        state = NIOLockedValueBox(State(free: max(1, count)))
    }

    /// Runs the body when a slot is free, first come, first served. Returns nil when cancelled while waiting.
    package func withSlot<Value: Sendable>(_ body: () async -> Value) async -> Value? {
        guard await acquire() else { return nil }
        defer { release() }
        return await body()
    }

    private func acquire() async -> Bool {
        let id = state.withLockedValue { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now: Bool? = state.withLockedValue { state in
                    if Task.isCancelled { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.queue.append((id, continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let waiting = state.withLockedValue { state in
                state.queue.firstIndex { $0.id == id }.map { state.queue.remove(at: $0).continuation }
            }
            waiting?.resume(returning: false)
        }
    }

    private func release() {
        let next = state.withLockedValue { state in
            if state.queue.isEmpty {
                state.free += 1
                return nil as CheckedContinuation<Bool, Never>?
            }
            return state.queue.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
