import NIOCore
import Testbed
import Testing

@testable import HTTPWire

@Suite("Fuzzing")
struct FuzzTests {
    @Test("Nothing that a peer sends crashes the client, hangs a caller or makes up a body")
    func anything() throws {
        // A third of what each wire is given: the decoder is fuzzed by its makers, too.
        try Fuzzing.run(share: 1 / 3.0) { try session($0) }
    }

    private func session(_ seed: UInt64) throws {
        var random = FuzzRandom(seed: seed)
        let rig = try Rig()
        var received = 0
        for _ in 0..<4 {
            guard rig.facts.isIdle else { break }
            let example = FramingTests.examples.randomElement(using: &random) ?? FramingTests.examples[0]
            try rig.send(HTTPRequest(example.method, "/", host: "x.test"), reading: random.next() % 8 != 0)
            let bytes = mutated(Array(example.bytes.utf8), &random)
            var position = 0
            while position < bytes.count {
                let count = min(Int.random(in: 1...40, using: &random), bytes.count - position)
                rig.receive(bytes[position..<(position + count)])
                position += count
            }
            received += bytes.count
            #expect(rig.body.count <= received, "seed \(seed)")
        }
        rig.hangUp()
        // Whoever waited was told.
        #expect(rig.answer != nil, "seed \(seed)")
        #expect(!rig.facts.isIdle, "seed \(seed)")
    }

    private func mutated(_ bytes: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        var bytes = bytes
        guard random.next() % 4 != 0 else { return bytes }
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 6 {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            case 3: bytes.insert(contentsOf: "\r\n".utf8, at: index)
            case 4: bytes.append(contentsOf: bytes[..<index])
            default: bytes.insert(contentsOf: Array(repeating: bytes[index], count: 70_000), at: index)
            }
        }
        return bytes
    }
}
