import CLibSSH
import NIOCore
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Drives the library for one session. Made, used and released on the session's own thread, and nowhere else: no
/// handle of the library ever leaves it. The library never blocks; every wait is a `poll` here that a command ends.
final class SSHEngine {
    let session: SSHSession
    let tuning: SSHTuning
    let wake: WakeSignal
    let counter: UnsafeMutablePointer<ssh_counter_struct>
    private let addresses: [SocketAddress]

    /// The library's session, once a connection is there.
    private(set) var handle: ssh_session?
    /// The connection's descriptor. The library closes it when the connection fails, and only then.
    private(set) var descriptor: Int32 = -1
    private var isHandedOver = false
    /// What the server has said before its banner, or instead of one.
    private var greeting: [UInt8] = []

    init(session: SSHSession, addresses: [SocketAddress], tuning: SSHTuning, wake: WakeSignal) {
        self.session = session
        self.addresses = addresses
        self.tuning = tuning
        self.wake = wake
        counter = .allocate(capacity: 1)
        counter.initialize(to: ssh_counter_struct())
    }

    deinit {
        counter.deinitialize(count: 1)
        counter.deallocate()
    }

    var bastion: Bastion { session.bastion }
    var endpoint: Endpoint { session.bastion.endpoint }

    /// Everything: dials, shakes hands, verifies, logs in, serves channels, and cleans up.
    func run() {
        do throws(SourceFailure) {
            let key = try establish()
            session.enter(.sshAuth)
            session.note("\(try login(connected())) as \(LibSSH.plain(bastion.username))")
            session.becomeReady(key)
            SSHService(engine: self, session: try connected()).serve()
        } catch {
            session.end(error)
        }
        disconnect()
    }

    /// The library's session, which is there from the handshake on.
    private func connected() throws(SourceFailure) -> ssh_session {
        guard let handle else { throw SSHFailures.lost(endpoint, in: session.stage) }
        return handle
    }

    // MARK: Dial, handshake, host key

    /// Connects until the server has shown the pinned key. Where only a fingerprint is pinned, the type to ask for is
    /// not known: a server with keys of several types is asked for one after the other.
    private func establish() throws(SourceFailure) -> HostKey {
        var seen: Set<String> = []
        var mismatch: SourceFailure?
        while let algorithms = HostKeyAlgorithms(pinned: bastion.hostKey, excluding: seen) {
            try dial()
            do throws(SourceFailure) {
                try shakeHands(algorithms)
            } catch {
                if let mismatch, error.code == .sshNoCommonAlgorithm { throw mismatch }
                throw error
            }
            session.enter(.sshHostKey)
            guard let shown = HostKey(shownIn: try connected()) else {
                throw SSHFailures.handshakeFailed(endpoint, words: "The server's key cannot be read.")
            }
            session.note(shown.reportText)
            guard let pinned = bastion.hostKey, !pinned.admits(shown) else { return shown }
            mismatch = mismatch ?? SSHFailures.hostKeyMismatch(endpoint, shown: shown, pinned: pinned)
            guard case .fingerprint = pinned, case .key(let type, _) = shown, seen.insert(type).inserted else { break }
            disconnect()
        }
        throw mismatch ?? SSHFailures.handshakeFailed(endpoint, words: "")
    }

    private func dial() throws(SourceFailure) {
        session.enter(.dial)
        let race = SocketRace(stagger: tuning.stagger, wake: wake) { [session] in session.isStopping }
        switch race.run(addresses) {
        case .connected(let descriptor, let address):
            self.descriptor = descriptor
            session.note(address.description)
        case .failed(let attempts):
            throw DialFailures.failure(of: endpoint, attempts: attempts, field: .sshHost)
        case .stopped: throw SSHFailures.stopped(endpoint, in: .dial)
        case .exhausted: throw SSHFailures.exhausted(.dial)
        }
        watchForSilence()
    }

    /// Lets the kernel end the connection when what we send is not acknowledged.
    private func watchForSilence() {
        let patience = tuning.keepAlive * (tuning.keepAliveMisses + 1)
        var on: Int32 = 1
        var limit = UInt32(patience.milliseconds)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
        #if os(Linux)
            _ = setsockopt(
                descriptor, NIOBSDSocket.OptionLevel.tcp.rawValue, TCP_USER_TIMEOUT, &limit,
                socklen_t(MemoryLayout<UInt32>.size))
        #endif
    }

