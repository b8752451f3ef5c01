import CLibSSH
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Joins a channel of an SSH session to one end of a socket pair. Confined to the session's thread.
///
/// Memory is bounded: towards the server a chunk is read from the socket only while the channel's window and the
/// session's output have room for it; from the server at most one window waits here and one in the library.
final class ChannelBridge {
    private static let chunk = 32768

    let witness: PassageWitness
    private let channel: ssh_channel
    private let callbacks: UnsafeMutablePointer<ssh_channel_callbacks_struct>
    private var local: Int32 = -1

    /// Bytes that the library holds because the socket did not take them.
    private var heldByLibrary = 0
    /// Bytes taken from the library, on their way to the socket.
    private var inbound = Backlog()
    /// Bytes taken from the socket, on their way to the channel.
    private var outbound = Backlog()

    /// The server will send no more.
    private var remoteEnded = false
    /// The server has closed the channel.
    private(set) var remoteClosed = false
    /// Our side has been told so.
    private var toldLocal = false
    /// Our side will send no more.
    private var localEnded = false
    /// The server has been told so.
    private var toldRemote = false
    /// Our side has closed altogether.
    private var localGone = false
    private var localGoneSince: ContinuousClock.Instant?
    private var isReadable = true

    /// - Parameter channel: a new channel that is not open yet; freed by `close`.
    init(channel: ssh_channel, witness: PassageWitness) {
        self.channel = channel
        self.witness = witness
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(to: ssh_channel_callbacks_struct())
        callbacks.pointee.size = MemoryLayout<ssh_channel_callbacks_struct>.size
        // Not retained: `close` takes the callbacks off the channel before this object can go.
        callbacks.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
        callbacks.pointee.channel_data_function = { _, _, data, count, isError, bridge in
            guard let data, let bridge = ChannelBridge.from(bridge) else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: Int(count))
            return Int32(isError == 0 ? bridge.arrived(bytes) : bridge.complained(bytes))
        }
        callbacks.pointee.channel_eof_function = { _, _, bridge in ChannelBridge.from(bridge)?.remoteEnded = true }
        callbacks.pointee.channel_close_function = { _, _, bridge in
            ChannelBridge.from(bridge)?.remoteEnded = true
            ChannelBridge.from(bridge)?.remoteClosed = true
        }
        callbacks.pointee.channel_exit_status_function = { _, _, status, bridge in
            ChannelBridge.from(bridge)?.witness.ended(status: Int(status))
        }
        callbacks.pointee.channel_exit_signal_function = { _, _, signal, _, _, _, bridge in
            ChannelBridge.from(bridge)?.witness.ended(signal: signal.map { String(cString: $0) } ?? "")
        }
        ssh_set_channel_callbacks(channel, callbacks)
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> ChannelBridge? {
        pointer.map { Unmanaged<ChannelBridge>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Whether bytes have come from the server.
    private(set) var hasArrivals = false

    /// Joins the channel, open by now, to a socket; the bridge owns the descriptor.
    func join(_ descriptor: Int32) { local = descriptor }

    // MARK: From the server

    private func arrived(_ bytes: UnsafeRawBufferPointer) -> Int {
        if !hasArrivals {
            hasArrivals = true
            witness.delivered()
        }
        if localGone { return bytes.count }
        guard local >= 0, inbound.isEmpty else {
            heldByLibrary = bytes.count
            return 0
        }
        let sent = deliver(bytes)
        if localGone { return bytes.count }
        heldByLibrary = bytes.count - sent
        return sent
    }

    private func complained(_ bytes: UnsafeRawBufferPointer) -> Int {
        witness.hears(bytes)
        return bytes.count
    }

    /// Hands bytes to the socket; returns how many it took.
    private func deliver(_ bytes: UnsafeRawBufferPointer) -> Int {
        var sent = 0
        while sent < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            let count = send(local, rest.baseAddress, rest.count, SocketPair.noSignal)
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                leave()
                break
            }
        }
        return sent
    }

    /// Moves what waits for the socket. The library's buffer is always emptied at once: each read from it grants the
    /// server a new window, whatever is left in it.
    private func moveInbound() {
        while !localGone {
            if !inbound.isEmpty {
                inbound.drop(inbound.withBytes(deliver))
                if !inbound.isEmpty { return }
            }
            guard heldByLibrary > 0 else { break }
            let wanted = heldByLibrary
            heldByLibrary = 0
            inbound.fill(wanted) { Int(ssh_channel_read(channel, $0.baseAddress, UInt32($0.count), 0)) }
        }
        if localGone {
            heldByLibrary = 0
            inbound.clear()
        }
        // A relay's end of output comes before its exit status: the close after both says that all is known.
        let ended = witness.isProgram ? remoteClosed : remoteEnded
        if ended, !toldLocal, !localGone {
            toldLocal = true
            shutdown(local, Int32(SHUT_WR))
        }
    }

    // MARK: To the server

