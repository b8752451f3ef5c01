import NIOCore
import NIOSSL
import SourceModel
import Testing

@testable import Route

@Suite("An upgrade to TLS")
struct UpgradeTests {
    @Test("in the middle of a conversation goes below the driver's handlers", arguments: [TLSVersion.tlsv12, .tlsv13])
    func onRequest(version: TLSVersion) async throws {
        let server = try await TLSServer(
            identity: try Certificates.shared.server(.good), version: version, onRequest: true
        ).start()
        let journal = StageJournal()
        let routed = try await Route.loopback()
            .open(.direct("db.test", server.port, .tls(try .authority())), journal: journal)
        let upgrade = try #require(routed.upgrade)
        let promise = routed.channel.eventLoop.makePromise(of: String.self)
        try await routed.channel.eventLoop.submit {
            try routed.channel.pipeline.syncOperations.addHandler(Asker(upgrade, promise))
        }.get()
        routed.channel.read()
        #expect(try await promise.futureResult.get() == "hello\n")
        #expect(journal.report().stages.map(\.stage) == [.resolve, .dial, .tls])
        try await routed.channel.close()
        await server.stop()
    }

    @Test("that gets no answer ends with the channel")
    func silence() async throws {
        let server = try await LoopbackServer.start { _ in }
        let journal = StageJournal()
        let routed = try await Route.loopback()
            .open(.direct("db.test", server.port, .tls(try .authority())), journal: journal)
        let upgrade = try #require(routed.upgrade)
        let future = upgrade(routed.channel)
        #expect(journal.current == .tls)
        routed.channel.close(promise: nil)
        let failure = await #expect(throws: SourceFailure.self) { _ = try await future.get() }
        #expect(failure?.code == .tlsHandshakeFailed)
        await server.stop()
    }

    @Test("of a channel that the server has closed already fails as one of TLS")
    func closedBefore() async throws {
        let server = try await LoopbackServer.start { $0.close(promise: nil) }
        let routed = try await Route.loopback()
            .open(.direct("db.test", server.port, .tls(try .authority())), journal: StageJournal())
        let upgrade = try #require(routed.upgrade)
        let failure = await #expect(throws: SourceFailure.self) { _ = try await upgrade(routed.channel).get() }
        #expect(failure?.stage == .tls)
        await server.stop()
    }
}

/// Asks for TLS in plain text as a driver does, upgrades, and reads a line.
private final class Asker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let upgrade: @Sendable (any Channel) -> EventLoopFuture<TLSObservation>
    private let promise: EventLoopPromise<String>
    private var isSecure = false

    init(
        _ upgrade: @escaping @Sendable (any Channel) -> EventLoopFuture<TLSObservation>,
        _ promise: EventLoopPromise<String>
    ) {
        self.upgrade = upgrade
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "?")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let text = String(buffer: unwrapInboundIn(data))
        if isSecure {
            promise.succeed(text)
        } else if text == "S" {
            isSecure = true
            let channel = context.channel
            upgrade(channel).whenSuccess { _ in channel.read() }
        } else {
            promise.fail(ChannelError.inappropriateOperationForState)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
