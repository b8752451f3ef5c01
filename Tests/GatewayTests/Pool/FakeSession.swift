import Drivers
import SourceModel
import Synchronization

/// A session without a server: what is tested with it is the pool.
final class FakeSession: Session {
    /// What it does when asked for a sign of life.
    enum Health: Sendable {
        case well
        case failing(SourceFailure)
        /// Never answers, and returns only when its task is cancelled.
        case silent
    }

    private struct State {
        var health = Health.well
        var pings = 0
        var closings = 0
        var ended = false
        var watchers: [@Sendable (SourceFailure?) -> Void] = []
    }

    let number: Int
    let facts: SessionFacts
    private let state = Mutex(State())

    init(_ number: Int) {
        self.number = number
        facts = SessionFacts(serverVersion: "fake \(number)")
    }

    var health: Health {
        get { state.withLock { $0.health } }
        set { state.withLock { $0.health = newValue } }
    }
    var pings: Int { state.withLock { $0.pings } }
    var closings: Int { state.withLock { $0.closings } }
    var isEnded: Bool { state.withLock { $0.ended } }

    func tables() async throws(SourceFailure) -> TableList { TableList(tables: []) }

    func details(of tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails] {
        tables.map { _ in TableDetails() }
    }

    func query(_ statement: Statement) async throws(SourceFailure) -> any RowSource {
        throw SourceFailure(.query, .statementRefused, "A fake runs no statements.", hint: "Ask a real one.")
    }

    func endQuery() async {}

    func ping() async throws(SourceFailure) {
        let health = state.withLock { state in
            state.pings += 1
            return state.health
        }
        switch health {
        case .well: return
        case .failing(let failure): throw failure
        case .silent:
            await Gate().pass()
            throw SourceFailure(.probe, .probeTimeout, "The ping was given up.", hint: "Nothing to do.")
        }
    }

    func close() async {
        state.withLock { $0.closings += 1 }
        end(nil)
    }

    /// The far end goes away.
    func lose(_ failure: SourceFailure? = nil) { end(failure) }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        let ended = state.withLock { state in
            if !state.ended { state.watchers.append(body) }
            return state.ended
        }
        if ended { body(nil) }
    }

    private func end(_ failure: SourceFailure?) {
        let watchers = state.withLock { state in
            state.ended = true
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher(failure) }
    }
}

extension SourceFailure {
    /// One that may pass by itself.
    static let refused = SourceFailure(
        .dial, .connectionRefused, "db:5432 refuses connections.", hint: "Check host and port.")
    /// One that somebody must mend.
    static let wrongPassword = SourceFailure(
        .login, .loginFailed, "db:5432 does not accept the password of user ann.", hint: "Check password.")
}
