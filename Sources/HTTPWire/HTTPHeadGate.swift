import NIOCore

/// Stands before the decoder and looks at raw bytes until the head of an answer is there: bounds what comes before it,
/// and keeps the first of it for people.
///
/// The decoder bounds the fields, but not the words behind the status code, nor how many interim answers come.
final class HTTPHeadGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes of an answer's head, with the interim answers before it.
    static let limit = 64 << 10

    /// The bytes since the request, as long as no head has come.
    private(set) var count = 0
    private var excerptBytes: [UInt8] = []
    private var isOpen = false

    /// The first bytes of the answer.
    var excerpt: HTTPExcerpt { HTTPExcerpt(excerptBytes) }

    /// A request goes out: what comes now is a head.
    func requestSent() {
        count = 0
        excerptBytes = []
        isOpen = false
    }

    /// The head is there: what comes now is a body.
    func headReceived() { isOpen = true }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOpen else { return context.fireChannelRead(data) }
        let bytes = Self.unwrapInboundIn(data)
        count += bytes.readableBytes
        if excerptBytes.count < HTTPExcerpt.limit {
            excerptBytes += bytes.readableBytesView.prefix(HTTPExcerpt.limit - excerptBytes.count)
        }
        context.fireChannelRead(data)
        // A head may come in one piece with a body behind it: only what is still no head counts.
        if !isOpen, count > Self.limit { context.fireErrorCaught(HTTPWireError.headTooLarge) }
    }
}
