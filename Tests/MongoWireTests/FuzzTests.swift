import NIOCore
import NIOEmbedded
import Testbed
import Testing

@testable import MongoWire

@Suite("Fuzzing")
struct FuzzTests {
    @Test("Nothing that a peer sends crashes the client or makes it hold more than the bound")
    func anything() throws {
        try Fuzzing.run { seed in
            var random = FuzzRandom(seed: seed)
            let hasLogin = random.next() % 2 == 0
            let rig = try Rig(
                credential: hasLogin
                    ? .password(username: "user", password: "pencil", source: "admin", mechanism: nil) : nil)
            var request: Int32 = 1
            for _ in 0..<6 {
                let document = documents(hasLogin).randomElement(using: &random) ?? [:]
                let flags: MongoMessage.Flags = random.next() % 4 == 0 ? .checksumPresent : []
                let message = MongoMessage(requestID: 9, responseTo: request, flags: flags, body: document)
                let script = mutated(MessageTests.encoded(message), &random)
                var position = 0
                while position < script.count {
                    let count = min(Int.random(in: 1...40, using: &random), script.count - position)
                    try? rig.receive(script[position..<(position + count)])
                    position += count
                    #expect(rig.handler.heldBytes <= rig.handler.messageLimit + 40, "seed \(seed)")
                }
                while try rig.channel.readOutbound(as: ByteBuffer.self) != nil { request += 1 }
                if rig.isOpen {
                    rig.run(["ping": 1])
                    if random.next() % 8 == 0 { rig.handler.abandon(1) }
                    while try rig.channel.readOutbound(as: ByteBuffer.self) != nil { request += 1 }
                }
            }
            _ = try? rig.channel.finish()
            #expect(rig.opened != nil, "seed \(seed)")
        }
    }

    @Test("What is taken for BSON can be walked, written as Extended JSON and, where JSON can say it, read again")
    func values() {
        Fuzzing.run { seed in
            var random = FuzzRandom(seed: seed)
            let example = BSONTests.examples.randomElement(using: &random) ?? BSONTests.examples[0]
            let bytes = ByteBuffer(bytes: mutated(example.bytes, &random))
            guard let document = try? BSONDocument(bytes, strictTexts: false) else { return }
            let text = document.extendedJSON(.canonical)
            let again = try? BSONDocument(extendedJSON: text)
            // A name such as $oid makes an object of JSON something else; names of BSON are free.
            #expect(again != nil || text.contains("\"$"), "seed \(seed): \(text)")
            _ = document.canonical
        }
    }

    private func documents(_ hasLogin: Bool) -> [BSONDocument] {
        let first = Array(SCRAMTests.exchanges[0].serverFirst.utf8)
        let payload: BSONDocument = ["conversationId": 1, "done": false, "payload": .binary(subtype: 0, first)]
        return [
            Rig.hello, BSONDocument(Array(Rig.hello) + [("speculativeAuthenticate", .document(payload))]),
            ["ok": 0, "code": 59, "errmsg": "no such command"], ["ok": 0, "code": 18], ["ok": 1],
            BSONDocument(Array(payload) + [("ok", 1)]),
            [
                "ok": 1,
                "cursor": .document(["id": .int64(5), "ns": "a.b", "firstBatch": .array(.list([.document(["a": 1])]))]),
            ],
        ]
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
