import CLibSSH
import Foundation
import NIOCore
import SourceModel
import Synchronization

/// One SSH session, shared by all channels through one bastion with one identity. Safe to use from everywhere; the
/// library's handles are on the thread that `SSHEngine` runs on, and commands reach it through this object.
final class SSHSession: Sendable {
    /// A channel that has been opened: the end of a socket pair, and who knows why it ends. Whoever takes it owns the
    /// descriptor.
    struct Opening: Sendable {
        var descriptor: Int32
        var witness: PassageWitness
    }

    /// Why a channel was not opened.
    struct Refusal: Error, Sendable {
        var failure: SourceFailure
        /// The session has ended: another one may succeed.
        var isSessionOver = false
        /// The session carries as many channels as the server lets it.
        var isSaturated = false
    }

    /// What a caller wants of the thread.
    enum Command: Sendable {
        case open(id: Int, target: Endpoint, passage: Passage)
        case abandon(id: Int)
    }

    private enum Phase {
        /// The thread dials, shakes hands and logs in: the stage, once one is entered, and what is seen there. Leads
        /// to `ready` or `ended`.
        case connecting(Stage?, String)
        /// Channels can be opened. Leads to `ended`.
        case ready(HostKey)
        /// Nothing comes of it any more.
        case ended(SourceFailure)
    }

    private struct Waiter {
        var continuation: CheckedContinuation<Result<HostKey, SourceFailure>, Never>
        var journal: StageJournal
    }

    private struct State {
        var phase = Phase.connecting(nil, "")
        /// The stages that the handshake has passed, for those who come later.
        var passed: [(stage: Stage, note: String)] = []
        var lastID = 0
        var waiters: [Int: Waiter] = [:]
        var openings: [Int: CheckedContinuation<Result<Opening, Refusal>, Never>] = [:]
        /// Callers that were cancelled before they had enlisted.
        var absent: Set<Int> = []
        var commands: [Command] = []
        var isStopping = false
        var isSaturated = false
        var isOver = false
        var mourners: [CheckedContinuation<Void, Never>] = []
    }

    /// The name of the sessions' threads, as the operating system shows it.
    static let threadName = "ssh-session"

    let bastion: Bastion
    private let wake: WakeSignal
    private let state = Mutex(State())

    /// A session that has not begun. Throws where the process has no descriptors left.
    static func make(_ bastion: Bastion) throws(SourceFailure) -> SSHSession {
        guard let wake = WakeSignal() else { throw SSHFailures.exhausted(.dial) }
        return SSHSession(bastion, wake)
    }

