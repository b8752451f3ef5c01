import NIOCore
import NIOEmbedded
import Testbed
import Testing

@testable import PostgresWire

@Suite("Fuzzing")
struct FuzzTests {
    @Test("Nothing that a peer sends crashes the client or makes it hold more than the bound")
    func anything() throws {
        try Fuzzing.run { try session($0) }
    }

    private func session(_ seed: UInt64) throws {
        var random = FuzzRandom(seed: seed)
        let tls = random.next() % 4 == 0
        let rig = try HandlerTests.Rig(
            tls: tls, upgrade: TLSUpgrade { $0.eventLoop.makeSucceededFuture(TLSBinding(serverEndPoint: nil)) })
        var script: [UInt8] = tls ? [UInt8(ascii: "S")] : []
        if tls, random.next() % 2 == 0 {
            try rig.receive(script)
            script = []
        }
        script += mutated(Transcript.login, &random)
        var rows: RowDelivery?
        for _ in 0..<4 { script += mutated(pieces.randomElement(using: &random) ?? [], &random) }
        var position = 0
        while position < script.count {
            let count = min(Int.random(in: 1...40, using: &random), script.count - position)
            try? rig.receive(script[position..<(position + count)])
            position += count
            if rig.isOpen, rows == nil { rows = rig.query() }
            if random.next() % 50 == 0, let abandoned = rows { rig.handler.abandon(abandoned) }
            #expect(rig.handler.heldBytes <= rig.handler.messageLimit + 40, "seed \(seed)")
        }
        _ = try? rig.channel.finish()
        #expect(rig.opened != nil, "seed \(seed)")
    }

    private let pieces: [[UInt8]] = [
        Transcript.answer, Transcript.error("22012") + Transcript.ready, Transcript.notice,
        Transcript.parsed + Transcript.message("G", [0, 0, 0]), Transcript.message("d", Array(repeating: 1, count: 90)),
        Transcript.message("R", [0, 0, 0, 10] + Transcript.text("SCRAM-SHA-256") + [0]),
        Transcript.message("R", [0, 0, 0, 11] + Array("r=noncex,s=AAAA,i=1".utf8)),
        Transcript.message("R", [0, 0, 0, 12] + Array("v=AAAA".utf8)), Transcript.error("57P01", severity: "FATAL"),
    ]

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
