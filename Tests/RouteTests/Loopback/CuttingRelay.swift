import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Carries bytes to a port of the loopback, and ends a connection when its client sends more pieces than it may.
final class CuttingRelay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// How many pieces clients may send; without a number, any.
    final class Gate: Sendable {
        private let state = NIOLockedValueBox<(allowed: Int?, cuts: Int)>((nil, 0))

        var cuts: Int { state.withLockedValue { $0.cuts } }

        /// So many more pieces pass; the next one cuts its connection, and all pass after that.
        func allow(_ pieces: Int) { state.withLockedValue { $0.allowed = pieces } }

        fileprivate func lets() -> Bool {
            state.withLockedValue { state in
                guard let allowed = state.allowed else { return true }
                guard allowed == 0 else {
                    state.allowed = allowed - 1
                    return true
                }
                state = (nil, state.cuts + 1)
                return false
            }
        }
    }

    private let far: any Channel
    private let gate: Gate?

    private init(to far: any Channel, _ gate: Gate?) { (self.far, self.gate) = (far, gate) }

    static func start(to port: Int, _ gate: Gate) async throws -> LoopbackServer {
        try await LoopbackServer.start { near in
            // Nothing is read before there is somewhere to send it to.
            try near.syncOptions?.setOption(.autoRead, value: false)
            ClientBootstrap(group: near.eventLoop)
                .channelInitializer { far in
                    far.eventLoop.makeCompletedFuture {
                        try far.pipeline.syncOperations.addHandler(CuttingRelay(to: near, nil))
                        try near.pipeline.syncOperations.addHandler(CuttingRelay(to: far, gate))
                    }
                }
                .connect(host: "127.0.0.1", port: port)
                .flatMap { _ in near.setOption(.autoRead, value: true) }
                .whenFailure { _ in near.close(promise: nil) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard gate?.lets() ?? true else {
            context.close(promise: nil)
            return far.close(promise: nil)
        }
        far.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { far.close(promise: nil) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