    private func shakeHands(_ algorithms: HostKeyAlgorithms) throws(SourceFailure) {
        session.enter(.sshHandshake)
        greeting = []
        guard LibSSH.ready, let handle = ssh_new() else {
            throw SSHFailures.handshakeFailed(endpoint, words: "")
        }
        self.handle = handle
        configure(handle, algorithms)
        let result = try drive(again: SSH_AGAIN) { handle in
            isHandedOver = true
            return ssh_connect(handle)
        }
        guard result == SSH_OK else { throw handshakeFailure(handle) }
        let banner = ssh_get_serverbanner(handle).map { String(cString: $0) } ?? ""
        let exchange = ssh_get_kex_algo(handle).map { String(cString: $0) } ?? ""
        let cipher = ssh_get_cipher_out(handle).map { String(cString: $0) } ?? ""
        session.note("\(LibSSH.plain(banner)), \(exchange), \(cipher)")
    }

    /// Nothing is read from files, from the environment or from agents: what a login needs is in the record.
    private func configure(_ handle: ssh_session, _ algorithms: HostKeyAlgorithms) {
        var off = false
        ssh_options_set(handle, SSH_OPTIONS_PROCESS_CONFIG, &off)
        // A name that stands for none: the library would use it for lookups in files.
        ssh_options_set(handle, SSH_OPTIONS_HOST, "bastion")
        ssh_options_set(handle, SSH_OPTIONS_SSH_DIR, "/nonexistent")
        ssh_options_set(handle, SSH_OPTIONS_KNOWNHOSTS, "/dev/null")
        ssh_options_set(handle, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null")
        ssh_options_set(handle, SSH_OPTIONS_USER, bastion.username)
        ssh_options_set(handle, SSH_OPTIONS_HOSTKEYS, algorithms.list)
        ssh_options_set(handle, SSH_OPTIONS_COMPRESSION, "no")
        var descriptor = descriptor
        ssh_options_set(handle, SSH_OPTIONS_FD, &descriptor)
        ssh_set_counters(handle, counter, nil)
        ssh_set_blocking(handle, 0)
    }

    private func handshakeFailure(_ handle: ssh_session) -> SourceFailure {
        let words = LibSSH.words(of: handle)
        guard ssh_get_serverbanner(handle) != nil else {
            if !greeting.isEmpty { return SSHFailures.notAnSSHServer(endpoint, said: greeting) }
            return SSHFailures.hungUp(endpoint, in: .sshHandshake, words: "")
        }
        // The library has one error code for all of this; its own words (not the server's) tell it apart.
        if words.hasPrefix("kex error") { return SSHFailures.noCommonAlgorithm(endpoint, words: words) }
        if words.hasPrefix("Socket error") { return SSHFailures.hungUp(endpoint, in: .sshHandshake, words: "") }
        return SSHFailures.handshakeFailed(endpoint, words: words)
    }

    // MARK: Waiting

    /// Calls a function of the library until it does not want to be called again.
    func drive(again: Int32, _ step: (ssh_session) -> Int32) throws(SourceFailure) -> Int32 {
        let handle = try connected()
        while true {
            if session.isStopping { throw SSHFailures.stopped(endpoint, in: session.stage) }
            let result = step(handle)
            keepFromBlocking(handle)
            if result != again { return result }
            try waitForServer(handle)
        }
    }

    /// The library makes the descriptor blocking when it takes it; a write to a stalled server would then never return.
    private func keepFromBlocking(_ handle: ssh_session) {
        let descriptor = ssh_get_fd(handle)
        guard descriptor >= 0, ssh_get_status(handle) & SSH_CLOSED_ERROR == 0 else { return }
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0, flags & O_NONBLOCK == 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    }

    private func waitForServer(_ handle: ssh_session) throws(SourceFailure) {
        var polls = [pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0), interest(handle)]
        _ = poll(&polls, nfds_t(polls.count), -1)
        if polls[0].revents != 0 { wake.settle() }
        if polls[1].revents != 0, ssh_get_serverbanner(handle) == nil { try readGreeting() }
    }

    /// What to poll the connection for.
    func interest(_ handle: ssh_session) -> pollfd {
        let wantsToWrite = ssh_get_poll_flags(handle) & SSH_WRITE_PENDING != 0
        return pollfd(fd: descriptor, events: Int16(POLLIN | (wantsToWrite ? POLLOUT : 0)), revents: 0)
    }

    /// Looks at what comes before the banner, which the library skips without a word and without a bound.
    private func readGreeting() throws(SourceFailure) {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_PEEK))
        guard count > 0 else { return }
        greeting += bytes.prefix(count)
        if ForeignGreeting.isForeign(greeting) { throw SSHFailures.notAnSSHServer(endpoint, said: greeting) }
    }

    // MARK: End

    /// Says goodbye where that is possible and releases the library's session and the descriptor.
    func disconnect() {
        var rest = descriptor
        if let handle {
            // A descriptor that the library was given stays open when it disconnects by itself.
            if isHandedOver { rest = ssh_get_fd(handle) }
            ssh_disconnect(handle)
            ssh_free(handle)
            self.handle = nil
        }
        if rest >= 0 { SocketPair.close(rest) }
        descriptor = -1
        isHandedOver = false
    }
}
