import Foundation
import Testbed
import Testing

@testable import JSONQuery

@Suite("Fuzzing")
struct FuzzTests {
    @Test("No document and no path crashes the reader, and what is taken for JSON is JSON")
    func anything() throws {
        let documents = ComplianceTests.examples.compactMap(\.document).map { Array($0) }
        let paths = ComplianceTests.examples.map(\.selector)
        Fuzzing.run(share: 1 / 6.0) { seed in
            var random = FuzzRandom(seed: seed)
            let bytes = mutated(documents.randomElement(using: &random) ?? [], &random)
            let text = String(
                decoding: mutated(Array((paths.randomElement(using: &random) ?? "").utf8), &random), as: UTF8.self)
            let foundation = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
            if let document = try? JSONDocument(bytes) {
                #expect(foundation != nil || bytes.contains { $0 == 0x5C || $0 >= 0x80 }, "seed \(seed)")
                if let path = try? JSONPath(text) {
                    _ = try? path.places(in: document, from: document.roots[0], limit: 10_000)
                }
                #expect(document.end(of: document.roots[0]) <= bytes.count, "seed \(seed)")
            }
        }
    }

    private func mutated(_ bytes: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        var bytes = bytes
        guard random.next() % 3 != 0 else { return bytes }
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 5 {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: index)
            case 3: bytes.removeSubrange(index...)
            default: bytes.append(contentsOf: bytes[..<index])
            }
        }
        return bytes
    }
}
