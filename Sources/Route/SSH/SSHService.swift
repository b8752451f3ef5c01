import CLibSSH
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Carries channels over a session that is logged in. Confined to the session's thread.
final class SSHService {
    /// A channel on its way to be open.
    private struct Opening {
        /// Where it stands; leads downwards.
        enum Step {
            /// The server has been asked to connect to the target.
            case forwarding
            /// The server has been asked for a session, for the relay or SFTP to run in.
            case session
            /// The server has been asked to start SFTP in the session.
            case starting
            /// The server has been asked to run the relay.
            case executing
            /// The relay runs; it has not said whether it has connected.
            case proving(until: ContinuousClock.Instant)
        }

        var id: Int
        var target: Endpoint
        var passage: Passage
        var bridge: ChannelBridge
        var step: Step
        var isAbandoned = false
    }

    private let engine: SSHEngine
    private let handle: ssh_session
    private let session: SSHSession
    private let tuning: SSHTuning
    private var event: ssh_event?
    private var openings: [Opening] = []
    private var bridges: [ChannelBridge] = []

    private var unusedSince: ContinuousClock.Instant?
    private var nextCheck: ContinuousClock.Instant
    private var bytesAtLastCheck: UInt64 = 0
    private var silentChecks = 0

    init(engine: SSHEngine, session handle: ssh_session) {
        self.engine = engine
        self.handle = handle
        session = engine.session
        tuning = engine.tuning
        nextCheck = .now + engine.tuning.keepAlive
    }

    /// Serves until the session is stopped, unused for long, or lost.
    func serve() {
        event = ssh_event_new()
        guard let event, ssh_event_add_session(event, handle) == SSH_OK else {
            return session.end(SSHFailures.lost(session.bastion.endpoint, in: .sshForward))
        }
        var isLost = false
        while true {
            if session.isStopping {
                session.end(SSHFailures.stopped(session.bastion.endpoint, in: .sshForward))
                break
            }
            for command in session.takeCommands() { take(command) }
            let now = ContinuousClock.now
            advance(now)
            moveBytes(now)
            isLost = !check(now)
            if isLost { break }
            if isUnused(now), session.endIfUnused() { break }
            wait(now, event)
        }
        if isLost { session.end(SSHFailures.lost(session.bastion.endpoint, in: .sshForward)) }
        for opening in openings { opening.bridge.close() }
        for bridge in bridges {
            bridge.witness.lost()
            bridge.close()
        }
        ssh_event_remove_session(event, handle)
        ssh_event_free(event)
    }

    // MARK: Opening

    private func take(_ command: SSHSession.Command) {
        switch command {
        case .open(let id, let target, let passage):
            let witness = PassageWitness(bastion: session.bastion.endpoint, target: target, passage: passage)
            guard let channel = ssh_channel_new(handle) else {
                return refuse(id, SSHFailures.lost(session.bastion.endpoint, in: .sshForward))
            }
            let bridge = ChannelBridge(channel: channel, witness: witness)
            let step: Opening.Step = passage == .forwarded ? .forwarding : .session
            openings.append(Opening(id: id, target: target, passage: passage, bridge: bridge, step: step))
        case .abandon(let id):
            for index in openings.indices where openings[index].id == id { openings[index].isAbandoned = true }
        }
    }

    private func advance(_ now: ContinuousClock.Instant) {
        var remaining: [Opening] = []
        // Calls of the library may run callbacks, never this function: `openings` does not change meanwhile.
        for var opening in openings where !advance(&opening, now) { remaining.append(opening) }
        openings = remaining
    }

