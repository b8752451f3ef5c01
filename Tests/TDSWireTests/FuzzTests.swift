import NIOCore
import NIOEmbedded
import Testbed
import Testing

@testable import TDSWire

@Suite("Fuzzing")
struct FuzzTests {
    private static let rowLimit = 1 << 16

    @Test("Nothing that a peer sends crashes the client or makes it hold more than the bound")
    func anything() throws {
        try Fuzzing.run { try session($0) }
    }

    private func session(_ seed: UInt64) throws {
        var random = FuzzRandom(seed: seed)
        let encryption: TDSEncryption =
            [.loginAlone, .loginAlone, .required, .strict].randomElement(using: &random) ?? .strict
        let rig = try Rig(
            encryption, rowLimit: Self.rowLimit,
            upgrade: TLSUpgrade { channel, _ in
                channel.eventLoop.makeSucceededFuture(TLSUpgrade.Outcome { _ in })
            })
        rig.channel.embeddedEventLoop.run()
        let answer: UInt8 = encryption == .loginAlone ? 2 : 1
        try? rig.receive(mutated(ServerBytes.preLogin(encryption: answer), &random))
        rig.channel.embeddedEventLoop.run()
        var script = framed(mutated(ServerBytes.login, &random), &random)
        for _ in 0..<4 { script += framed(mutated(pieces.randomElement(using: &random) ?? [], &random), &random) }
        var rows: RowDelivery?
        var position = 0
        while position < script.count {
            let count = min(Int.random(in: 1...60, using: &random), script.count - position)
            try? rig.receive(script[position..<(position + count)])
            position += count
            if rig.isOpen, rows == nil { rows = rig.query() }
            if random.next() % 50 == 0, let abandoned = rows { rig.handler.abandon(abandoned) }
            #expect(rig.handler.heldBytes <= Self.rowLimit + 64, "seed \(seed)")
        }
        if let rows { readAll(rows, rig) }
        _ = try? rig.channel.finish()
        #expect(rig.opened != nil, "seed \(seed)")
    }

    /// Reads what is there, each value as text of its type.
    private func readAll(_ rows: RowDelivery, _ rig: Rig) {
        var types: [TDSType] = []
        rows.columnsKnown.assumeIsolated().whenSuccess { types = ($0 ?? []).map(\.type) }
        var text = TDSText()
        rows.next(on: rig.channel.eventLoop).assumeIsolated().whenSuccess { spans in
            for span in spans {
                span.walk(
                    rowBegan: {}, value: { column, bytes in if let bytes { text.read(bytes, as: types[column]) } },
                    rowEnded: { true })
            }
        }
    }

    private let pieces: [[UInt8]] = [
        ServerBytes.answer, ServerBytes.error(208) + ServerBytes.done(2), ServerBytes.done(0x20),
        TypeSamples.columns + TypeSamples.row + TypeSamples.emptyRow + ServerBytes.done(0x10, rows: 2),
        ServerBytes.environment(9, [0, 8] + ServerBytes.longLong(1)), ServerBytes.environment(18, [0, 0]),
        [0x79, 0, 0, 0, 0] + ServerBytes.done(0, token: 0xFE), [0xA9, 4, 0, 1, 0, 2, 0],
        [0xAC, 0, 0] + ServerBytes.byteText("@a") + [1] + ServerBytes.long(0) + [0, 0] + ServerBytes.integer + [
            4, 1, 0, 0, 0,
        ],
        [0xAE, 10, 1, 0, 0, 0, 1, 0xFF],
    ]

    /// Packets of any size around what is in them.
    private func framed(_ payload: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        if payload.isEmpty || random.next() % 16 == 0 { return mutated(ServerBytes.packet(payload), &random) }
        return ServerBytes.packets(payload, size: Int.random(in: 1...200, using: &random))
    }

    private func mutated(_ bytes: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        var bytes = bytes
        guard random.next() % 3 == 0 else { return bytes }
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 4 {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            default: bytes.append(contentsOf: bytes[..<index])
            }
        }
        return bytes
    }
}
