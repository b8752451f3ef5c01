import NIOCore
import SCRAM

/// Drives a `ConnectionStateMachine` on a channel: decodes, and performs what the machine says. Lives on the event loop.
final class MongoChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What opening needs next from outside the event loop.
    enum OpeningStep: Sendable {
        case derive(SaltedPasswordRequest)
        case opened(ServerDescription)
    }

    /// What the handler is told by its owner.
    struct Settings: Sendable {
        var upgrade: TLSUpgrade?
        var authenticating: (@Sendable () -> Void)?
    }

    /// A command whose answer is awaited; nobody wants it where the promise is gone.
    private struct Running {
        var ticket: UInt64
        var promise: EventLoopPromise<BSONDocument>?
    }

    private let settings: Settings
    private var machine: ConnectionStateMachine
    private var decoder = MessageDecoder()
    private var excerpt: [UInt8] = []
    private var outgoing = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var opening: EventLoopPromise<OpeningStep>?
    private var running: Running?
    private var settling: [EventLoopPromise<Void>] = []
    private var causeOfEnd: (any Error)?

    init(plan: ConnectionStateMachine.Plan, settings: Settings) {
        self.settings = settings
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
            end(.connectionClosed)
        }
        return promise.futureResult
    }

    /// The work of `derive` is done.
    func saltedPasswordDerived(_ salted: SecretBytes, on eventLoop: any EventLoop) -> EventLoopFuture<OpeningStep> {
        let promise = eventLoop.makePromise(of: OpeningStep.self)
        guard machine.state != .closed else {
            promise.fail(MongoWireError.connectionClosed)
            return promise.futureResult
        }
        opening = promise
        perform(machine.saltedPasswordDerived(salted))
        flush()
        return promise.futureResult
    }

    /// Runs a command; completes with its answer.
    ///
    /// - Parameter ticket: by which the answer can be abandoned.
    func submit(
        _ command: BSONDocument, ticket: UInt64, on eventLoop: any EventLoop
    ) -> EventLoopFuture<BSONDocument> {
        let promise = eventLoop.makePromise(of: BSONDocument.self)
        switch machine.commandSubmitted(command) {
        case .send(let message):
            running = Running(ticket: ticket, promise: promise)
            message.encode(into: &outgoing)
            flush()
        case .fail(let error): promise.fail(error)
        case .wait, .upgradeTLS, .derive, .opened, .reply: promise.fail(MongoWireError.busy)
        }
        return promise.futureResult
    }

    /// Nobody wants this answer any more; it is thrown away when it comes.
    func abandon(_ ticket: UInt64) {
        guard running?.ticket == ticket else { return }
        running?.promise?.fail(MongoWireError.cancelled)
        running?.promise = nil
    }

    /// Completes when no answer is awaited.
    func settled(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        guard machine.isRunning else { return eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        settling.append(promise)
        return promise.futureResult
    }

    /// Whether an answer is awaited, wanted or not.
    var isRunning: Bool { machine.isRunning }

    /// How many bytes wait to become a message; at most `messageLimit` and one read.
    var heldBytes: Int { decoder.bufferedBytes }

    /// The longest message that is taken now, in bytes.
    var messageLimit: Int { machine.messageLimit }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        endOfChannel()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard machine.state != .closed else { return }
        if !machine.hasHeardMongo, excerpt.count < PeerExcerpt.limit {
            excerpt += bytes.readableBytesView.prefix(PeerExcerpt.limit - excerpt.count)
        }
        decoder.append(bytes)
        while machine.state != .closed {
            do throws(DecodingFailure) {
                guard let message = try decoder.next(limit: machine.messageLimit) else { break }
                perform(machine.messageReceived(message))
            } catch {
                perform(machine.decodingFailed(error, excerpt: PeerExcerpt(excerpt)))
            }
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
            endOfChannel()
        }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A server that says no more will not answer either.
        if case .inputClosed? = event as? ChannelEvent, machine.state != .upgrading {
            endOfChannel()
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        causeOfEnd = causeOfEnd ?? error
        // While the upgrade runs, its future says what went wrong.
        if machine.state != .upgrading { endOfChannel() }
        context.close(promise: nil)
    }

    // MARK: Performing

    private func perform(_ action: ConnectionStateMachine.Action) {
        switch action {
        case .wait: break
        case .upgradeTLS: upgrade()
        case .send(let message):
            if case .greeting(_, isLegacy: false) = machine.state { settings.authenticating?() }
            message.encode(into: &outgoing)
        case .derive(let request): step(.success(.derive(request)))
        case .opened(let server): step(.success(.opened(server)))
        case .reply(let document):
            let promise = running?.promise
            running = nil
            promise?.succeed(document)
            settle()
        case .fail(let error):
            end(error)
            context?.close(promise: nil)
        }
    }

    private func upgrade() {
        guard let context, let upgrade = settings.upgrade else { return }
        upgrade.perform(context.channel).hop(to: context.eventLoop).assumeIsolated().whenComplete {
            self.upgradeEnded($0)
        }
    }

    private func upgradeEnded(_ result: Result<Void, any Error>) {
        switch result {
        case .success: perform(machine.upgradeSucceeded())
        case .failure(let error): perform(machine.upgradeFailed(error))
        }
        flush()
    }

    private func endOfChannel() {
        guard machine.state != .closed else { return }
        end(machine.channelEnded(causeOfEnd, excerpt: PeerExcerpt(machine.hasHeardMongo ? [] : excerpt)))
    }

    /// Tells everyone who waits that the connection is over.
    private func end(_ error: MongoWireError) {
        step(.failure(error))
        let promise = running?.promise
        running = nil
        promise?.fail(error)
        settle()
    }

    private func settle() {
        let waiting = settling
        settling = []
        for promise in waiting { promise.succeed() }
    }

    private func step(_ result: Result<OpeningStep, MongoWireError>) {
        let promise = opening
        opening = nil
        switch result {
        case .success(let step): promise?.succeed(step)
        case .failure(let error): promise?.fail(error)
        }
    }

    private func flush() {
        guard let context, outgoing.readableBytes > 0 else { return }
        let bytes = outgoing
        outgoing = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }
}
