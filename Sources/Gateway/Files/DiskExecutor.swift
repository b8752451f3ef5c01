@preconcurrency import Dispatch

/// Runs what waits for a disk on a dispatch queue of its own, so that it holds up nobody else.
final class DiskExecutor: SerialExecutor {
    // A dispatch queue is safe to use from any thread; the import above says so where the library does not yet.
    private let queue = DispatchQueue(label: "gateway.files")

    func enqueue(_ job: UnownedJob) {
        queue.async { [self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
}
