import NIOCore
import NIOEmbedded
import Testing

@testable import TDSWire

@Suite("The handler, on an embedded channel")
struct HandlerTests {
    private static let rows: [[String?]] = [["1", "añ𝄞"], [nil, nil], ["2", ""]]

    @Test("Login and query come out the same wherever the bytes are cut")
    func splitAnywhere() throws {
        let login = ServerBytes.packet(ServerBytes.login)
        let greeting = ServerBytes.preLogin(encryption: 2)
        for cut in 0...greeting.count {
            let rig = try Rig()
            try rig.receive(greeting[..<cut])
            try rig.receive(greeting[cut...])
            try rig.receive(login)
            #expect(rig.isOpen)
        }
        for cut in 0...login.count {
            let rig = try Rig()
            try rig.receive(greeting)
            try rig.receive(login[..<cut])
            try rig.receive(login[cut...])
            #expect(rig.isOpen)
        }
        for size in [1, 2, 3, 7, 4000] {
            let answer = ServerBytes.packets(ServerBytes.answer, size: size)
            for cut in 0...answer.count {
                let rig = try Rig.open()
                let rows = rig.query()
                try rig.receive(answer[..<cut])
                try rig.receive(answer[cut...])
                #expect(try rig.read(rows) == Self.rows)
                #expect(!rig.handler.isQuerying)
            }
        }
    }

    @Test("Byte by byte a result is the same")
    func byteByByte() throws {
        let rig = try Rig.open()
        let rows = rig.query()
        for byte in ServerBytes.packets(ServerBytes.answer, size: 5) { try rig.receive([byte]) }
        #expect(try rig.read(rows) == Self.rows)
    }

    @Test("Each cut of a login is a closed connection, never a session")
    func truncated() throws {
        let login = ServerBytes.preLogin(encryption: 2) + ServerBytes.packet(ServerBytes.login)
        for cut in 0..<login.count where cut != ServerBytes.preLogin(encryption: 2).count {
            let rig = try Rig()
            let greeting = min(cut, ServerBytes.preLogin(encryption: 2).count)
            try rig.receive(login[..<greeting])
            try rig.receive(login[greeting..<cut])
            rig.channel.pipeline.fireChannelInactive()
            #expect(rig.failure == .connectionClosed(nil))
        }
    }

    @Test(
        "Other servers are told by what they say first",
        arguments: [
            "SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "J\0\0\0\u{0A}5.5.5-10.11.6-MariaDB\0",
            "220 mail ESMTP\r\n", "-ERR unknown command\r\n", "\u{15}\u{03}\u{01}\0\u{02}\u{02}\u{28}",
        ], [TDSEncryption.loginAlone, .required])
    func otherServers(_ greeting: String, _ encryption: TDSEncryption) throws {
        let rig = try Rig(encryption)
        try rig.receive(greeting.utf8)
        #expect(rig.failure == .notTDS(Array(greeting.utf8)))
        #expect(!rig.channel.isActive)
    }

    @Test(
        "What the server says about encryption decides",
        arguments: [
            (TDSEncryption.required, UInt8(0), TDSWireError.tlsNotSupported), (.required, 2, .tlsNotSupported),
            (.loginAlone, 1, .tlsRequired), (.loginAlone, 3, .tlsRequired),
        ])
    func negotiation(_ encryption: TDSEncryption, _ answer: UInt8, _ error: TDSWireError) throws {
        let rig = try Rig(
            encryption, upgrade: TLSUpgrade { channel, _ in channel.eventLoop.makePromise().futureResult })
        try rig.receive(ServerBytes.preLogin(encryption: answer))
        #expect(rig.failure == error)
    }

