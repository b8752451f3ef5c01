import NIOCore

/// A client's side of one SFTP session (draft-ietf-secsh-filexfer-02): bytes in, actions out.
struct SFTPStateMachine {
    /// What is to be done after bytes came.
    enum Action: Hashable, Sendable {
        /// The session can be used.
        case becomeReady
        /// A request has its answer.
        case answer(id: UInt32, Reply)
        /// Nothing more comes of this session; every request that waits fails with this, too.
        case fail(SFTPWireError)
    }

    private enum State {
        /// The hello was sent. Leads to `ready` or `ended`.
        case greeting
        /// Requests can be sent. Leads to `ended`.
        case ready
        /// The server broke the protocol or has left.
        case ended(SFTPWireError)
    }

    /// Requests that may wait for their answers at one time.
    static let requestLimit = 64

    private var state = State.greeting
    private var decoder = PacketDecoder()
    private var pending: Set<UInt32> = []
    private var lastID: UInt32 = 0

    /// Bytes that wait for the rest of their packet.
    var heldBytes: Int { decoder.heldBytes }

    /// Takes a request: its id, and the packet to send.
    mutating func ask(_ request: Request) throws(SFTPWireError) -> (id: UInt32, packet: ByteBuffer) {
        switch state {
        case .greeting: throw .protocolViolation("The session is not ready.")
        case .ended(let error): throw error
        case .ready: break
        }
        guard pending.count < Self.requestLimit else {
            throw .protocolViolation("More than \(Self.requestLimit) requests wait.")
        }
        repeat { lastID &+= 1 } while pending.contains(lastID)
        pending.insert(lastID)
        return (lastID, request.packet(id: lastID))
    }

    /// Takes bytes from the server.
    mutating func received(_ bytes: ByteBuffer) -> [Action] {
        if case .ended = state { return [] }
        decoder.append(bytes)
        var actions: [Action] = []
        do throws(SFTPWireError) {
            while let body = try decoder.next() { actions.append(try take(body)) }
        } catch {
            actions.append(end(error))
        }
        return actions
    }

    /// The server has closed the stream.
    mutating func closed() -> [Action] {
        if case .ended = state { return [] }
        return [end(.connectionClosed)]
    }

    private mutating func take(_ body: ByteBuffer) throws(SFTPWireError) -> Action {
        guard let packet = Packet(body: body) else {
            throw .protocolViolation("A packet of the server cannot be read.")
        }
        switch (state, packet) {
        case (.greeting, .version(let version)):
            // A server answers with the lower one of both versions.
            guard version == Request.version else { throw .unsupportedVersion(version) }
            state = .ready
            return .becomeReady
        case (.ready, .reply(let id, let reply)):
            guard pending.remove(id) != nil else {
                throw .protocolViolation("The server answers a request that was not sent.")
            }
            return .answer(id: id, reply)
        case (.greeting, .reply), (.ready, .version), (.ended, _):
            throw .protocolViolation("The server sends a packet that does not belong here.")
        }
    }

    private mutating func end(_ error: SFTPWireError) -> Action {
        var error = error
        // Before the first packet a length that cannot be is somebody else's text.
        if case .greeting = state, case .packetTooLarge = error { error = .notSFTP(decoder.excerpt) }
        if case .greeting = state, case .protocolViolation = error { error = .notSFTP(decoder.excerpt) }
        state = .ended(error)
        pending = []
        return .fail(error)
    }
}
