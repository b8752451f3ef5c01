import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import HTTPWire

/// A connection on an embedded channel, and what it gave out.
final class Rig {
    let channel = EmbeddedChannel()
    let handler: HTTPChannelHandler
    let facts: ConnectionFacts
    let reads = ReadCounter()
    /// The head of the latest answer, or why there is none.
    private(set) var answer: Result<HTTPChannelHandler.Answer, HTTPWireError>?
    /// The body of the latest answer as far as it was read, and how it ended.
    private(set) var body: [UInt8] = []
    private(set) var end: Result<Void, HTTPWireError>?

    init() throws {
        facts = ConnectionFacts(eventLoop: channel.eventLoop)
        handler = try HTTPConnection.install(on: channel, facts)
        try channel.pipeline.syncOperations.addHandler(reads, position: .first)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Sends a request; with `reading`, the body is read as it comes.
    func send(
        _ request: HTTPRequest = HTTPRequest(.get, "/", host: "x.test"), reading: Bool = true
    ) throws {
        (answer, body, end) = (nil, [], nil)
        let head = try request.head()
        handler.send(head, isLast: request.isLast, on: channel.eventLoop).assumeIsolated().whenComplete {
            self.answer = $0.mapError { $0 as? HTTPWireError ?? .channelFailed($0, beforeAnswer: false) }
            if reading, case .success(let answer) = $0 { self.readOn(answer.delivery.value) }
        }
    }

    /// Takes the next pieces of the body, and those after them.
    func readOn(_ delivery: BodyDelivery, once: Bool = false) {
        handler.next(of: delivery).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let pieces) where pieces.isEmpty: self.end = .success(())
            case .success(let pieces):
                for piece in pieces { self.body += piece.readableBytesView }
                if !once { self.readOn(delivery) }
            case .failure(let error):
                self.end = .failure(error as? HTTPWireError ?? .channelFailed(error, beforeAnswer: false))
            }
        }
    }

    func receive(_ bytes: some Sequence<UInt8>) {
        // The embedded channel throws what the pipeline's end was told; whoever waits was told too.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    func receive(_ text: String) { receive(text.utf8) }

    /// The peer hangs up.
    func hangUp() { _ = try? channel.finish(acceptAlreadyClosed: true) }

    var status: Int? { (try? answer?.get()).map { Int($0.head.status.code) } }
    var bodyText: String { String(decoding: body, as: UTF8.self) }
    var hasEndedWell: Bool { if case .success? = end { true } else { false } }

    /// Why there is no whole answer; nil where nothing is wrong, or nothing is decided.
    var failure: HTTPWireError? {
        if case .failure(let error)? = answer { return error }
        if case .failure(let error)? = end { return error }
        return nil
    }

    /// What went out.
    func sent() throws -> String {
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }
}
