import NIOCore
import NIOHTTP1

/// Runs the exchanges of one connection: one request, one answer, then the next. Reads from the channel only while
/// somebody waits for what comes, and once while nobody does, to see the peer leave.
final class HTTPChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPClientRequestPart

    /// The head of an answer, and where its body arrives.
    struct Answer {
        var head: HTTPResponseHead
        var delivery: NIOLoopBound<BodyDelivery>
    }

    private enum State {
        /// No exchange runs. Leads to `waiting` with a request.
        case idle
        /// A request is sent. Leads to `reading` with the head of its answer.
        case waiting(EventLoopPromise<Answer>, isLast: Bool)
        /// The body is on its way. Leads to `idle` at its end, or to `closed` where the peer does not go on.
        case reading(BodyDelivery, keepsAlive: Bool)
        /// Nothing more goes over this connection.
        case closed
    }

    private let gate: HTTPHeadGate
    private let facts: ConnectionFacts
    private var state = State.idle
    private var context: ChannelHandlerContext?
    private var causeOfEnd: (any Error)?
    private var hasHeardHTTP = false
    /// A head that has come, to be told when all that came with it is taken: an answer without a body then is over, and
    /// the connection idle, before anybody asks for more.
    private var arrived: (promise: EventLoopPromise<Answer>, answer: Answer)?

    init(gate: HTTPHeadGate, facts: ConnectionFacts) {
        self.gate = gate
        self.facts = facts
    }

    // MARK: For the owner

    /// Sends a request; completes with the head of its answer.
    func send(_ head: HTTPRequestHead, isLast: Bool, on eventLoop: any EventLoop) -> EventLoopFuture<Answer> {
        switch state {
        case .waiting, .reading: return eventLoop.makeFailedFuture(HTTPWireError.busy)
        case .closed: return eventLoop.makeFailedFuture(HTTPWireError.closedBeforeAnswer)
        case .idle: break
        }
        guard let context, context.channel.isActive else {
            return eventLoop.makeFailedFuture(HTTPWireError.closedBeforeAnswer)
        }
        let promise = eventLoop.makePromise(of: Answer.self)
        state = .waiting(promise, isLast: isLast)
        facts.isIdle = false
        gate.requestSent()
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let written = eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        written.futureResult.assumeIsolated().whenFailure { error in
            // The channel goes down by itself; this is why.
            self.causeOfEnd = self.causeOfEnd ?? error
        }
        context.read()
        return promise.futureResult
    }

    /// The next pieces of a body.
    func next(of delivery: BodyDelivery) -> EventLoopFuture<[ByteBuffer]> {
        guard let context else {
            delivery.finish(.failure(.truncated))
            return delivery.next(on: facts.eventLoop)
        }
        let future = delivery.next(on: context.eventLoop)
        if delivery.isHungry { context.read() }
        return future
    }

    /// Nobody wants the rest of this body: what would have to be read to reuse the connection may have no end.
    func abandon(_ delivery: BodyDelivery) {
        guard case .reading(let current, _) = state, current === delivery else { return }
        end(.cancelled)
        context?.close(promise: nil)
    }

    /// Ends the connection, and whatever exchange runs on it.
    func close() {
        end(.cancelled)
        context?.close(promise: nil)
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(nil)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): received(head, context)
        case .body(let bytes):
            if case .reading(let delivery, _) = state { delivery.append(bytes) }
        case .end: ended(context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        announce()
        switch state {
        case .waiting: context.read()
        case .reading(let delivery, _):
            delivery.deliver()
            if delivery.isHungry { context.read() }
        case .idle, .closed: break
        }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let cause = causeOfEnd ?? error
        causeOfEnd = cause
        end(meaning(of: cause))
        context.close(promise: nil)
    }

    // MARK: An answer

    private func received(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
        hasHeardHTTP = true
        guard case .waiting(let promise, let isLast) = state else { return }
        guard head.status.code >= 200 else {
            end(.malformedAnswer("the status \(head.status.code) where nothing was asked to switch to"))
            context.close(promise: nil)
            return
        }
        gate.headReceived()
        let delivery = BodyDelivery()
        state = .reading(delivery, keepsAlive: head.isKeepAlive && !isLast)
        arrived = (promise, Answer(head: head, delivery: NIOLoopBound(delivery, eventLoop: context.eventLoop)))
    }

    private func announce() {
        guard let (promise, answer) = arrived else { return }
        arrived = nil
        promise.succeed(answer)
    }

    private func ended(_ context: ChannelHandlerContext) {
        guard case .reading(let delivery, let keepsAlive) = state else { return }
        defer { announce() }
        guard keepsAlive else {
            state = .closed
            facts.isClosed = true
            delivery.finish(.success(()))
            context.close(promise: nil)
            return
        }
        state = .idle
        facts.isIdle = true
        delivery.finish(.success(()))
        // What comes now is the peer's end, or nothing that was asked for.
        context.read()
    }

    // MARK: The end

    /// Tells whoever waits that the connection is over.
    private func end(_ error: HTTPWireError?) {
        let reason = error ?? causeOfEnd.map { meaning(of: $0) }
        facts.isClosed = true
        defer { announce() }
        switch state {
        case .idle: state = .closed
        case .waiting(let promise, _):
            state = .closed
            promise.fail(reason ?? (gate.count == 0 ? .closedBeforeAnswer : cutHead))
        case .reading(let delivery, _):
            state = .closed
            delivery.finish(.failure(reason ?? .truncated))
        case .closed: break
        }
    }

    /// The connection ended within a head.
    private var cutHead: HTTPWireError { beginsLikeHTTP ? .truncated : .notHTTP(gate.excerpt) }

    private var beginsLikeHTTP: Bool {
        let sign = Array("HTTP/".utf8)
        return hasHeardHTTP || sign.starts(with: gate.excerpt.bytes) || gate.excerpt.bytes.starts(with: sign)
    }

    private func meaning(of error: any Error) -> HTTPWireError {
        let isReading = if case .reading = state { true } else { false }
        switch error {
        case let error as HTTPWireError: return error
        case HTTPParserError.headerOverflow: return .headTooLarge
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
            if isReading { return .truncated }
            return gate.count == 0 ? .closedBeforeAnswer : cutHead
        case let error as HTTPParserError:
            guard isReading || beginsLikeHTTP else { return .notHTTP(gate.excerpt) }
            return .malformedAnswer("\(error)")
        case is NIOHTTPDecoderError:
            return .malformedAnswer("an answer that nothing was asked for")
        default: return .channelFailed(error, beforeAnswer: !isReading && gate.count == 0)
        }
    }
}
