import Foundation
import NIOConcurrencyHelpers

/// A running program that this test process started. It is killed, by its process id, when the test process ends,
/// however that happens.
package final class Daemon: Sendable {
    /// The program's process id.
    package let pid: Int32
    private let state: NIOLockedValueBox<State>

    private struct State {
        var status: Int32?
        var waiters: [CheckedContinuation<Int32, Never>] = []
    }

    private init(pid: Int32, state: NIOLockedValueBox<State>) {
        self.pid = pid
        self.state = state
    }

    /// Starts a program with its output in the given files.
    package static func start(
        _ command: [String], environment: [String: String] = [:], as account: Account,
        input: URL? = nil, output: URL, errors: URL
    ) async throws -> Daemon {
        try await Launcher.shared.run {
            let pid = try Spawn.start(
                account.prefix(to: command),
                environment: [
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME": ProcessInfo.processInfo.environment["HOME"] ?? "/", "LC_ALL": "C.UTF-8",
                ].merging(environment) { $1 },
                input: input?.path ?? "/dev/null", output: output.path, errors: errors.path)
            let state = NIOLockedValueBox(State())
            Exit.owe(process: pid)
            Spawn.reap(pid) { status in
                let waiters = state.withLockedValue { state in
                    state.status = status
                    Exit.paid(process: pid)
                    defer { state.waiters = [] }
                    return state.waiters
                }
                waiters.forEach { $0.resume(returning: status) }
            }
            return Daemon(pid: pid, state: state)
        }
    }

    /// Whether the program runs.
    package var isRunning: Bool { state.withLockedValue { $0.status == nil } }

    /// Sends a signal, if the program still runs.
    package func signal(_ number: Int32) {
        state.withLockedValue { state in
            if state.status == nil { _ = kill(pid, number) }
        }
    }

    /// Waits for the end and returns the exit status.
    @discardableResult
    package func ended() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLockedValue { state -> Int32? in
                if state.status == nil { state.waiters.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }
}
