import NIOCore
import NIOHTTP1
import Synchronization

/// A client's connection of HTTP/1.1 (RFC 9112) on a channel that somebody else has connected. One exchange runs at a
/// time; the connection is kept for the next one where the server keeps it.
public final class HTTPConnection: Sendable {
    /// The channel below.
    public let channel: any Channel

    /// Fields of a head at most, trailers included.
    public static let fieldLimit = 256

    private let handler: NIOLoopBound<HTTPChannelHandler>
    private let facts: ConnectionFacts

    private init(channel: any Channel, handler: NIOLoopBound<HTTPChannelHandler>, facts: ConnectionFacts) {
        self.channel = channel
        self.handler = handler
        self.facts = facts
    }

    /// Takes a connected channel of which nothing has been read, and that does not read by itself. Sends nothing yet.
    public static func open(on channel: any Channel) async throws(HTTPWireError) -> HTTPConnection {
        let facts = ConnectionFacts(eventLoop: channel.eventLoop)
        do {
            let handler = try await channel.eventLoop.submit {
                NIOLoopBound(try install(on: channel, facts), eventLoop: channel.eventLoop)
            }.get()
            return HTTPConnection(channel: channel, handler: handler, facts: facts)
        } catch {
            channel.close(promise: nil)
            throw HTTPWireError(error)
        }
    }

    /// Puts the handlers on a channel; on its event loop.
    static func install(on channel: any Channel, _ facts: ConnectionFacts) throws -> HTTPChannelHandler {
        let gate = HTTPHeadGate()
        let handler = HTTPChannelHandler(gate: gate, facts: facts)
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = HTTPHeadGate.limit
        limits.maxHeaderListSize = HTTPHeadGate.limit
        limits.maxHeaderFieldCount = fieldLimit
        let decoder = HTTPResponseDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandlers([
            gate, HTTPRequestEncoder(configuration: .init()), ByteToMessageHandler(decoder), handler,
        ])
        return handler
    }

    // MARK: Exchanges

    /// Sends a request and waits for the head of its answer. Interim answers (1xx) are passed over. If this throws
    /// anything but `invalidRequest` and `busy`, or its task is cancelled, the connection is closed.
    public func send(_ request: HTTPRequest) async throws(HTTPWireError) -> HTTPResponse {
        let head = try request.head()
        do {
            let answer = try await withTaskCancellationHandler {
                try Task.checkCancellation()
                return try await channel.eventLoop.flatSubmit { [handler, channel] in
                    handler.value.send(head, isLast: request.isLast, on: channel.eventLoop)
                }.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            let reader = BodyReader(handler: handler, delivery: answer.delivery, channel: channel)
            return HTTPResponse(
                status: Int(answer.head.status.code), reason: answer.head.status.reasonPhrase,
                fields: HTTPFields(answer.head.headers), body: HTTPBody(reader))
        } catch {
            throw Task.isCancelled ? .cancelled : HTTPWireError(error)
        }
    }

    /// Whether a request can be sent now: the connection is open, and the answer before has been read to its end. The
    /// server may close it the next moment all the same.
    public var isIdle: Bool { facts.isIdle }

    // MARK: Closing

    /// Closes the channel; returns when it is closed. An exchange that runs fails.
    public func close() async {
        channel.eventLoop.execute { [handler] in handler.value.close() }
        try? await channel.closeFuture.get()
    }
}

/// What is known about a connection, for readers on any thread.
final class ConnectionFacts: Sendable {
    let eventLoop: any EventLoop
    private let state = Mutex((isIdle: true, isClosed: false))

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Whether a request can be sent.
    var isIdle: Bool {
        get { state.withLock { $0.isIdle && !$0.isClosed } }
        set { state.withLock { $0.isIdle = newValue } }
    }

    var isClosed: Bool {
        get { state.withLock { $0.isClosed } }
        set { state.withLock { $0.isClosed = newValue } }
    }
}

extension HTTPWireError {
    /// An error that came through a future.
    init(_ error: any Error) {
        switch error {
        case let error as HTTPWireError: self = error
        case is CancellationError: self = .cancelled
        default: self = .channelFailed(error, beforeAnswer: false)
        }
    }
}
