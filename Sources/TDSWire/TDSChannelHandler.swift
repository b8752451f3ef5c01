import NIOCore

/// Drives a `ConnectionStateMachine` on a channel: decodes, performs what the machine says, and withholds reads while
/// rows wait for their reader.
final class TDSChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the handler is told by its owner.
    struct Settings: Sendable {
        var upgrade: TLSUpgrade?
        var rowBufferSize: Int
        var authenticating: (@Sendable () -> Void)?
    }

    /// Bytes of the server's PRELOGIN at most.
    private static let maximumPreLogin = 4096
    /// Bytes that are kept of what a peer says first.
    private static let excerptLimit = 64

    private let settings: Settings
    private let facts: SharedFacts
    private let carrier = PreLoginCarrier()
    private var machine: ConnectionStateMachine
    private var packets = PacketDecoder()
    private var tokens = TokenDecoder()
    private var preLogin = ByteBuffer()
    private var excerpt: [UInt8] = []
    private var context: ChannelHandlerContext?
    private var opening: EventLoopPromise<Void>?
    private var active: RowDelivery?
    private var waiting: (request: Request, reset: Bool, rows: RowDelivery)?
    private var isReadWithheld = false
    private var causeOfEnd: (any Error)?

    init(plan: ConnectionStateMachine.Plan, settings: Settings, facts: SharedFacts) {
        self.settings = settings
        self.facts = facts
        machine = ConnectionStateMachine(plan)
    }

    // MARK: For the owner

    /// Begins; completes when the session is open.
    func open(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        opening = promise
        if let context, context.channel.isActive {
            perform(machine.connected())
        } else {
            end(machine.channelEnded(nil))
        }
        return promise.futureResult
    }

    /// Sends a request, at once or when what is left of an abandoned one is gone.
    func submit(_ request: Request, reset: Bool, _ rows: RowDelivery) {
        switch machine.requestSubmitted(mayEndTransaction: reset || request == .rollback) {
        case .send:
            active = rows
            send(request, reset: reset)
            resumeReading()
        case .wait where waiting == nil: waiting = (request, reset, rows)
        case .wait: rows.finish(.failure(.busy))
        case .refuse(let error): rows.finish(.failure(error))
        }
    }

    /// Nobody wants these rows any more.
    func abandon(_ rows: RowDelivery) {
        guard !rows.isAbandoned else { return }
        rows.abandon()
        if waiting?.rows === rows {
            waiting = nil
            rows.finish(.failure(.cancelled))
        }
        if active === rows {
            if machine.requestAbandoned() { write(.attention, ByteBuffer()) }
            resumeReading()
        }
    }

    /// Takes up reading again if the rows that wait are few enough.
    func resumeReading() {
        guard isReadWithheld, mayRead, let context else { return }
        isReadWithheld = false
        context.read()
    }

    /// Closes the channel.
    func close() {
        machine.closeRequested()
        end(.connectionClosed(machine.session.lastError))
        context?.close(promise: nil)
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(machine.channelEnded(causeOfEnd))
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadWithheld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if !machine.hasHeardTDS, excerpt.count < Self.excerptLimit {
            excerpt += bytes.readableBytesView.prefix(Self.excerptLimit - excerpt.count)
        }
        while bytes.readableBytes > 0 {
            switch machine.readMode {
            case .nothing: return
            case .preLogin: readPreLogin(&bytes)
            case .tokens: readTokens(&bytes)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if machine.state == .upgrading {
            // The upgrade's own error tells more; give it the chance to come first.
            context.eventLoop.assumeIsolated().execute {
                self.perform(self.machine.upgradeFailed(self.causeOfEnd ?? ChannelError.eof))
            }
        } else {
            end(machine.channelEnded(causeOfEnd))
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        causeOfEnd = causeOfEnd ?? error
        // While the upgrade runs, its future says what went wrong.
        if machine.state != .upgrading { end(machine.channelEnded(error)) }
        context.close(promise: nil)
    }

    // MARK: Reading

    /// How many bytes wait to become a token or a row.
    var heldBytes: Int { tokens.bufferedBytes + preLogin.readableBytes }

    /// Whether a request runs, or what is left of an abandoned one is thrown away.
    var isQuerying: Bool {
        if case .querying = machine.state { true } else { false }
    }

    private var mayRead: Bool { (active?.pendingBytes ?? 0) < settings.rowBufferSize }

    private func readPreLogin(_ bytes: inout ByteBuffer) {
        do throws(DecodingFailure) {
            guard try packets.decode(&bytes, into: &preLogin) else {
                // A peer of another kind may never come to an end.
                guard preLogin.readableBytes <= Self.maximumPreLogin else { throw .notAPacket }
                return
            }
            guard preLogin.readableBytes <= Self.maximumPreLogin, let answer = PreLogin(preLogin) else {
                throw .notAPacket
            }
            preLogin = ByteBuffer()
            perform(machine.preLoginReceived(answer, isAlone: bytes.readableBytes == 0))
        } catch {
            perform(machine.decodingFailed(error, excerpt: excerpt))
        }
    }

    private func readTokens(_ bytes: inout ByteBuffer) {
        do throws(DecodingFailure) {
            let before = bytes.readableBytes
            try tokens.append { buffer throws(DecodingFailure) in
                // Message ends say nothing that the tokens do not say.
                while bytes.readableBytes > 0 { _ = try packets.decode(&bytes, into: &buffer) }
            }
            machine.notePacket()
            if let error = machine.bytesDrained(before) {
                fail(error)
                return
            }
            try decode()
        } catch {
            perform(machine.decodingFailed(error, excerpt: excerpt))
        }
        facts.update(machine.session)
        active?.deliver()
    }

    private func decode() throws(DecodingFailure) {
        let limits = TokenDecoder.Limits(row: machine.plan.maximumRowSize)
        while machine.readMode == .tokens {
            // Rows are most of what comes: as many as are whole are taken at once.
            if let rows = try tokens.nextRows(limits) {
                if machine.wantsRows { active?.append(rows) }
                continue
            }
            guard let token = try tokens.next(limits) else { return }
            perform(machine.tokenReceived(token))
        }
    }

    // MARK: Performing

    private func perform(_ action: ConnectionStateMachine.OpeningAction) {
        switch action {
        case .wait: break
        case .sendPreLogin(let message):
            var body = ByteBuffer()
            message.encode(into: &body)
            write(.preLogin, body)
        case .upgradeTLS(let request): upgrade(request)
        case .sendLogin: sendLogin()
        case .fail(let error): fail(error)
        }
    }

    private func perform(_ action: ConnectionStateMachine.TokenAction) {
        switch action {
        case .wait: break
        case .opened:
            facts.update(machine.session)
            open(.success(()))
        case .describe(let columns): active?.describe(columns)
        case .finish(let error): finishRequest(error)
        case .close(let error): fail(error)
        }
    }

    /// What takes TLS away again, where it carries the login alone.
    private var removal: (@Sendable (any Channel) -> Void)?

    private func upgrade(_ request: TLSUpgrade.Request) {
        guard let context, let upgrade = settings.upgrade else {
            perform(machine.upgradeFailed(TDSWireError.tlsNotSupported))
            return
        }
        if request.carrier != nil {
            do {
                try context.pipeline.syncOperations.addHandler(
                    carrier, name: PreLoginCarrier.name, position: .first)
            } catch {
                perform(machine.upgradeFailed(error))
                return
            }
        }
        upgrade.perform(context.channel, request).hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
            if request.carrier != nil { self.openCarrier() }
            // Not in the middle of the TLS handler's work: it may be taken away in what follows.
            context.eventLoop.assumeIsolated().execute { self.upgradeEnded(result) }
        }
    }

    private func openCarrier() {
        guard let context, let place = try? context.pipeline.syncOperations.context(handler: carrier) else { return }
        carrier.open(context: place)
    }

    private func upgradeEnded(_ result: Result<TLSUpgrade.Outcome, any Error>) {
        switch result {
        case .success(let outcome):
            removal = outcome.remove
            perform(machine.upgradeSucceeded())
        case .failure(let error): perform(machine.upgradeFailed(error))
        }
    }

    private func sendLogin() {
        settings.authenticating?()
        var body = ByteBuffer()
        machine.plan.login.encode(into: &body)
        write(.login, body)
        facts.update(machine.session)
        guard let context else { return }
        if machine.isForLoginAlone { removal?(context.channel) }
        removal = nil
        context.pipeline.syncOperations.removeHandler(carrier).whenFailure { _ in
            // It was never there, or the channel is closed and has taken it along.
        }
    }

    private func send(_ request: Request, reset: Bool) {
        var body = ByteBuffer()
        request.encode(into: &body, transaction: machine.session.transaction)
        write(request.packetType, body, status: reset ? .resetConnection : [])
    }

    private func write(_ type: PacketType, _ body: ByteBuffer, status: PacketStatus = []) {
        guard let context else { return }
        var bytes = ByteBuffer()
        bytes.writeMessage(type, body, packetSize: machine.session.packetSize, status: status)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func finishRequest(_ error: TDSWireError?) {
        facts.update(machine.session)
        let rows = active
        active = nil
        rows?.finish(error.map { .failure($0) } ?? .success(()))
        if let next = waiting {
            waiting = nil
            submit(next.request, reset: next.reset, next.rows)
        }
    }

    /// The connection cannot go on.
    private func fail(_ error: TDSWireError) {
        end(error)
        context?.close(promise: nil)
    }

    /// Tells everyone who waits that the connection is over.
    private func end(_ error: TDSWireError) {
        facts.update(machine.session)
        open(.failure(error))
        let rows = active
        active = nil
        rows?.finish(.failure(error))
        waiting?.rows.finish(.failure(error))
        waiting = nil
    }

    private func open(_ result: Result<Void, TDSWireError>) {
        let promise = opening
        opening = nil
        switch result {
        case .success: promise?.succeed(())
        case .failure(let error): promise?.fail(error)
        }
    }
}
