import Crypto
import Foundation
import Logging
import NIOCore
import NIOPosix
import SourceModel
import Synchronization

/// What a passage through an SSH host gives.
package struct SSHPassage: Sendable {
    /// Leads to the data source; does not read by itself, keeps what arrives before it is first read from, and becomes
    /// inactive when the passage ends.
    package let channel: any Channel
    /// The SSH host's key that was seen on the connection that carries the channel.
    package let hostKey: HostKey
    /// Knows why the passage ended, where it did.
    package let witness: PassageWitness
}

/// The SSH sessions of this process, shared by all channels through one bastion with one identity.
package final class SSHSessions: Sendable {
    private struct Slot {
        var sessions: [SSHSession] = []
        /// Somebody resolves the bastion's name to dial a session.
        var isPreparing = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private struct State {
        var slots: [SessionKey: Slot] = [:]
        var lastID = 0
        /// Callers that were cancelled before they had begun to wait.
        var absent: Set<Int> = []
        var isShutDown = false
    }

    /// A digest over host, port, user and login secrets, under a key of this process: tells identities apart without
    /// keeping them.
    private struct SessionKey: Hashable {
        var digest: Data
    }

    private enum Choice {
        case use(SSHSession)
        case wait
        case prepare
    }

    private let logger: Logger
    private let tuning: SSHTuning
    private let digestKey = SymmetricKey(size: .bits256)
    private let state = Mutex(State())

    package init(logger: Logger, tuning: SSHTuning = SSHTuning()) {
        self.logger = logger
        self.tuning = tuning
    }

    /// Checks that the bastion's key can be read. Stage `validate`.
    package func checkKey(_ bastion: Bastion) throws(SourceFailure) {
        if case .key(let text, let password) = bastion.credentials { _ = try SSHPrivateKey(text, passphrase: password) }
    }

    /// A channel through the bastion. Cancelling the task gives everything up that nobody else waits for.
    /// - Parameter candidates: called if a new session must be dialled: travels the stage resolve and gives the
    ///   bastion's addresses in dialling order.
    package func channel(
        to target: Endpoint, through bastion: Bastion, passage: Passage, on eventLoop: any EventLoop,
        journal: StageJournal, candidates: @Sendable () async throws(SourceFailure) -> [SocketAddress]
    ) async throws(SourceFailure) -> SSHPassage {
        try checkKey(bastion)
        let key = self.key(of: bastion)
        var attempts = 0
        while true {
            attempts += 1
            let (session, isShared) = try await session(for: bastion, key, journal, candidates)
            let hostKey: HostKey
            if let known = isShared ? session.hostKey : nil {
                hostKey = known
                for stage in [Stage.resolve, .dial, .sshHandshake, .sshHostKey, .sshAuth] {
                    journal.enter(stage)
                    journal.pass((stage == .sshHostKey ? "\(known.reportText), " : "") + "shared SSH session")
                }
            } else {
                if isShared {
                    journal.enter(.resolve)
                    journal.pass("shared SSH session")
                }
                do throws(SourceFailure) {
                    hostKey = try await session.ready(journal)
                } catch {
                    // Where all who waited for a handshake had left, or another caller's pin was not met, that says
                    // nothing about this call.
                    let isForeign =
                        error.isAboutTime
                        || error.code == .sshHostKeyMismatch && session.bastion.hostKey != bastion.hostKey
                    if isShared, isForeign, attempts < 4, !Task.isCancelled { continue }
                    throw error
                }
                if let pinned = bastion.hostKey, !pinned.admits(hostKey) { continue }
            }
            if bastion.hostKey == nil { journal.warn(.pinned(hostKey, of: bastion)) }
            journal.enter(.sshForward)
            let way =
                switch passage {
                case .forwarded: "\(target) by direct-tcpip"
                case .relayed: "\(target) by nc"
                case .sftp: "SFTP"
                }
            journal.note("\(way)\(isShared ? ", shared SSH session" : "")")
            do throws(SSHSession.Refusal) {
                let opening = try await session.open(target, passage)
                let channel = try await adopt(opening, on: eventLoop, bastion)
                journal.pass()
                return SSHPassage(channel: channel, hostKey: hostKey, witness: opening.witness)
            } catch {
                let mayRetry = error.isSessionOver || error.isSaturated
                if mayRetry, attempts < (isShared ? 4 : 2), !Task.isCancelled { continue }
                throw error.failure
            }
        }
    }

    /// Ends all sessions and returns when their threads are done.
    package func shutdown() async {
        let sessions = state.withLock { state in
            state.isShutDown = true
            return state.slots.values.flatMap(\.sessions)
        }
        for session in sessions { session.stop() }
        for session in sessions { await session.whenOver() }
    }

    // MARK: Sessions

    /// A session that may carry one more channel: an open one, one that is being opened, or a new one.
    private func session(
        for bastion: Bastion, _ key: SessionKey, _ journal: StageJournal,
        _ candidates: @Sendable () async throws(SourceFailure) -> [SocketAddress]
    ) async throws(SourceFailure) -> (session: SSHSession, isShared: Bool) {
        while true {
            if Task.isCancelled { throw SSHFailures.stopped(bastion.endpoint, in: .dial) }
            switch try choose(bastion, key) {
            case .use(let session): return (session, true)
            case .wait: await waitForTurn(key)
            case .prepare:
                defer { endPreparing(key) }
                let addresses = try await candidates()
                return (try start(bastion, addresses, key), false)
            }
        }
    }

    private func choose(_ bastion: Bastion, _ key: SessionKey) throws(SourceFailure) -> Choice {
        let choice = state.withLock { state -> Choice? in
            if state.isShutDown { return nil }
            var slot = state.slots[key] ?? Slot()
            // A session whose server has shown another key than the pinned one is no verdict on the server of today:
            // a new connection is.
            let session = slot.sessions.last { session in
                guard session.isUsable else { return false }
                guard let pinned = bastion.hostKey else { return true }
                return session.hostKey.map(pinned.admits) ?? (session.bastion.hostKey == pinned)
            }
            if let session { return .use(session) }
            if slot.isPreparing { return .wait }
            slot.isPreparing = true
            state.slots[key] = slot
            return .prepare
        }
        guard let choice else { throw SSHFailures.stopped(bastion.endpoint, in: .dial) }
        return choice
    }

    private func start(
        _ bastion: Bastion, _ addresses: [SocketAddress], _ key: SessionKey
    ) throws(SourceFailure) -> SSHSession {
        let session = try SSHSession.make(bastion)
        let isLate = state.withLock { state in
            state.slots[key, default: Slot()].sessions.append(session)
            return state.isShutDown
        }
        if isLate { session.stop() }
        session.begin(addresses, tuning: tuning) { [weak self] in self?.remove(session, key) }
        logger.debug("SSH session dialled", metadata: ["bastion": "\(bastion.endpoint)"])
        return session
    }

    private func remove(_ session: SSHSession, _ key: SessionKey) {
        state.withLock { state in
            state.slots[key]?.sessions.removeAll { $0 === session }
            if let slot = state.slots[key], slot.sessions.isEmpty, !slot.isPreparing, slot.waiting.isEmpty {
                state.slots[key] = nil
            }
        }
        logger.debug("SSH session ended", metadata: ["bastion": "\(session.bastion.endpoint)"])
    }

    private func endPreparing(_ key: SessionKey) {
        let waiting = state.withLock { state in
            let waiting = state.slots[key]?.waiting ?? [:]
            state.slots[key]?.isPreparing = false
            state.slots[key]?.waiting = [:]
            if state.slots[key]?.sessions.isEmpty == true { state.slots[key] = nil }
            return waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Waits until whoever prepares a session is done with it, or the task is cancelled.
    private func waitForTurn(_ key: SessionKey) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    guard state.slots[key]?.isPreparing == true, !state.absent.contains(id) else { return false }
                    state.slots[key]?.waiting[id] = continuation
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let continuation = state.slots[key]?.waiting.removeValue(forKey: id)
                if continuation == nil { state.absent.insert(id) }
                return continuation
            }
            continuation?.resume()
        }
        state.withLock { _ = $0.absent.remove(id) }
    }

    private func key(of bastion: Bastion) -> SessionKey {
        var digest = HMAC<SHA256>(key: digestKey)
        func add(_ bytes: UnsafeRawBufferPointer) {
            withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { digest.update(data: $0) }
            digest.update(data: bytes)
        }
        for text in [bastion.host, "\(bastion.port)", bastion.username] {
            Array(text.utf8).withUnsafeBytes(add)
        }
        switch bastion.credentials {
        case .password(let password):
            Array("password".utf8).withUnsafeBytes(add)
            password.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        case .key(let text, let password):
            Array(password == nil ? "key".utf8 : "key and password".utf8).withUnsafeBytes(add)
            text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
            password?.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        }
        return SessionKey(digest: Data(digest.finalize()))
    }

    // MARK: Channels

    /// Gives our end of the socket pair to the event loop.
    private func adopt(
        _ opening: SSHSession.Opening, on eventLoop: any EventLoop, _ bastion: Bastion
    ) async throws(SSHSession.Refusal) -> any Channel {
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .channelOption(.autoRead, value: false)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer(ArrivalHolder.install)
                .withConnectedSocket(opening.descriptor).get()
            guard Task.isCancelled else { return channel }
            channel.close(promise: nil)
        } catch {
            // The bootstrap has closed the descriptor with the channel that it had made of it.
        }
        throw SSHSession.Refusal(failure: SSHFailures.stopped(bastion.endpoint, in: .sshForward))
    }
}

extension SourceFailure {
    /// Whether this is no verdict but the end of somebody's time.
    fileprivate var isAboutTime: Bool { code == .sshTimeout || code == .dialTimeout }
}