    @Test(
        "TLS is asked for where it belongs, and for what",
        arguments: [(TDSEncryption.required, UInt8(1), false), (.required, 3, false), (.loginAlone, 0, true)])
    func upgrade(_ encryption: TDSEncryption, _ answer: UInt8, _ isForLoginAlone: Bool) throws {
        let seen = Seen()
        let rig = try Rig(
            encryption,
            upgrade: TLSUpgrade { channel, request in
                seen.request = request
                return channel.eventLoop.makeSucceededFuture(
                    TLSUpgrade.Outcome { _ in seen.isRemoved = true })
            })
        #expect(rig.sent().first == 0x12)
        try rig.receive(ServerBytes.preLogin(encryption: answer))
        rig.channel.embeddedEventLoop.run()
        #expect(
            seen.request
                == TLSUpgrade.Request(
                    carrier: PreLoginCarrier.name, applicationProtocols: [], isForLoginAlone: isForLoginAlone))
        #expect(seen.isRemoved == isForLoginAlone)
        #expect(rig.sent().first == 0x10)
        try rig.receive(ServerBytes.packet(ServerBytes.login))
        #expect(rig.isOpen)
    }

    private final class Seen: @unchecked Sendable {
        // Touched on the test's own thread only: an embedded loop has no other.
        var request: TLSUpgrade.Request?
        var isRemoved = false
    }

    @Test("TDS 8.0 begins with TLS")
    func strict() throws {
        let seen = Seen()
        let rig = try Rig(
            .strict,
            upgrade: TLSUpgrade { channel, request in
                seen.request = request
                return channel.eventLoop.makeSucceededFuture(TLSUpgrade.Outcome { _ in })
            })
        #expect(rig.sent().isEmpty)
        rig.channel.embeddedEventLoop.run()
        #expect(
            seen.request
                == TLSUpgrade.Request(carrier: nil, applicationProtocols: ["tds/8.0"], isForLoginAlone: false))
        #expect(rig.sent().first == 0x12)
        try rig.receive(ServerBytes.preLogin(encryption: 4))
        #expect(Array(rig.sent()[12..<16]) == [0, 0, 0, 8])
        try rig.receive(ServerBytes.packet(ServerBytes.login))
        #expect(rig.isOpen)
    }

    @Test("Bytes between PRELOGIN and TLS are refused even where they come in the same read")
    func injected() throws {
        let rig = try Rig(
            .required, upgrade: TLSUpgrade { channel, _ in channel.eventLoop.makePromise().futureResult })
        try rig.receive(ServerBytes.preLogin(encryption: 1) + ServerBytes.packet(ServerBytes.login))
        #expect(rig.failure == .protocolViolation("Bytes came between PRELOGIN and what follows it."))
    }

    @Test(
        "A refused login is told by its first error",
        arguments: [
            ServerBytes.error(18456, "Login failed.", state: 8) + ServerBytes.done(2),
            ServerBytes.error(18456, "Login failed.", state: 8) + ServerBytes.error(4060) + ServerBytes.done(2),
        ])
    func refused(_ tokens: [UInt8]) throws {
        let rig = try Rig()
        try rig.receive(ServerBytes.preLogin(encryption: 2))
        try rig.receive(ServerBytes.packet(tokens))
        #expect(
            rig.failure
                == .server(
                    TDSServerMessage(
                        number: 18456, state: 8, severity: 14, text: "Login failed.", server: "db1", line: 1)))
    }

    @Test("A server that hangs up behind its refusal has refused")
    func refusedAndGone() throws {
        let rig = try Rig()
        try rig.receive(ServerBytes.preLogin(encryption: 2))
        try rig.receive(ServerBytes.packet(ServerBytes.error(40615), last: false))
        rig.channel.pipeline.fireChannelInactive()
        guard case .server(let refusal) = rig.failure else {
            Issue.record("\(String(describing: rig.opened))")
            return
        }
        #expect(refusal.number == 40615)
    }

    @Test("A server that sends its clients elsewhere says where")
    func routed() throws {
        let rig = try Rig()
        try rig.receive(ServerBytes.preLogin(encryption: 2))
        let place: [UInt8] = [0] + ServerBytes.short(11_001) + ServerBytes.shortText("node7.db.test")
        let value = ServerBytes.short(place.count) + place + ServerBytes.short(0)
        try rig.receive(
            ServerBytes.packet(
                ServerBytes.acknowledgement + ServerBytes.environment(20, value) + ServerBytes.done()))
        #expect(rig.failure == .routed(TDSRouting(host: "node7.db.test", port: 11_001)))
    }

    @Test(
        "A login that is not spoken here is named",
        arguments: [
            ([0xED, 3, 0, 1, 2, 3] as [UInt8], "Windows authentication (NTLM or Kerberos)"),
            ([0xEE, 4, 0, 0, 0, 0, 0, 0, 0], "Microsoft Entra ID"),
        ])
    func foreignLogins(_ token: [UInt8], _ name: String) throws {
        let rig = try Rig()
        try rig.receive(ServerBytes.preLogin(encryption: 2))
        try rig.receive(ServerBytes.packet(token))
        #expect(rig.failure == .unsupportedAuthenticationMethod(name))
    }

    @Test("Reads stop while rows wait, and go on when they are taken")
    func backPressure() throws {
        let rig = try Rig.open(rowBufferSize: 200)
        let counter = ReadCounter()
        try rig.channel.pipeline.syncOperations.addHandler(counter, position: .first)
        let rows = rig.query()
        let columns = ServerBytes.columns([ServerBytes.column("n", ServerBytes.integer)])
        try rig.receive(ServerBytes.packet(columns, last: false))
        rig.channel.read()
        #expect(counter.reads == 1)
        for _ in 0..<10 { try rig.receive(ServerBytes.packet([0xD1, 4] + ServerBytes.long(7), last: false)) }
        rig.channel.read()
        rig.channel.read()
        #expect(counter.reads == 1)
        #expect(try rows.next(on: rig.channel.eventLoop).wait().count == 10)
        rig.handler.resumeReading()
        #expect(counter.reads == 2)
        try rig.receive(ServerBytes.packet(ServerBytes.done()))
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

    @Test("Rows that are given up cost an attention; the next request waits for its acknowledgement")
    func attention() throws {
        let rig = try Rig.open()
        let rows = rig.query()
        let columns = ServerBytes.columns([ServerBytes.column("n", ServerBytes.integer)])
        try rig.receive(ServerBytes.packet(columns + [0xD1, 4] + ServerBytes.long(7), last: false))
        _ = rig.sent()
        rig.handler.abandon(rows)
        rig.handler.abandon(rows)
        #expect(rig.sent() == Examples.attention)
        let next = rig.query(.batch("y"))
        #expect(rig.sent().isEmpty)
        // The answer ends as if nothing were asked; the acknowledgement comes behind it.
        try rig.receive(ServerBytes.packet([0xD1, 4] + ServerBytes.long(8) + ServerBytes.done(0x10, rows: 2)))
        #expect(rig.sent().isEmpty)
        try rig.receive(ServerBytes.packet(ServerBytes.done(0x20)))
        #expect(rig.sent().first == 0x01)
        try rig.receive(ServerBytes.packet(ServerBytes.answer))
        #expect(try rig.read(next) == Self.rows)
    }

    @Test("What nobody wants is thrown away only up to a bound")
    func drainBound() throws {
        let rig = try Rig.open(drainLimit: 500)
        let rows = rig.query()
        rig.handler.abandon(rows)
        try rig.receive(
            ServerBytes.packet(ServerBytes.columns([ServerBytes.column("n", ServerBytes.integer)]), last: false))
        for _ in 0..<100 where rig.channel.isActive {
            try? rig.receive(ServerBytes.packet([0xD1, 4] + ServerBytes.long(7), last: false))
        }
        #expect(!rig.channel.isActive)
    }

    /// A handler in a transaction, 0x35.
    private static func inTransaction() throws -> Rig {
        let rig = try Rig.open()
        let begun = rig.query(.batch("BEGIN TRANSACTION"))
        try rig.receive(
            ServerBytes.packet(
                ServerBytes.environment(8, [8] + ServerBytes.longLong(0x35) + [0]) + ServerBytes.done()))
        #expect(try rig.read(begun).isEmpty)
        _ = rig.sent()
        return rig
    }

    @Test(
        "A commit or a rollback inside a statement is told, whatever else the statement gives",
        arguments: [
            (UInt8(9), ServerBytes.answer), (10, ServerBytes.answer), (9, ServerBytes.done()), (10, ServerBytes.done()),
            // The server's own words for it, when the procedure that runs the statement ends.
            (10, ServerBytes.error(266, "Transaction count after EXECUTE …", severity: 16) + ServerBytes.done(2)),
        ] as [(UInt8, [UInt8])])
    func committed(_ change: UInt8, _ rest: [UInt8]) throws {
        let rig = try Self.inTransaction()
        let rows = rig.query()
        // The request names the transaction.
        #expect(Array(rig.sent()[18..<26]) == [0x35, 0, 0, 0, 0, 0, 0, 0])
        try rig.receive(
            ServerBytes.packet(ServerBytes.environment(change, [0, 8] + ServerBytes.longLong(0x35)) + rest))
        // Before any row: whoever reads only a few is told as well.
        #expect(throws: TDSWireError.transactionEnded) { try rows.columnsKnown.wait() }
    }

    @Test(
        "An error does not hide that the statement has ended the transaction",
        arguments: [
            // A commit; a rollback with a row changed behind it, a transaction begun, columns, the server's own words.
            ServerBytes.environment(9, [0, 8] + ServerBytes.longLong(0x35)) + ServerBytes.done(),
            HandlerTests.rollback + ServerBytes.done(0x11, rows: 1, token: 0xFF) + ServerBytes.done(token: 0xFE),
            HandlerTests.rollback + ServerBytes.environment(8, [8] + ServerBytes.longLong(0x36) + [0])
                + ServerBytes.done(token: 0xFE),
            HandlerTests.rollback + ServerBytes.answer,
            HandlerTests.rollback + ServerBytes.error(266, severity: 16) + ServerBytes.done(2),
        ])
    func endedBehindError(_ rest: [UInt8]) throws {
        let rig = try Self.inTransaction()
        let rows = rig.query()
        let raised = ServerBytes.error(50000, "raised", severity: 16) + ServerBytes.done(3, token: 0xFF)
        try rig.receive(ServerBytes.packet(raised + rest))
        #expect(throws: TDSWireError.transactionEnded) { try rig.read(rows) }
    }

    /// What the server sends when a transaction is rolled back.
    private static let rollback = ServerBytes.environment(10, [0, 8] + ServerBytes.longLong(0x35))

    @Test(
        "Of rows that are given up the end is known: the statement's own end of the transaction, or the attention's",
        arguments: [
            ([], [], TDSWireError.cancelled),
            ([], HandlerTests.rollback, .cancelled),
            ([], HandlerTests.rollback + ServerBytes.done(0x11, rows: 2), .cancelled),
            (HandlerTests.rollback, [], .transactionEnded),
            ([], ServerBytes.environment(9, [0, 8] + ServerBytes.longLong(0x35)), .transactionEnded),
            (
                [], HandlerTests.rollback + ServerBytes.environment(8, [8] + ServerBytes.longLong(0x36) + [0]),
                .transactionEnded
            ),
        ] as [([UInt8], [UInt8], TDSWireError)])
    func endOfGivenUp(_ before: [UInt8], _ behind: [UInt8], _ end: TDSWireError) throws {
        let rig = try Self.inTransaction()
        let rows = rig.query()
        let columns = ServerBytes.columns([ServerBytes.column("n", ServerBytes.integer)])
        try rig.receive(
            ServerBytes.packet(
                columns + [0xD1, 4] + ServerBytes.long(7) + ServerBytes.done(0x11, rows: 1) + before, last: false))
        #expect(try rows.next(on: rig.channel.eventLoop).wait().count == 1)
        rig.handler.abandon(rows)
        let ended = rows.ended(on: rig.channel.eventLoop)
        try rig.receive(ServerBytes.packet(behind + ServerBytes.done(0x20)))
        #expect(throws: end) { try ended.wait() }
        // And as often as it is asked.
        #expect(throws: end) { try rows.ended(on: rig.channel.eventLoop).wait() }
    }

    @Test("Rows that are given up before they are asked for are over at once")
    func endOfWaiting() throws {
        let rig = try Rig.open()
        rig.handler.abandon(rig.query())
        let next = rig.query(.batch("y"))
        rig.handler.abandon(next)
        #expect(throws: TDSWireError.cancelled) { try next.ended(on: rig.channel.eventLoop).wait() }
    }

    @Test("A rollback by the server keeps the error that it is for", arguments: [true, false])
    func rolledBack(_ isErrorFirst: Bool) throws {
        let rig = try Self.inTransaction()
        let rows = rig.query()
        let error = ServerBytes.error(1205, "deadlock", severity: 13)
        try rig.receive(
            ServerBytes.packet((isErrorFirst ? error + Self.rollback : Self.rollback + error) + ServerBytes.done(2)))
        let failure = #expect(throws: TDSWireError.self) { try rig.read(rows) }
        guard case .server(let refusal) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(refusal.number == 1205)
    }

    @Test(
        "A rollback that was asked for is none of a statement's",
        arguments: [(Request.rollback, false), (.batch("x"), true)])
    func ownRollback(_ request: Request, _ reset: Bool) throws {
        let rig = try Self.inTransaction()
        let rows = rig.query(request, reset: reset)
        try rig.receive(
            ServerBytes.packet(
                ServerBytes.environment(10, [0, 8] + ServerBytes.longLong(0x35)) + ServerBytes.done()))
        #expect(try rig.read(rows).isEmpty)
    }

    @Test("A further result over the bound is told as that, behind the rows of the first")
    func furtherResult() throws {
        let rig = try Rig.open(drainLimit: 500)
        let rows = rig.query()
        let one = ServerBytes.columns([ServerBytes.column("n", ServerBytes.integer)])
        let row = [0xD1, 4] + ServerBytes.long(1)
        try rig.receive(ServerBytes.packet(one + row + ServerBytes.done(0x11, rows: 1) + one, last: false))
        for _ in 0..<100 where rig.channel.isActive { try? rig.receive(ServerBytes.packet(row, last: false)) }
        #expect(!rig.channel.isActive)
        #expect(try rows.next(on: rig.channel.eventLoop).wait().count == 1)
        #expect(throws: TDSWireError.furtherResultTooLarge(limit: 500)) {
            try rows.next(on: rig.channel.eventLoop).wait()
        }
    }

    @Test("A request that resets the session says so in its first packet alone")
    func reset() throws {
        let rig = try Rig.open()
        _ = rig.query(.batch(String(repeating: "x", count: 5000)), reset: true)
        let sent = rig.sent()
        #expect(sent[1] == 0x08)
        #expect(Int(sent[2]) << 8 | Int(sent[3]) == 8000)
        #expect(sent[8000] == 0x01)
        #expect(sent[8001] == 0x01)
        #expect(sent[8006] == 2)
    }

    @Test("Only the first of several results is given")
    func severalResults() throws {
        let rig = try Rig.open()
        let rows = rig.query()
        let one = ServerBytes.columns([ServerBytes.column("n", ServerBytes.integer)])
        try rig.receive(
            ServerBytes.packet(
                one + [0xD1, 4] + ServerBytes.long(1) + ServerBytes.done(0x11, rows: 1) + one + [0xD1, 4]
                    + ServerBytes.long(2) + ServerBytes.done(0x10, rows: 1)))
        #expect(try rig.read(rows) == [["1"]])
    }

    @Test("An error behind rows comes behind rows")
    func lateError() throws {
        let rig = try Rig.open()
        let rows = rig.query()
        try rig.receive(
            ServerBytes.packet(
                ServerBytes.columns([ServerBytes.column("n", ServerBytes.integer)]) + [0xD1, 4] + ServerBytes.long(1)
                    + ServerBytes.error(8134, "Divide by zero error encountered.", severity: 16)
                    + ServerBytes.done(2)))
        #expect(try rows.next(on: rig.channel.eventLoop).wait().count == 1)
        let failure = #expect(throws: TDSWireError.self) { try rows.next(on: rig.channel.eventLoop).wait() }
        guard case .server(let error) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(error.number == 8134)
    }
}