    /// Starts the session's thread; called once.
    /// - Parameter onEnd: told once the session cannot be used any more, on its thread.
    func begin(_ addresses: [SocketAddress], tuning: SSHTuning, onEnd: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            // Foundation keeps a thread's name to itself; this one is seen in `ps` and debuggers.
            #if os(Linux)
                wellhead_name_thread(Self.threadName)
            #endif
            SSHEngine(session: self, addresses: addresses, tuning: tuning, wake: wake).run()
            onEnd()
            finish()
        }
        // Enough for the library and OpenSSL, and a thousand sessions stay cheap.
        thread.stackSize = 512 * 1024
        thread.start()
    }

    private init(_ bastion: Bastion, _ wake: WakeSignal) {
        self.bastion = bastion
        self.wake = wake
    }

    // MARK: For callers

    /// Whether a further channel may be asked for.
    var isUsable: Bool {
        state.withLock { state in
            if case .ended = state.phase { return false }
            return !state.isStopping && !state.isSaturated
        }
    }

    /// The key of the server, once logged in there.
    var hostKey: HostKey? {
        state.withLock { if case .ready(let key) = $0.phase { key } else { nil } }
    }

    /// Waits until the session is logged in; the journal follows the stages meanwhile. When the last who waits leaves,
    /// the handshake is aborted.
    func ready(_ journal: StageJournal) async throws(SourceFailure) -> HostKey {
        let id = makeID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { enlist(Waiter(continuation: $0, journal: journal), as: id) }
        } onCancel: {
            leave(id)
        }
        state.withLock { _ = $0.absent.remove(id) }
        return try result.get()
    }

    private func enlist(_ waiter: Waiter, as id: Int) {
        let result = state.withLock { state -> Result<HostKey, SourceFailure>? in
            // Under the lock, so that the engine's next words come after these.
            for passed in state.passed {
                waiter.journal.enter(passed.stage)
                waiter.journal.pass(passed.note)
            }
            switch state.phase {
            case .ready(let key): return .success(key)
            case .ended(let failure): return .failure(failure)
            case .connecting(let stage, let note):
                if state.absent.contains(id) {
                    // Cancelled before it was here: with nobody else waiting the handshake has no purpose.
                    if state.waiters.isEmpty { state.isStopping = true }
                    return .failure(SSHFailures.stopped(bastion.endpoint, in: stage ?? .dial))
                }
                if let stage {
                    waiter.journal.enter(stage)
                    waiter.journal.note(note)
                }
                state.waiters[id] = waiter
                return nil
            }
        }
        if let result {
            waiter.continuation.resume(returning: result)
            wake.raise()
        }
    }

    private func leave(_ id: Int) {
        let (waiter, stage) = state.withLock { state -> (Waiter?, Stage) in
            guard let waiter = state.waiters.removeValue(forKey: id) else {
                state.absent.insert(id)
                return (nil, .dial)
            }
            guard case .connecting(let stage, _) = state.phase else { return (waiter, .dial) }
            if state.waiters.isEmpty { state.isStopping = true }
            return (waiter, stage ?? .dial)
        }
        waiter?.continuation.resume(returning: .failure(SSHFailures.stopped(bastion.endpoint, in: stage)))
        wake.raise()
    }

    /// Asks for a channel. Cancelling the task gives it up.
    func open(_ target: Endpoint, _ passage: Passage) async throws(Refusal) -> Opening {
        let id = makeID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refusal = state.withLock { state -> Refusal? in
                    if case .ended(let failure) = state.phase {
                        return Refusal(failure: failure, isSessionOver: true)
                    }
                    if state.absent.contains(id) {
                        return Refusal(failure: SSHFailures.stopped(bastion.endpoint, in: .sshForward))
                    }
                    state.openings[id] = continuation
                    state.commands.append(.open(id: id, target: target, passage: passage))
                    return nil
                }
                if let refusal { continuation.resume(returning: .failure(refusal)) }
                wake.raise()
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let continuation = state.openings.removeValue(forKey: id)
                if continuation == nil { state.absent.insert(id) } else { state.commands.append(.abandon(id: id)) }
                return continuation
            }
            let failure = SSHFailures.stopped(bastion.endpoint, in: .sshForward)
            continuation?.resume(returning: .failure(Refusal(failure: failure)))
            wake.raise()
        }
        state.withLock { _ = $0.absent.remove(id) }
        return try result.get()
    }

    /// Ends the session with all its channels.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake.raise()
    }

    /// Returns when the session's thread is done.
    func whenOver() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.mourners.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    private func makeID() -> Int {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    // MARK: For the engine

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func takeCommands() -> [Command] {
        state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// A stage begins.
    func enter(_ stage: Stage) {
        // Under the lock: a waiter that has left must not hear of a stage after its own failure.
        state.withLock { state in
            if case .connecting(let last?, let note) = state.phase { state.passed.append((last, note)) }
            state.phase = .connecting(stage, "")
            for waiter in state.waiters.values { waiter.journal.enter(stage) }
        }
    }

    /// What is seen in the stage that has begun.
    func note(_ detail: String) {
        state.withLock { state in
            if case .connecting(let stage, _) = state.phase { state.phase = .connecting(stage, detail) }
            for waiter in state.waiters.values { waiter.journal.note(detail) }
        }
    }

    /// The stage that the engine has last entered.
    var stage: Stage {
        state.withLock { if case .connecting(let stage, _) = $0.phase { stage ?? .dial } else { .sshForward } }
    }

    func becomeReady(_ key: HostKey) {
        let waiters = state.withLock { state in
            if case .connecting(let last?, let note) = state.phase { state.passed.append((last, note)) }
            state.phase = .ready(key)
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values {
            waiter.journal.pass()
            waiter.continuation.resume(returning: .success(key))
        }
    }

    /// Ends the phase: from now on every call is answered by the failure.
    func end(_ failure: SourceFailure) {
        let (waiters, openings) = state.withLock { state in
            state.phase = .ended(failure)
            defer {
                state.waiters = [:]
                state.openings = [:]
            }
            return (state.waiters, state.openings)
        }
        for waiter in waiters.values { waiter.continuation.resume(returning: .failure(failure)) }
        let refusal = Refusal(failure: failure, isSessionOver: true)
        for continuation in openings.values { continuation.resume(returning: .failure(refusal)) }
    }

    /// Ends an unused session, unless somebody has just asked for a channel.
    func endIfUnused() -> Bool {
        state.withLock { state in
            guard state.commands.isEmpty, state.openings.isEmpty else { return false }
            state.phase = .ended(SSHFailures.lost(bastion.endpoint, in: .sshForward))
            return true
        }
    }

    /// Answers a caller; false where it has left, then the result is still the engine's.
    func answer(_ id: Int, _ result: Result<Opening, Refusal>) -> Bool {
        let continuation = state.withLock { $0.openings.removeValue(forKey: id) }
        continuation?.resume(returning: result)
        return continuation != nil
    }

    /// Whether the server has refused a channel beside those that are open.
    func setSaturated(_ isSaturated: Bool) { state.withLock { $0.isSaturated = isSaturated } }

    private func finish() {
        wake.close()
        let mourners = state.withLock { state in
            state.isOver = true
            defer { state.mourners = [] }
            return state.mourners
        }
        for mourner in mourners { mourner.resume() }
    }
}
