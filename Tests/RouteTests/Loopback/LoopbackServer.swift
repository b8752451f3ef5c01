import NIOCore
import NIOPosix
import Testing

/// A server of the tests on the loopback interface.
final class LoopbackServer: Sendable {
    let port: Int
    private let listener: any Channel

    private init(listener: any Channel, port: Int) {
        self.listener = listener
        self.port = port
    }

    /// - Parameter initialize: gives an accepted connection its handlers.
    static func start(
        host: String = "127.0.0.1", port: Int = 0,
        _ initialize: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> LoopbackServer {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try initialize(channel) }
            }
            .bind(host: host, port: port).get()
        return LoopbackServer(listener: listener, port: try #require(listener.localAddress?.port))
    }

    func stop() async {
        try? await listener.close()
    }
}

/// Says something as soon as a connection is there, and hangs up if told to.
final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let words: String
    private let hangsUp: Bool

    init(_ words: String, hangsUp: Bool = false) {
        self.words = words
        self.hangsUp = hangsUp
    }

    func channelActive(context: ChannelHandlerContext) {
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: words)), promise: written)
        if hangsUp {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
    }
}

/// Collects what arrives until a line is complete or the stream ends.
final class LineReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var line = ""
    private let promise: EventLoopPromise<String>
    private var done = false

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        line += String(buffer: unwrapInboundIn(data))
        if line.contains("\n") { finish(.success(line)) } else { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { finish(.failure(ChannelError.eof)) }

    private func finish(_ result: Result<String, any Error>) {
        guard !done else { return }
        done = true
        promise.completeWith(result)
    }

    /// Adds a reader to a channel and asks for the first bytes.
    static func read(from channel: any Channel, first: @Sendable () async throws -> Void = {}) async throws -> String {
        let promise = channel.eventLoop.makePromise(of: String.self)
        do {
            try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.addHandler(LineReader(promise))
            }.get()
            try await first()
        } catch {
            promise.fail(error)
            throw error
        }
        channel.read()
        return try await promise.futureResult.get()
    }
}
