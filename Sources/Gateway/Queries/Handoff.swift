import NIOConcurrencyHelpers

/// Hands values from one task to one other. There is room for one value: whoever gives faster than the other takes waits,
/// so that nothing piles up.
final class Handoff<Element: Sendable>: Sendable {
    private struct State {
        var element: Element?
        /// What comes after it, last of all.
        var tail: ArraySlice<Element> = []
        var isFinished = false
        var isClosed = false
        var giver: CheckedContinuation<Void, Never>?
        var taker: CheckedContinuation<Element?, Never>?
    }

    /// What giving comes to at the moment.
    private enum Giving {
        case given
        case handed(CheckedContinuation<Element?, Never>)
        case noRoom
        case refused
    }

    private let state = NIOLockedValueBox(State())

    /// Gives the next value; waits while there is no room.
    ///
    /// - Returns: false where nobody takes any more, and when the task is cancelled while it waits.
    func give(_ element: Element) async -> Bool {
        while true {
            let giving = state.withLockedValue { state -> Giving in
                if state.isClosed { return .refused }
                if let taker = state.taker {
                    state.taker = nil
                    return .handed(taker)
                }
                guard state.element == nil else { return .noRoom }
                state.element = element
                return .given
            }
            switch giving {
            case .given: return true
            case .handed(let taker):
                taker.resume(returning: element)
                return true
            case .refused: return false
            case .noRoom:
                await room()
                if Task.isCancelled { return false }
            }
        }
    }

    /// Returns when there is room, nobody takes any more, or the task is cancelled.
    private func room() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLockedValue { state in
                    guard state.element != nil, !state.isClosed, !Task.isCancelled else { return false }
                    state.giver = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { state in
                defer { state.giver = nil }
                return state.giver
            }?.resume()
        }
    }

    /// Nothing more comes but these, for which there is always room.
    func finish(with last: [Element] = []) {
        let (taker, element) = state.withLockedValue { state -> (CheckedContinuation<Element?, Never>?, Element?) in
            state.isFinished = true
            guard !state.isClosed else { return (nil, nil) }
            state.tail = last[...]
            guard let taker = state.taker else { return (nil, nil) }
            state.taker = nil
            return (taker, state.tail.popFirst())
        }
        taker?.resume(returning: element)
    }

    /// The next value; nil after the last, and when the task is cancelled.
    func take() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, element, giver) = state.withLockedValue {
                    state -> (Bool, Element?, CheckedContinuation<Void, Never>?) in
                    if let element = state.element {
                        state.element = nil
                        defer { state.giver = nil }
                        return (true, element, state.giver)
                    }
                    if state.isFinished || state.isClosed || Task.isCancelled {
                        return (true, state.tail.popFirst(), nil)
                    }
                    state.taker = continuation
                    return (false, nil, nil)
                }
                giver?.resume()
                if ready { continuation.resume(returning: element) }
            }
        } onCancel: {
            state.withLockedValue { state in
                defer { state.taker = nil }
                return state.taker
            }?.resume(returning: nil)
        }
    }

    /// Nobody takes any more; what was given and not taken is thrown away.
    func close() {
        let (giver, taker) = state.withLockedValue { state in
            state.isClosed = true
            state.element = nil
            state.tail = []
            defer { (state.giver, state.taker) = (nil, nil) }
            return (state.giver, state.taker)
        }
        giver?.resume()
        taker?.resume(returning: nil)
    }
}
