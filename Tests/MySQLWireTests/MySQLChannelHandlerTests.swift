import NIOCore
import NIOEmbedded
import Testing

@testable import MySQLWire

@Suite("The channel handler")
struct MySQLChannelHandlerTests {
    /// Counts what is asked of the socket.
    final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var reads = 0

        func read(context: ChannelHandlerContext) {
            reads += 1
            context.read()
        }
    }

    /// A handler on an embedded channel, logged in.
    struct Bench {
        let channel = EmbeddedChannel()
        let counter = ReadCounter()
        let handler: MySQLChannelHandler
        let opening: EventLoopPromise<MySQLChannelHandler.Opened>

        init(_ configuration: MySQLConnection.Configuration = .init(username: "ann")) throws {
            opening = channel.eventLoop.makePromise()
            handler = MySQLChannelHandler(configuration: configuration, opening: opening, authenticating: nil)
            try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 3306)).wait()
            try channel.pipeline.syncOperations.addHandlers([counter, handler])
        }

        func logIn() throws {
            try channel.writeInbound(ServerSide.packets([ServerSide.greeting()], from: 0))
            try channel.writeInbound(ServerSide.packets([ServerSide.ok()], from: 2))
            _ = try opening.futureResult.wait()
            while try channel.readOutbound(as: ByteBuffer.self) != nil {}
        }

        func request(_ request: Request) -> (Int, EventLoopFuture<MySQLChannelHandler.Response>) {
            let promise = channel.eventLoop.makePromise(of: MySQLChannelHandler.Response.self)
            return (handler.request(request, promise), promise.futureResult)
        }

        func take(_ id: Int) -> EventLoopFuture<RowFlow.Batch> {
            let promise = channel.eventLoop.makePromise(of: RowFlow.Batch.self)
            handler.takeRows(of: id, promise)
            return promise.futureResult
        }

        func failure(_ future: EventLoopFuture<some Sendable>) -> MySQLWireError? {
            do {
                _ = try future.wait()
                return nil
            } catch {
                return error as? MySQLWireError
            }
        }
    }

    @Test("The socket is not read while the reader lags, and is read again once it takes rows")
    func backPressure() throws {
        var configuration = MySQLConnection.Configuration(username: "ann")
        configuration.rowBufferSize = 1000
        let bench = try Bench(configuration)
        try bench.logIn()
        let (id, response) = bench.request(.query("SELECT n"))
        try bench.channel.writeInbound(
            ServerSide.packets([ByteBuffer(integer: 1 as UInt8), ServerSide.column("n")], from: 1))
        let row = ServerSide.textRow([String(repeating: "x", count: 99)])
        var number: UInt8 = 3
        func send(_ count: Int) throws {
            for _ in 0..<count {
                try bench.channel.writeInbound(ServerSide.packets([row], from: number))
                number &+= 1
            }
        }
        try send(1)
        #expect(try response.wait().first.rows.count == 1)
        bench.channel.read()
        let before = bench.counter.reads
        try send(7)
        bench.channel.read()
        #expect(bench.counter.reads == before + 1)
        try send(1)
        for _ in 0..<5 { bench.channel.read() }
        #expect(bench.counter.reads == before + 1)
        #expect(try bench.take(id).wait().rows.count == 8)
        #expect(bench.counter.reads == before + 2)
        let next = bench.take(id)
        try bench.channel.writeInbound(ServerSide.packets([row, ServerSide.ok(first: 0xFE)], from: number))
        let last = try next.wait()
        #expect(last.rows == [row])
        #expect(last.end == .success(CommandSummary(status: [.init(rawValue: 2)])))
        #expect(bench.failure(bench.take(id)) == .cancelled)
        _ = try? bench.channel.finish()
    }

    @Test("A stream given up while the socket is held is read again to its end")
    func abandonedWhileHeld() throws {
        var configuration = MySQLConnection.Configuration(username: "ann")
        configuration.rowBufferSize = 10
        let bench = try Bench(configuration)
        try bench.logIn()
        let (id, response) = bench.request(.query("SELECT n"))
        let row = ServerSide.textRow(["0123456789"])
        try bench.channel.writeInbound(
            ServerSide.packets([ByteBuffer(integer: 1 as UInt8), ServerSide.column("n"), row], from: 1))
        _ = try response.wait()
        try bench.channel.writeInbound(ServerSide.packets([row], from: 4))
        let before = bench.counter.reads
        bench.channel.read()
        #expect(bench.counter.reads == before)
        bench.handler.abandon(id)
        #expect(bench.counter.reads == before + 1)
        let (_, ping) = bench.request(.ping)
        try bench.channel.writeInbound(ServerSide.packets([row, ServerSide.ok(first: 0xFE)], from: 5))
        try bench.channel.writeInbound(ServerSide.packets([ServerSide.ok()], from: 1))
        _ = try ping.wait()
        _ = try? bench.channel.finish()
    }

    @Test("A login is one write, a command is one write")
    func writes() throws {
        let bench = try Bench()
        try bench.channel.writeInbound(ServerSide.packets([ServerSide.greeting()], from: 0))
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) != nil)
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == nil)
        try bench.channel.writeInbound(ServerSide.packets([ServerSide.ok()], from: 2))
        _ = bench.request(.ping)
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == ServerSide.bytes("010000000e"))
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == nil)
        _ = try? bench.channel.finish()
    }

    @Test("A server that goes away fails what was asked and the rows that are missing")
    func serverGone() throws {
        let bench = try Bench()
        try bench.logIn()
        let (id, response) = bench.request(.query("SELECT n"))
        let row = ServerSide.textRow(["a"])
        try bench.channel.writeInbound(
            ServerSide.packets([ByteBuffer(integer: 1 as UInt8), ServerSide.column("n"), row], from: 1))
        #expect(try response.wait().first.rows == [row])
        let next = bench.take(id)
        bench.channel.close(promise: nil)
        #expect(try next.wait().end == .failure(.closedByServer(during: .command)))
        let (_, ping) = bench.request(.ping)
        #expect(bench.failure(ping) == .closedByServer(during: .command))
    }

    struct Untrusted: Error {}

    @Test("The upgrade's own error comes out unchanged, and nothing of the login was sent")
    func upgradeFails() throws {
        let bench = try Bench(
            .init(
                username: "ann", password: "secret", upgrade: TLSUpgrade { $0.eventLoop.makeFailedFuture(Untrusted()) })
        )
        try bench.channel.writeInbound(ServerSide.packets([ServerSide.greeting()], from: 0))
        guard case .upgradeFailed(let error) = bench.failure(bench.opening.futureResult) else {
            Issue.record("another error")
            return
        }
        #expect(error is Untrusted)
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self)?.readableBytes == 36)
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("A channel that closes during the upgrade leaves the word to the upgrade")
    func closedDuringUpgrade() throws {
        let loop = EmbeddedEventLoop()
        let upgrade = loop.makePromise(of: Void.self)
        let bench = try Bench(
            .init(username: "ann", upgrade: TLSUpgrade { [future = upgrade.futureResult] _ in future }))
        try bench.channel.writeInbound(ServerSide.packets([ServerSide.greeting()], from: 0))
        bench.channel.pipeline.fireErrorCaught(Untrusted())
        bench.channel.close(promise: nil)
        upgrade.fail(Untrusted())
        bench.channel.embeddedEventLoop.run()
        guard case .upgradeFailed = bench.failure(bench.opening.futureResult) else {
            Issue.record("another error")
            return
        }
    }

    @Test("A channel that is closed already fails the opening")
    func closedBefore() throws {
        let channel = EmbeddedChannel()
        let opening = channel.eventLoop.makePromise(of: MySQLChannelHandler.Opened.self)
        let handler = MySQLChannelHandler(
            configuration: .init(username: "ann"), opening: opening, authenticating: nil)
        try channel.pipeline.syncOperations.addHandler(handler)
        #expect(throws: MySQLWireError.closedByServer(during: .greeting)) { try opening.futureResult.wait() }
    }
}
