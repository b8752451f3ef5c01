import Foundation
import NIOConcurrencyHelpers

/// The one thread that starts processes.
///
/// Servers ask the kernel to kill them when their parent is gone (`PR_SET_PDEATHSIG`), and for that signal the parent
/// is the *thread* that started them. A thread of a pool may retire at any time; this one lives as long as the process.
final class Launcher: Sendable {
    static let shared = Launcher()

    private let queue = ConditionLock<Bool>(value: false)
    private let jobs = NIOLockedValueBox<[@Sendable () -> Void]>([])

    private init() {
        let thread = Thread { [self] in
            while true {
                queue.lock(whenValue: true)
                let work = jobs.withLockedValue { jobs in
                    defer { jobs.removeAll() }
                    return jobs
                }
                queue.unlock(withValue: false)
                work.forEach { $0() }
            }
        }
        thread.name = "testbed-launcher"
        thread.start()
    }

    /// Runs a piece of work on the thread and waits for it.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.lock()
            jobs.withLockedValue { $0.append { continuation.resume(with: Result { try work() }) } }
            queue.unlock(withValue: true)
        }
    }
}
