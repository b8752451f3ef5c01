import Foundation
import Synchronization
import Testbed

@testable import Gateway

/// A clock that stands still until a test moves it.
final class HandClock: Sendable {
    private struct Sleeper {
        let due: ContinuousClock.Instant
        let duration: Duration
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = ContinuousClock.now
        var date = Date(timeIntervalSinceReferenceDate: 800_000_000)
        var sleepers: [Int: Sleeper] = [:]
        var nextID = 0
        var slept: [Duration] = []
    }

    private let state = Mutex(State())

    var timing: Timing {
        Timing(
            now: { self.state.withLock { $0.now } }, sleep: { await self.sleep($0) },
            date: { self.state.withLock { $0.date } })
    }

    /// The durations that anybody ever began to sleep, in order.
    var slept: [Duration] { state.withLock { $0.slept } }

    /// Moves the clock and wakes whose time has come.
    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            state.date += TimeInterval(duration.components.seconds)
            let due = state.sleepers.filter { $0.value.due <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }.map(\.value.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Waits until somebody sleeps for so long, then moves the clock by that.
    func pass(_ duration: Duration) async throws {
        try await isAwaited(duration)
        advance(by: duration)
    }

    /// Waits until somebody sleeps for so long.
    func isAwaited(_ duration: Duration) async throws {
        try await eventually("somebody sleeps for \(duration)") {
            self.state.withLock { $0.sleepers.values.contains { $0.duration == duration } }
        }
    }

    private func sleep(_ duration: Duration) async {
        let id = state.withLock { state in
            state.nextID += 1
            state.slept.append(duration)
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || duration <= .zero { return true }
                    state.sleepers[id] = Sleeper(
                        due: state.now + duration, duration: duration, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}
