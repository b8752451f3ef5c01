import NIOCore

/// Carries the TLS handshake in packets of the type PRELOGIN ([MS-TDS] section 2.2.6.5) and lets everything through as it
/// is once the handshake is over. Stands between the transport and TLS.
final class PreLoginCarrier: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The name in the pipeline.
    static let name = "TDSWire.PreLoginCarrier"

    /// Bytes of a packet before the login has agreed on another size.
    private static let packetSize = 4096

    /// A server answers in packets of the same type; of some a reply's type is known.
    private var packets = PacketDecoder([.preLogin, .reply])
    private var written = ByteBuffer()
    private var promises: [EventLoopPromise<Void>] = []
    private var isOpen = false

    /// The handshake is over: what comes and goes from now on are TLS records, or whatever comes after them.
    func open(context: ChannelHandlerContext) {
        sendWritten(context)
        isOpen = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while !isOpen, bytes.readableBytes > 0 {
            var records = ByteBuffer()
            do throws(DecodingFailure) {
                _ = try packets.decode(&bytes, into: &records)
            } catch {
                context.fireErrorCaught(TDSWireError.handshakeNotInPackets)
                return
            }
            if records.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(records)) }
        }
        if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isOpen { return context.write(data, promise: promise) }
        var bytes = unwrapOutboundIn(data)
        written.writeBuffer(&bytes)
        if let promise { promises.append(promise) }
    }

    func flush(context: ChannelHandlerContext) {
        sendWritten(context)
        context.flush()
    }

    /// What was written since the last time goes as one message.
    private func sendWritten(_ context: ChannelHandlerContext) {
        guard written.readableBytes > 0 else { return }
        var packets = ByteBuffer()
        packets.writeMessage(.preLogin, written, packetSize: Self.packetSize)
        written = ByteBuffer()
        let waiting = promises
        promises = []
        let promise = waiting.isEmpty ? nil : context.eventLoop.makePromise(of: Void.self)
        promise?.futureResult.whenComplete { result in waiting.forEach { $0.completeWith(result) } }
        context.write(wrapOutboundOut(packets), promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promises.forEach { $0.fail(ChannelError.ioOnClosedChannel) }
        promises = []
    }
}
