import NIOCore
import NIOEmbedded
import Testing

@testable import PostgresWire

@Suite("The handler, on an embedded channel")
struct HandlerTests {
    /// A handler on a channel of its own, and what it gave out.
    final class Rig {
        let channel = EmbeddedChannel()
        let handler: PostgresChannelHandler
        var opened: Result<PostgresChannelHandler.OpeningStep, any Error>?

        init(tls: Bool = false, rowBufferSize: Int = 1 << 16, upgrade: TLSUpgrade? = nil) throws {
            handler = PostgresChannelHandler(
                plan: MachineTests.machine(tls: tls).plan,
                settings: .init(upgrade: upgrade, rowBufferSize: rowBufferSize), facts: SharedFacts())
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            try channel.pipeline.syncOperations.addHandler(handler)
            handler.open(on: channel.eventLoop).assumeIsolated().whenComplete { self.opened = $0 }
        }

        var isOpen: Bool {
            if case .success(.opened) = opened { true } else { false }
        }

        var failure: PostgresWireError? {
            if case .failure(let error) = opened { error as? PostgresWireError } else { nil }
        }

        func receive(_ bytes: some Sequence<UInt8>) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

        func query() -> RowDelivery {
            let rows = RowDelivery(eventLoop: channel.eventLoop)
            handler.submit(QueryRequest(messages: [.query("x"), .sync], kind: .extended), rows)
            return rows
        }

        func read(_ rows: RowDelivery) throws -> [[String?]] {
            var all: [[String?]] = []
            while true {
                let batch = try rows.next(on: channel.eventLoop).wait()
                if batch.isEmpty { return all }
                for var span in batch {
                    while let cells = span.popCells() {
                        all.append(PostgresRow(columns: [], cells: cells).strings())
                    }
                }
            }
        }
    }

    @Test("Login and query come out the same wherever the bytes are cut")
    func splitAnywhere() throws {
        for cut in 0...Transcript.login.count {
            let rig = try Rig()
            try rig.receive(Transcript.login[..<cut])
            try rig.receive(Transcript.login[cut...])
            #expect(rig.isOpen)
        }
        for cut in 0...Transcript.answer.count {
            let rig = try Rig()
            try rig.receive(Transcript.login)
            let rows = rig.query()
            try rig.receive(Transcript.answer[..<cut])
            try rig.receive(Transcript.answer[cut...])
            #expect(try rig.read(rows) == [["1"], [nil], ["22"]])
            #expect(rows.commandTag == "SELECT 3")
        }
    }

    @Test("Each cut of a login is a closed connection, never a session")
    func truncated() throws {
        for cut in 0..<Transcript.login.count {
            let rig = try Rig()
            try rig.receive(Transcript.login[..<cut])
            rig.channel.pipeline.fireChannelInactive()
            #expect(rig.failure == .connectionClosed(nil))
        }
    }

    @Test(
        "Other servers are told from PostgreSQL by what they say first",
        arguments: [
            "SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "J\0\0\0\u{0A}5.5.5-10.11.6-MariaDB\0",
            "R\0\0\0\u{0A}8.0.36\0", "E\0\0\0\u{0A}8.0.36\0", "N\0\0\0\u{0A}8.0.36\0",
            "ERROR\r\n", "Ecould not fork\n\0",
        ], [false, true])
    func otherServers(_ greeting: String, tls: Bool) throws {
        let rig = try Rig(tls: tls)
        try rig.receive(greeting.utf8)
        #expect(rig.failure == .notPostgres(PeerExcerpt(greeting.utf8)))
        #expect(!rig.channel.isActive)
    }

    @Test("SSLRequest goes first; the login follows the upgrade")
    func upgrade() throws {
        let rig = try Rig(
            tls: true, upgrade: TLSUpgrade { $0.eventLoop.makeSucceededFuture(TLSBinding(serverEndPoint: nil)) })
        #expect(try rig.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: [0, 0, 0, 8, 4, 210, 22, 47]))
        try rig.receive("S".utf8)
        #expect(try rig.channel.readOutbound(as: ByteBuffer.self)?.getInteger(at: 4) == Int32(196_608))
        try rig.receive(Transcript.login)
        #expect(rig.isOpen)
    }

    @Test("Bytes behind the S are refused even where they come in the same read")
    func injected() throws {
        let rig = try Rig(tls: true, upgrade: TLSUpgrade { $0.eventLoop.makePromise().futureResult })
        try rig.receive("S".utf8 + Transcript.login)
        #expect(rig.failure == .unencryptedDataBeforeTLS(PeerExcerpt("S".utf8 + Transcript.login)))
    }

    @Test("Reads stop while rows wait, and go on when they are taken")
    func backPressure() throws {
        let rig = try Rig(rowBufferSize: 200)
        let counter = ReadCounter()
        try rig.channel.pipeline.syncOperations.addHandler(counter, position: .first)
        try rig.receive(Transcript.login)
        let rows = rig.query()
        try rig.receive(Transcript.parsed + Transcript.column)
        rig.channel.read()
        #expect(counter.reads == 1)
        for _ in 0..<10 { try rig.receive(Transcript.row("1")) }
        rig.channel.read()
        rig.channel.read()
        #expect(counter.reads == 1)
        #expect(try rows.next(on: rig.channel.eventLoop).wait().count == 10)
        rig.handler.resumeReading()
        #expect(counter.reads == 2)
        try rig.receive(Transcript.complete + Transcript.ready)
        #expect(try rig.read(rows).isEmpty)
    }

    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var reads = 0
        func read(context: ChannelHandlerContext) {
            reads += 1
            context.read()
        }
    }
}
