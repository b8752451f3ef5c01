import Synchronization

/// A reading that goes on: written by the one thread that reads, looked at from any.
final class TabularReading: Sendable {
    /// The file's size in bytes.
    let size: Int
    private let expected: Atomic<Int>
    private let done = Atomic<Int>(0)
    private let rowCount = Atomic<Int>(0)
    private let begun = Atomic<Bool>(false)
    private let checkpoint: @Sendable () throws -> Void

    /// - Parameters:
    ///   - size: the file's, in bytes.
    ///   - checkpoint: called again and again; what it throws ends the reading.
    init(size: Int, checkpoint: @escaping @Sendable () throws -> Void) {
        (self.size, self.checkpoint) = (size, checkpoint)
        expected = Atomic(size)
    }

    /// Says how much work there is, in the unit of `advance`; until then it is the file's size.
    func expect(_ work: Int) { expected.store(work, ordering: .relaxed) }

    /// Says that some work is done.
    ///
    /// - Throws: what the checkpoint throws.
    func advance(by work: Int) throws {
        try checkpoint()
        done.add(work, ordering: .relaxed)
    }

    /// Says how many rows were read so far.
    func note(rows: Int) { rowCount.store(rows, ordering: .relaxed) }

    /// Says that it is this file's turn.
    func begin() { begun.store(true, ordering: .relaxed) }

    var progress: TabularProgress {
        let expected = max(expected.load(ordering: .relaxed), 1)
        return TabularProgress(
            // What has to be read again comes on top of what was expected.
            fraction: min(Double(done.load(ordering: .relaxed)) / Double(expected), 0.99), size: size,
            rows: rowCount.load(ordering: .relaxed), isQueued: !begun.load(ordering: .relaxed))
    }
}
