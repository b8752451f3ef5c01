import NIOCore
import SCRAM
import Synchronization

/// A query as it goes to the machine.
struct QueryRequest: Sendable {
    var messages: [FrontendMessage]
    var kind: QueryStateMachine.Kind
    /// What a prepared statement gives: the server does not say it again.
    var columns: [PostgresColumn]?
}

/// Drives a `ConnectionStateMachine` on a channel: decodes, performs what the machine says, and withholds reads while
/// rows wait for their reader.
final class PostgresChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What opening needs next from outside the event loop.
    enum OpeningStep: Sendable {
        case derive(SaltedPasswordRequest)
        case opened
    }

    /// What the handler is told by its owner.
    struct Settings: Sendable {
        var upgrade: TLSUpgrade?
        var rowBufferSize: Int
        var authenticating: (@Sendable () -> Void)?
        var onNotice: (@Sendable (PostgresServerError) -> Void)?
    }

    private let settings: Settings
    private let facts: SharedFacts
    private var machine: ConnectionStateMachine
    private var decoder = BackendDecoder()
    private var excerpt: [UInt8] = []
    private var outgoing = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var opening: EventLoopPromise<OpeningStep>?
    private var active: RowDelivery?
    private var waiting: (request: QueryRequest, rows: RowDelivery)?
    private var isReadWithheld = false
    private var causeOfEnd: (any Error)?

    init(plan: ConnectionStateMachine.Plan, settings: Settings, facts: SharedFacts) {
        self.settings = settings
        self.facts = facts
        machine = ConnectionStateMachine(plan)
    }

    // MARK: For the owner

    /// Begins; completes with the first step that needs the owner, or when the session is open.
    func open(on eventLoop: any EventLoop) -> EventLoopFuture<OpeningStep> {
        let promise = eventLoop.makePromise(of: OpeningStep.self)
        opening = promise
        if let context, context.channel.isActive {
            perform(machine.connected())
            flush()
        } else {
            end(nil)
        }
        return promise.futureResult
    }

    /// The work of `derive` is done.
    func saltedPasswordDerived(_ salted: SecretBytes, on eventLoop: any EventLoop) -> EventLoopFuture<OpeningStep> {
        let promise = eventLoop.makePromise(of: OpeningStep.self)
        guard machine.state != .closed else {
            promise.fail(PostgresWireError.connectionClosed(machine.session.lastError))
            return promise.futureResult
        }
        opening = promise
        perform(machine.saltedPasswordDerived(salted))
        flush()
        return promise.futureResult
    }

    /// Runs a query, at once or when what is left of an abandoned one is gone.
    func submit(_ request: QueryRequest, _ rows: RowDelivery) {
        switch machine.querySubmitted(request.kind) {
        case .send:
            active = rows
            if let columns = request.columns { rows.describe(columns) }
            request.messages.forEach(write)
            flush()
            resumeReading()
        case .wait where waiting == nil:
            waiting = (request, rows)
        case .wait:
            rows.finish(.failure(.busy))
        case .refuse(let error):
            rows.finish(.failure(error))
        }
    }

    /// Nobody wants these rows any more.
    func abandon(_ rows: RowDelivery) {
        rows.abandon()
        if waiting?.rows === rows { waiting = nil }
        if active === rows {
            machine.queryAbandoned()
            resumeReading()
        }
    }

    /// Takes up reading again if the rows that wait are few enough.
    func resumeReading() {
        guard isReadWithheld, mayRead, let context else { return }
        isReadWithheld = false
        context.read()
    }

    /// Says goodbye and closes the channel.
    func close() {
        guard let context else { return }
        if machine.closeRequested() {
            write(.terminate)
            flush()
        }
        end(.connectionClosed(machine.session.lastError))
        context.close(promise: nil)
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
        let bytes = unwrapInboundIn(data)
        if !machine.hasHeardPostgres, excerpt.count < PeerExcerpt.limit {
            excerpt += bytes.readableBytesView.prefix(PeerExcerpt.limit - excerpt.count)
        }
        switch machine.readMode {
        case .nothing: return
        case .negotiation:
            let action = machine.negotiationBytesReceived(bytes.readableBytesView)
            if action == .upgradeTLS { excerpt = [] }
            perform(action)
            if action == .decode { decode(bytes) }
        case .messages: decode(bytes)
        }
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if machine.state == .upgrading {
            // The upgrade's own error tells more; give it the chance to come first.
            context.eventLoop.assumeIsolated().execute {
                self.upgradeEnded(.failure(self.causeOfEnd ?? ChannelError.eof))
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

    // MARK: Performing

    /// How many bytes wait to become a message; at most `messageLimit` and one read.
    var heldBytes: Int { decoder.bufferedBytes }

    /// The longest message that is taken now.
    var messageLimit: Int { machine.frameRule.maximumSize }

    /// Whether a query runs, or what is left of an abandoned one is thrown away.
    var isQuerying: Bool {
        if case .querying = machine.state { true } else { false }
    }

    private var mayRead: Bool { (active?.pendingBytes ?? 0) < settings.rowBufferSize }

    private func decode(_ bytes: ByteBuffer) {
        guard machine.bytesDrained(bytes.readableBytes) else {
            fail(.connectionClosed(machine.session.lastError))
            return
        }
        decoder.append(bytes)
        while machine.readMode == .messages {
            do {
                // Rows are most of what comes: as many as are whole are taken at once. What is not a proper row is left
                // to the machine.
                if let columns = machine.wantedColumns, let active,
                    let rows = decoder.nextRows(columns: columns, maximumSize: machine.frameRule.maximumSize)
                {
                    active.append(rows)
                    continue
                }
                guard let message = try decoder.next(machine.frameRule) else { break }
                perform(machine.messageReceived(message))
            } catch {
                perform(machine.decodingFailed(error, excerpt: PeerExcerpt(excerpt)))
            }
        }
        facts.update(machine.session)
        active?.deliver()
    }

    private func perform(_ action: ConnectionStateMachine.OpeningAction) {
        switch action {
        case .wait, .decode: break
        case .sendSSLRequest: write(.sslRequest)
        case .sendStartup(let message):
            settings.authenticating?()
            write(message)
        case .sendCancel(let message): write(message)
        case .upgradeTLS: upgrade()
        case .fail(let error): fail(error)
        }
    }

    private func perform(_ action: ConnectionStateMachine.MessageAction) {
        switch action {
        case .wait: break
        case .row(let row): active?.append(RowSpan(row))
        case .send(let messages): messages.forEach(write)
        case .derive(let request): step(.success(.derive(request)))
        case .opened:
            facts.update(machine.session)
            step(.success(.opened))
        case .describe(let columns): active?.describe(columns)
        case .describeParameters(let types): active?.parameterTypes = types
        case .describeNoRows: active?.describeNoRows()
        case .complete(let tag): active?.commandTag = tag
        case .finish(let error): finishQuery(error)
        case .notice(let notice): settings.onNotice?(notice)
        case .close(let error): fail(error)
        }
    }

    private func upgrade() {
        guard let context, let upgrade = settings.upgrade else { return }
        upgrade.perform(context.channel).hop(to: context.eventLoop).assumeIsolated().whenComplete {
            self.upgradeEnded($0)
        }
    }

    private func upgradeEnded(_ result: Result<TLSBinding, any Error>) {
        switch result {
        case .success(let binding): perform(machine.upgradeSucceeded(binding))
        case .failure(let error): perform(machine.upgradeFailed(error))
        }
        flush()
    }

    private func finishQuery(_ error: PostgresWireError?) {
        facts.update(machine.session)
        let rows = active
        active = nil
        rows?.finish(error.map { .failure($0) } ?? .success(()))
        if let next = waiting {
            waiting = nil
            submit(next.request, next.rows)
        }
    }

    /// The connection cannot go on.
    private func fail(_ error: PostgresWireError) {
        end(error)
        context?.close(promise: nil)
    }

    /// Tells everyone who waits that the connection is over.
    private func end(_ error: PostgresWireError?) {
        facts.update(machine.session)
        let reason = error ?? .connectionClosed(machine.session.lastError)
        step(error == nil ? .success(.opened) : .failure(reason))
        let rows = active
        active = nil
        rows?.finish(.failure(reason))
        waiting?.rows.finish(.failure(reason))
        waiting = nil
    }

    private func step(_ result: Result<OpeningStep, PostgresWireError>) {
        let promise = opening
        opening = nil
        switch result {
        case .success(let step): promise?.succeed(step)
        case .failure(let error): promise?.fail(error)
        }
    }

    private func write(_ message: FrontendMessage) { message.encode(into: &outgoing) }

    private func flush() {
        guard let context, outgoing.readableBytes > 0 else { return }
        let bytes = outgoing
        outgoing = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }
}

/// What is known about the session, for readers on any thread.
final class SharedFacts: Sendable {
    private let state = Mutex(SessionFacts())

    var current: SessionFacts { state.withLock { $0 } }

    func update(_ facts: SessionFacts) {
        state.withLock { if $0 != facts { $0 = facts } }
    }
}
