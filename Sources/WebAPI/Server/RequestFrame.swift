import SourceModel
import Synchronization

/// What is learned about a request on its way, for the line that the log gets in the end.
final class RequestFrame: Sendable {
    struct Notes: Sendable {
        var caller: String?
        var failure: SourceFailure?
    }

    private let state = Mutex(Notes())

    var notes: Notes { state.withLock { $0 } }

    func note(caller: String) { state.withLock { $0.caller = caller } }

    /// A test that failed and was yet answered 200.
    func note(failure: SourceFailure?) { state.withLock { $0.failure = failure } }
}
