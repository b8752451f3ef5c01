import NIOCore
import NIOEmbedded
import Testing

@testable import TDSWire

@Suite("Lengths that lie")
struct HostileTests {
    private static let one = ServerBytes.columns([ServerBytes.column("n", ServerBytes.integer)])
    private static let text = ServerBytes.columns([ServerBytes.column("t", ServerBytes.longText)])

    @Test(
        "end the connection, before memory is taken for them",
        arguments: [
            // An int of three bytes; one of four where there are two columns' worth.
            one + [0xD1, 3, 1, 2, 3],
            // A value of 2^62 bytes; a chunk of 4 GiB.
            text + [0xD1] + ServerBytes.longLong(1 << 62),
            text + [0xD1] + ServerBytes.longLong(UInt64.max - 1)
                + ServerBytes.long(0xFFFF_FFFF),
            // A row without columns before it; a token that there is not; one of another direction.
            [0xD1, 4, 0, 0, 0, 0], [0x00], [0xD3, 1, 0],
            // Sixty thousand columns.
            [0x81, 0x60, 0xEA],
            // A type that there is not; a decimal with more digits behind the point than in all.
            ServerBytes.columns([ServerBytes.column("x", [0x99])]),
            ServerBytes.columns([ServerBytes.column("x", [0x6A, 17, 5, 9])]),
            // A message whose text is longer than the message; an acknowledgement of nothing.
            [0xAA, 10, 0] + ServerBytes.long(1) + [1, 16] + ServerBytes.short(900) + [0, 0],
            // Features without an end.
            [0xAE, 1, 0xFF, 0xFF, 0xFF, 0x7F],
            // A transaction's name of three bytes.
            [0xE3, 5, 0, 8, 3, 1, 2, 3],
        ])
    func lies(_ tokens: [UInt8]) throws {
        let rig = try Rig.open(rowLimit: 1 << 16)
        let rows = rig.query()
        try? rig.receive(ServerBytes.packet(tokens, last: false))
        #expect(!rig.channel.isActive)
        #expect(throws: TDSWireError.self) { try rig.read(rows) }
        #expect(rig.handler.heldBytes <= 1 << 16)
    }

    @Test(
        "A packet that is shorter than its own header, or longer than any, is none", arguments: [0, 7, 40_000, 65_535])
    func packets(_ length: Int) throws {
        let rig = try Rig.open()
        let rows = rig.query()
        try? rig.receive([0x04, 0x01, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, 1, 0] + [0xFD])
        #expect(throws: TDSWireError.protocolViolation("What came is no packet of a server.")) { try rig.read(rows) }
    }

    @Test("A row over the bound is told as that")
    func longRow() throws {
        let rig = try Rig.open(rowLimit: 1000)
        let rows = rig.query()
        try? rig.receive(
            ServerBytes.packet(Self.text + [0xD1] + ServerBytes.chunks([[UInt8](repeating: 0x41, count: 1200)])))
        #expect(throws: TDSWireError.messageTooLarge(size: 1213, limit: 1000)) { try rig.read(rows) }
    }

    @Test("A PRELOGIN that does not end is no PRELOGIN")
    func endlessPreLogin() throws {
        let rig = try Rig()
        for _ in 0..<10 where rig.channel.isActive {
            try? rig.receive(ServerBytes.packet([UInt8](repeating: 0, count: 1000), last: false))
        }
        #expect(!rig.channel.isActive)
        guard case .notTDS = rig.failure else {
            Issue.record("\(String(describing: rig.failure))")
            return
        }
    }

    @Test(
        "A PRELOGIN whose options point outside of it is none",
        arguments: [
            [0, 0xFF, 0, 0, 6, 0xFF], [0, 0, 11, 0, 6, 1, 0, 17, 0xFF, 1, 0xFF, 16, 0, 3, 232, 0, 0, 2],
            [1, 0, 6, 0, 1, 0xFF, 2], [0xFF], [],
        ] as [[UInt8]])
    func preLogins(_ body: [UInt8]) { #expect(PreLogin(ByteBuffer(bytes: body)) == nil) }

    @Test("A row in a thousand pieces is read once, not a thousand times")
    func scannedOnce() throws {
        let layout = RowLayout([
            TDSColumn(name: "n", type: TDSType(.intN, length: 4)),
            TDSColumn(name: "t", type: TDSType(.nVarChar, length: 0xFFFF, isLong: true)),
        ])
        let chunk = ServerBytes.long(2) + [0x61, 0]
        let pieces =
            [[0xD1, 4] + ServerBytes.long(7), ServerBytes.longLong(UInt64.max - 1)]
            + [[UInt8]](repeating: chunk, count: 1000) + [ServerBytes.long(0)]
        var scanner = RowScanner()
        var bytes: [UInt8] = []
        for (index, piece) in pieces.enumerated() {
            bytes += piece
            let outcome = bytes.withUnsafeBytes { scanner.scan($0, layout, limit: 1 << 20) }
            let isLast = index == pieces.count - 1
            try #require(outcome == (isLast ? .complete(bytes.count) : .incomplete), "piece \(index)")
            // Who looks at what was passed over sees lengths there that cannot be.
            for place in bytes.indices.dropFirst() { bytes[place] = 0xFF }
        }
    }

    @Test("A long value in a thousand pieces comes out whole")
    func manyPieces() throws {
        let rig = try Rig.open(rowLimit: 16 << 20)
        let rows = rig.query()
        try rig.receive(
            ServerBytes.packet(Self.text + [0xD1] + ServerBytes.longLong(UInt64.max - 1), last: false))
        for _ in 0..<4000 {
            try rig.receive(
                ServerBytes.packet(
                    (0..<40).flatMap { _ in ServerBytes.long(2) + [0x61, 0] }, last: false))
        }
        try rig.receive(ServerBytes.packet(ServerBytes.long(0) + ServerBytes.done(0x10, rows: 1)))
        #expect(try rig.read(rows).first?.first??.count == 160_000)
    }
}
