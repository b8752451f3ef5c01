import NIOCore
import NIOPosix

/// A server on the loopback that says its first line at once and every further one after it was sent something.
final class ScriptedServer: Sendable {
    let port: Int
    private let channel: any Channel

    private init(channel: any Channel) {
        self.channel = channel
        self.port = channel.localAddress?.port ?? 0
    }

    static func start(_ lines: [[UInt8]]) async throws -> ScriptedServer {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Speaker(lines))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedServer(channel: channel)
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Speaker: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var lines: ArraySlice<[UInt8]>

        init(_ lines: [[UInt8]]) { self.lines = lines[...] }

        func channelActive(context: ChannelHandlerContext) { speak(context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { speak(context) }

        private func speak(_ context: ChannelHandlerContext) {
            guard let line = lines.popFirst() else { return }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: line)), promise: nil)
        }
    }
}