    /// One step of an opening; true when it has come to an end.
    private func advance(_ opening: inout Opening, _ now: ContinuousClock.Instant) -> Bool {
        while true {
            switch opening.step {
            case .forwarding:
                let result = opening.bridge.open(opening.target)
                if result == SSH_AGAIN { return false }
                return result == SSH_OK ? complete(opening) : refuse(opening)
            case .session:
                let result = opening.bridge.openSession()
                if result == SSH_AGAIN { return false }
                guard result == SSH_OK else { return refuse(opening) }
                guard !opening.isAbandoned else { return abandon(opening) }
                opening.step = opening.passage == .sftp ? .starting : .executing
            case .starting:
                let result = opening.bridge.startSFTP()
                if result == SSH_AGAIN { return false }
                guard result == SSH_OK else {
                    return fail(
                        opening, SSHFailures.sftpUnavailable(session.bastion.endpoint, said: LibSSH.words(of: handle)))
                }
                return complete(opening)
            case .executing:
                guard let command = RelayCommand.line(for: opening.target) else {
                    return fail(opening, SSHFailures.unspeakable(opening.target))
                }
                let result = opening.bridge.execute(command)
                if result == SSH_AGAIN { return false }
                guard result == SSH_OK else {
                    return fail(
                        opening, SSHFailures.relayUnavailable(session.bastion.endpoint, said: LibSSH.words(of: handle)))
                }
                opening.step = .proving(until: now + tuning.relayGrace)
            case .proving(let limit):
                let bridge = opening.bridge
                if opening.isAbandoned { return abandon(opening) }
                if bridge.hasArrivals || RelayCommand.saysConnected(bridge.witness.said) { return complete(opening) }
                if bridge.witness.hasEnded || bridge.remoteClosed {
                    let end =
                        bridge.witness.relayFailure
                        ?? SSHFailures.relayFailed(
                            session.bastion.endpoint, target: opening.target, status: 0,
                            said: LibSSH.plain(bridge.witness.said))
                    return fail(opening, end)
                }
                return now >= limit ? complete(opening) : false
            }
        }
    }

    private func complete(_ opening: Opening) -> Bool {
        guard !opening.isAbandoned else { return abandon(opening) }
        guard let (near, far) = SocketPair.make() else { return fail(opening, SSHFailures.exhausted(.sshForward)) }
        opening.bridge.join(near)
        bridges.append(opening.bridge)
        let end = SSHSession.Opening(descriptor: far, witness: opening.bridge.witness)
        // A caller that has left closes nothing: its end is closed here, and the bridge ends by that.
        if !session.answer(opening.id, .success(end)) { SocketPair.close(far) }
        return true
    }

    private func abandon(_ opening: Opening) -> Bool {
        opening.bridge.close()
        return true
    }

    private func fail(_ opening: Opening, _ failure: SourceFailure) -> Bool {
        let isLost = ssh_is_connected(handle) == 0
        opening.bridge.close()
        // What seems refused because the session is lost can be had over another one.
        if isLost { answerLost(opening.id) } else { refuse(opening.id, failure) }
        return true
    }

    /// The server has refused the channel, or the session is lost.
    private func refuse(_ opening: Opening) -> Bool {
        let text = LibSSH.words(of: handle)
        let isLost = ssh_is_connected(handle) == 0
        opening.bridge.close()
        let endpoint = session.bastion.endpoint
        guard !isLost, let refusal = ChannelRefusal(text) else {
            answerLost(opening.id)
            return true
        }
        let isSession = if case .session = opening.step { true } else { false }
        // A server counts the sessions of a connection (MaxSessions); another connection has its own count.
        if !bridges.isEmpty, isSession || refusal.reason == 4 {
            session.setSaturated(true)
            let failure = SSHFailures.refused(
                endpoint, target: opening.target, reason: refusal.reason, words: refusal.words)
            _ = session.answer(opening.id, .failure(SSHSession.Refusal(failure: failure, isSaturated: true)))
        } else if isSession {
            let failure =
                opening.passage == .sftp
                ? SSHFailures.sftpUnavailable(endpoint, said: refusal.words)
                : SSHFailures.relayUnavailable(endpoint, said: refusal.words)
            refuse(opening.id, failure)
        } else {
            refuse(
                opening.id,
                SSHFailures.refused(endpoint, target: opening.target, reason: refusal.reason, words: refusal.words))
        }
        return true
    }

