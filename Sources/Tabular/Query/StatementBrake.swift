import SourceModel
import Synchronization

/// What ends a statement that runs: its deadline, or somebody who asks. SQLite asks it again and again while it works.
package final class StatementBrake: Sendable {
    /// Why a statement has to end.
    enum Verdict: Equatable {
        case cancelled
        case timeout
    }

    private let deadline: ContinuousClock.Instant
    private let isCancelled = Atomic<Bool>(false)
    private let steps = Atomic<Int>(0)

    /// SQLite asks after so many of its machine's operations, which take some tens of microseconds.
    static let interval: CInt = 1000

    /// - Parameter timeout: from now on.
    package init(timeout: Duration) { deadline = .now + timeout }

    /// Ends the statement; from any thread, also before it has begun.
    package func cancel() { isCancelled.store(true, ordering: .releasing) }

    /// Returns when the statement has to end, or when the task is cancelled. For waits in which SQLite does not ask.
    package func end() async {
        // A flag that is looked at again and again needs no list of waiters, and nobody notices a few milliseconds.
        while verdict == nil, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(10)) }
    }

    /// The failure of a statement that had to end.
    package func failure(of statement: Statement) -> SourceFailure {
        TabularFailures.ended(verdict ?? .cancelled, statement)
    }

    /// Nil while the statement may go on.
    var verdict: Verdict? {
        if isCancelled.load(ordering: .acquiring) { return .cancelled }
        return ContinuousClock.now >= deadline ? .timeout : nil
    }

    /// Whether the statement has to end; called by SQLite.
    func step() -> Bool {
        steps.add(1, ordering: .relaxed)
        return verdict != nil
    }

    /// How often SQLite has asked: a measure of its work that costs no clock.
    var work: Int { steps.load(ordering: .relaxed) }
}