    /// Moves what our side has sent, a few chunks a turn so that channels take turns.
    private func moveOutbound(_ session: ssh_session) {
        for _ in 0..<4 {
            if !outbound.isEmpty {
                let written = outbound.withBytes { Int(ssh_channel_write(channel, $0.baseAddress, UInt32($0.count))) }
                if written < 0 || remoteClosed {
                    outbound.clear()
                    if written < 0 { remoteClosed = true }
                } else {
                    outbound.drop(written)
                }
                if !outbound.isEmpty { return }
            }
            guard isReadable, !localEnded, !remoteClosed, hasRoom(session) else { break }
            let window = Int(ssh_channel_window_size(channel))
            outbound.fill(min(Self.chunk, window)) { buffer in
                let count = recv(local, buffer.baseAddress, buffer.count, 0)
                if count > 0 { return count }
                if count == 0 {
                    localEnded = true
                } else if errno == EAGAIN {
                    isReadable = false
                } else if errno != EINTR {
                    localEnded = true
                    leave()
                }
                return 0
            }
        }
        if localEnded, outbound.isEmpty, !toldRemote, !remoteClosed {
            toldRemote = true
            _ = ssh_channel_send_eof(channel)
        }
    }

    private func hasRoom(_ session: ssh_session) -> Bool {
        ssh_channel_window_size(channel) > 0 && ssh_get_status(session) & SSH_WRITE_PENDING == 0
    }

    // MARK: The turn

    /// What to poll the socket for.
    func interest(_ session: ssh_session) -> pollfd {
        var events: Int16 = 0
        if !inbound.isEmpty || heldByLibrary > 0 { events |= Int16(POLLOUT) }
        if !localEnded, outbound.isEmpty, hasRoom(session) { events |= Int16(POLLIN) }
        // Once our side has closed, `poll` reports that again and again: then only what is waited for counts.
        let isQuiet = localGoneSince != nil && events == 0
        return pollfd(fd: isQuiet ? -1 : local, events: events, revents: 0)
    }

    /// Takes what `poll` said.
    func polled(_ revents: Int16) {
        if revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { isReadable = true }
        if revents & Int16(POLLHUP | POLLERR) != 0 { markGone() }
    }

    /// Moves bytes both ways. Returns false when the bridge is done and is to be closed.
    func move(_ session: ssh_session, now: ContinuousClock.Instant) -> Bool {
        moveInbound()
        moveOutbound(session)
        if remoteClosed { return !(inbound.isEmpty && heldByLibrary == 0) && !localGone }
        guard let since = localGoneSince else { return true }
        // Our side is gone: what it had sent still goes out, for five seconds at most.
        if localEnded, outbound.isEmpty { return false }
        return now < since + .seconds(5)
    }

    /// Whether bytes wait for a session that neither has a full window nor unsent output: it is exchanging keys.
    func isStuck(_ session: ssh_session) -> Bool { !outbound.isEmpty && hasRoom(session) }

    /// Whether our side has closed and what it had sent is still on its way.
    var isLingering: Bool { localGoneSince != nil }

    private func leave() {
        localGone = true
        markGone()
    }

    private func markGone() {
        if localGoneSince == nil { localGoneSince = .now }
    }

    /// Ends both sides.
    func close() {
        ssh_remove_channel_callbacks(channel, callbacks)
        callbacks.deinitialize(count: 1)
        callbacks.deallocate()
        // The first call may send only the end of data and ask to be called again.
        for _ in 0..<3 where ssh_channel_is_open(channel) != 0 { _ = ssh_channel_close(channel) }
        ssh_channel_free(channel)
        closeLocal()
    }

    private func closeLocal() {
        if local >= 0 { SocketPair.close(local) }
        local = -1
    }

    // MARK: Opening

    /// One step of opening: a result code of the library.
    func open(_ target: Endpoint) -> Int32 {
        ssh_channel_open_forward(channel, target.host, Int32(target.port), "127.0.0.1", 0)
    }

    func openSession() -> Int32 { ssh_channel_open_session(channel) }
    func execute(_ command: String) -> Int32 { ssh_channel_request_exec(channel, command) }
    func startSFTP() -> Int32 { ssh_channel_request_sftp(channel) }
}

/// Bytes on their way: filled when empty, taken from the front.
private struct Backlog {
    private var bytes: [UInt8] = []
    private var start = 0

    var isEmpty: Bool { start == bytes.count }

    /// Fills an empty backlog with up to `count` bytes; the body says how many it gave.
    mutating func fill(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        bytes = Array(unsafeUninitializedCapacity: count) { buffer, filled in
            let raw = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            filled = max(0, min(count, body(raw)))
        }
        start = 0
    }

    func withBytes(_ body: (UnsafeRawBufferPointer) -> Int) -> Int {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    mutating func drop(_ count: Int) {
        start += count
        if isEmpty { clear() }
    }

    mutating func clear() {
        bytes = []
        start = 0
    }
}
