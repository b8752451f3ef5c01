import NIOCore
import Synchronization

/// The bytes of an answer's body, in the pieces in which they come, to be read once. Nothing is read from the network
/// that was not asked for, but what one read gives: at most some hundred KiB.
public struct HTTPBody: Sendable, AsyncSequence {
    /// A piece, never empty.
    public typealias Element = ByteBuffer

    private let reader: BodyReader

    init(_ reader: BodyReader) { self.reader = reader }

    /// The next piece, never empty; nil at the end. One task at a time may ask. Cancelling the task closes the
    /// connection.
    public func next() async throws(HTTPWireError) -> ByteBuffer? { try await reader.next() }

    /// Everything that is left.
    ///
    /// - Throws: `bodyTooLarge` where it is more than `limit` bytes.
    public func collect(upTo limit: Int) async throws(HTTPWireError) -> ByteBuffer {
        var whole = ByteBuffer()
        while var piece = try await next() {
            guard whole.readableBytes + piece.readableBytes <= limit else { throw .bodyTooLarge(limit: limit) }
            whole.writeBuffer(&piece)
        }
        return whole
    }

    /// Goes on where the body is; two iterators share it.
    public func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    /// Reads a body piece by piece.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let body: HTTPBody

        /// The next piece; nil at the end.
        public mutating func next() async throws(HTTPWireError) -> ByteBuffer? { try await body.next() }

        /// The same; reading is done on the channel's event loop whoever asks.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(HTTPWireError) -> ByteBuffer? {
            try await body.next()
        }
    }
}

/// Reads a body off the event loop; when nobody holds it any more, nobody wants the rest.
final class BodyReader: Sendable {
    private let handler: NIOLoopBound<HTTPChannelHandler>
    private let delivery: NIOLoopBound<BodyDelivery>
    private let channel: any Channel
    /// What has come over and was not taken yet, the next piece last.
    private let here = Mutex<[ByteBuffer]>([])

    init(handler: NIOLoopBound<HTTPChannelHandler>, delivery: NIOLoopBound<BodyDelivery>, channel: any Channel) {
        self.handler = handler
        self.delivery = delivery
        self.channel = channel
    }

    deinit {
        let (handler, delivery) = (handler, delivery)
        channel.eventLoop.execute { handler.value.abandon(delivery.value) }
    }

    func next() async throws(HTTPWireError) -> ByteBuffer? {
        if let piece = here.withLock({ $0.popLast() }) { return piece }
        do {
            let pieces = try await withTaskCancellationHandler {
                try Task.checkCancellation()
                return try await channel.eventLoop.flatSubmit { [handler, delivery] in
                    handler.value.next(of: delivery.value)
                }.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            // A body that has no length ends with its connection, also where cancelling has closed it.
            if pieces.isEmpty { try Task.checkCancellation() }
            return here.withLock { here in
                here = pieces.reversed()
                return here.popLast()
            }
        } catch {
            throw Task.isCancelled ? .cancelled : HTTPWireError(error)
        }
    }
}

/// The pieces of one body between the decoder and the reader; lives on the event loop.
final class BodyDelivery {
    private var pieces: [ByteBuffer] = []
    private var waiter: EventLoopPromise<[ByteBuffer]>?
    private var end: Result<Void, HTTPWireError>?

    /// Whether somebody waits for bytes and there are none.
    var isHungry: Bool { waiter != nil && pieces.isEmpty }
    /// Whether the body has ended, well or not.
    var hasEnded: Bool { end != nil }

    func append(_ bytes: ByteBuffer) {
        if bytes.readableBytes > 0 { pieces.append(bytes) }
    }

    /// Gives what is there to who waits.
    func deliver() {
        guard let waiter else { return }
        if !pieces.isEmpty {
            let batch = pieces
            (self.waiter, pieces) = (nil, [])
            waiter.succeed(batch)
        } else if let end {
            self.waiter = nil
            switch end {
            case .success: waiter.succeed([])
            case .failure(let error): waiter.fail(error)
            }
        }
    }

    /// What is there, or what comes next; nothing at the end.
    func next(on eventLoop: any EventLoop) -> EventLoopFuture<[ByteBuffer]> {
        guard waiter == nil else { return eventLoop.makeFailedFuture(HTTPWireError.busy) }
        let promise = eventLoop.makePromise(of: [ByteBuffer].self)
        waiter = promise
        deliver()
        return promise.futureResult
    }

    func finish(_ result: Result<Void, HTTPWireError>) {
        guard end == nil else { return }
        end = result
        deliver()
    }
}
