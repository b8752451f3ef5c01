@preconcurrency import Dispatch

/// Runs an actor's jobs on a dispatch queue of its own, so that what blocks there holds up nobody else.
package final class QueueExecutor: SerialExecutor {
    // A dispatch queue is safe to use from any thread; the import above says so where the library does not yet.
    private let queue: DispatchQueue

    /// - Parameter label: names the queue to whoever looks at the threads.
    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: UnownedJob) {
        queue.async { [self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
