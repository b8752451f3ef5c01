import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A wire that can be bent: a TCP proxy on a free port of the loopback in front of a real server.
package final class Proxy: Sendable {
    /// What becomes of the bytes, in both directions. Bytes wait in the order in which they came.
    package enum Mode: Sendable, Equatable {
        /// They pass.
        case pass
        /// They vanish and nobody is told: connections stay open and silent, new ones too.
        case stall
        /// They pass later.
        case delay(Duration)
        /// Connections are reset, and so is every new one.
        case cut
    }

    /// Its port on 127.0.0.1.
    package let port: Int
    private let channel: any Channel
    private let wire: Wire

    private init(port: Int, channel: any Channel, wire: Wire) {
        self.port = port
        self.channel = channel
        self.wire = wire
    }

    /// Starts one in front of a port of the loopback; at another address or port where one is named.
    package static func start(
        to upstream: Int, mode: Mode = .pass, at host: String = "127.0.0.1", port: Int? = nil
    ) async throws -> Proxy {
        let port = try port ?? FreePort.next()
        let wire = Wire(mode)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { child in
                wire.guests.entered(child)
                if wire.mode == .cut {
                    Reset.now(child)
                    return child.eventLoop.makeSucceededVoidFuture()
                }
                return Self.join(child, to: upstream, wire)
            }
            .bind(host: host, port: port).get()
        return Proxy(port: port, channel: channel, wire: wire)
    }

    /// Bends the wire, also of the connections that are open.
    package func set(_ mode: Mode) {
        wire.mode = mode
        if mode == .cut { wire.guests.cut() }
    }

    /// Ends it with all its connections.
    package func stop() async {
        try? await channel.close()
        await wire.guests.leave()
    }

    /// The connections of clients that are open now.
    package var connections: Int { wire.guests.count }
    /// The connections of clients that were ever taken.
    package var accepted: Int { wire.guests.everCount }

    private static func join(_ client: any Channel, to upstream: Int, _ wire: Wire) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: upstream)
            .flatMapThrowing { server in
                try client.pipeline.syncOperations.addHandler(Strand(to: server, wire))
                try server.pipeline.syncOperations.addHandler(Strand(to: client, wire))
                client.closeFuture.whenComplete { _ in server.close(promise: nil) }
                server.closeFuture.whenComplete { _ in client.close(promise: nil) }
                _ = server.setOption(.autoRead, value: true)
                _ = client.setOption(.autoRead, value: true)
            }
    }
}

/// What the strands of one proxy share.
private final class Wire: Sendable {
    let guests = Guests()
    private let box: NIOLockedValueBox<Proxy.Mode>

    init(_ mode: Proxy.Mode) { box = NIOLockedValueBox(mode) }

    var mode: Proxy.Mode {
        get { box.withLockedValue { $0 } }
        set { box.withLockedValue { $0 = newValue } }
    }
}

/// One direction of one connection. Both ends live on one event loop.
private final class Strand: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let far: any Channel
    private let wire: Wire
    /// When the bytes that wait longest to pass are due; later ones may not overtake them.
    private var due = NIODeadline.now()

    init(to far: any Channel, _ wire: Wire) {
        self.far = far
        self.wire = wire
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        switch wire.mode {
        case .pass: send(bytes, after: .zero, context)
        case .delay(let duration): send(bytes, after: TimeAmount(duration), context)
        case .stall, .cut: break
        }
    }

    private func send(_ bytes: ByteBuffer, after delay: TimeAmount, _ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        due = max(due, now + delay)
        if due <= now {
            far.writeAndFlush(bytes, promise: nil)
        } else {
            let far = far
            context.eventLoop.scheduleTask(deadline: due) { far.writeAndFlush(bytes, promise: nil) }
        }
    }

    // A slow reader slows the writer at the other end: nothing is piled up here.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        _ = far.setOption(.autoRead, value: context.channel.isWritable)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { Reset.now(context.channel) }
}
