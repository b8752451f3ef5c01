import NIOConcurrencyHelpers

/// Why something that runs is to end before it is done.
package enum StopReason: Sendable, Equatable {
    /// Its time is over.
    case deadline
    /// Whoever asked has gone.
    case callerLeft
    /// Somebody asked for its end; their name.
    case cancelled(by: String)
    /// The service ends.
    case serviceEnds
}

/// Says once that something is to end, and why; whoever waits for that is woken.
final class StopSignal: Sendable {
    private struct State {
        var reason: StopReason?
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextID = 0
    }

    private let state = NIOLockedValueBox(State())

    /// Why it is to end; nil while it is not. The first reason stands.
    var reason: StopReason? { state.withLockedValue { $0.reason } }

    func stop(_ reason: StopReason) {
        let waiting = state.withLockedValue { state in
            if state.reason == nil { state.reason = reason }
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when it is to end, or when the task is cancelled.
    func wait() async {
        let id = state.withLockedValue { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLockedValue { state in
                    // Under the lock: the handler below has run already, or will find the waiter.
                    guard state.reason == nil, !Task.isCancelled else { return false }
                    state.waiting[id] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }
}