    private func answerLost(_ id: Int) {
        let failure = SSHFailures.lost(session.bastion.endpoint, in: .sshForward)
        _ = session.answer(id, .failure(SSHSession.Refusal(failure: failure, isSessionOver: true)))
    }

    private func refuse(_ id: Int, _ failure: SourceFailure) {
        _ = session.answer(id, .failure(SSHSession.Refusal(failure: failure)))
    }

    // MARK: The turn

    private func moveBytes(_ now: ContinuousClock.Instant) {
        var remaining: [ChannelBridge] = []
        remaining.reserveCapacity(bridges.count)
        for bridge in bridges {
            if bridge.move(handle, now: now) { remaining.append(bridge) } else { bridge.close() }
        }
        if remaining.count < bridges.count { session.setSaturated(false) }
        bridges = remaining
    }

    private func isUnused(_ now: ContinuousClock.Instant) -> Bool {
        guard bridges.isEmpty, openings.isEmpty else {
            unusedSince = nil
            return false
        }
        let since = unusedSince ?? now
        unusedSince = since
        return now >= since + tuning.idle
    }

    /// Asks a silent server whether it is there. False when the session is lost.
    private func check(_ now: ContinuousClock.Instant) -> Bool {
        guard ssh_is_connected(handle) != 0, ssh_get_status(handle) & SSH_CLOSED_ERROR == 0 else { return false }
        guard now >= nextCheck else { return true }
        nextCheck = now + tuning.keepAlive
        let bytes = engine.counter.pointee.in_bytes
        guard bytes == bytesAtLastCheck else {
            bytesAtLastCheck = bytes
            silentChecks = 0
            return true
        }
        silentChecks += 1
        guard silentChecks <= tuning.keepAliveMisses else { return false }
        // The first call takes the answer to the question before, if it is still there; then the second one asks.
        // Without an answer neither does anything, so the server is never asked twice at once.
        ssh_send_keepalive(handle)
        ssh_send_keepalive(handle)
        return true
    }

    private func wait(_ now: ContinuousClock.Instant, _ event: ssh_event) {
        var polls = [pollfd(fd: engine.wake.descriptor, events: Int16(POLLIN), revents: 0), engine.interest(handle)]
        polls.reserveCapacity(2 + bridges.count)
        for bridge in bridges { polls.append(bridge.interest(handle)) }
        _ = poll(&polls, nfds_t(polls.count), patience(now))
        if polls[0].revents != 0 { engine.wake.settle() }
        for (bridge, polled) in zip(bridges, polls.dropFirst(2)) where polled.revents != 0 {
            bridge.polled(polled.revents)
        }
        if polls[1].revents != 0 {
            // A few reads a turn, then the channels have theirs.
            for _ in 0..<16 {
                guard ssh_event_dopoll(event, 0) == SSH_OK, ssh_is_connected(handle) != 0 else { break }
            }
        }
    }

    private func patience(_ now: ContinuousClock.Instant) -> Int32 {
        var next = nextCheck
        if let unusedSince { next = min(next, unusedSince + tuning.idle) }
        for opening in openings {
            if case .proving(let limit) = opening.step { next = min(next, limit) }
        }
        if bridges.contains(where: { $0.isStuck(handle) }) { next = min(next, now + .milliseconds(10)) }
        if bridges.contains(where: \.isLingering) { next = min(next, now + .seconds(1)) }
        return max(0, (next - now).milliseconds)
    }
}

/// The library's words for a refused channel, read back: it keeps the reason nowhere else.
struct ChannelRefusal: Equatable {
    /// The reason code of RFC 4254, section 5.1.
    var reason: Int
    /// What the server says.
    var words: String

    /// Reads `Channel opening failure: channel 43 error (2) Connection refused`.
    init?(_ text: String) {
        guard text.hasPrefix("Channel opening failure"), let opening = text.firstRange(of: "error ("),
            let closing = text[opening.upperBound...].firstIndex(of: ")"),
            let reason = Int(text[opening.upperBound..<closing])
        else { return nil }
        self.reason = reason
        words = text[text.index(after: closing)...].drop { $0 == " " }.description
    }
}
