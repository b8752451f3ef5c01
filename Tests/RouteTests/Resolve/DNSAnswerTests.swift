import Testing

@testable import Route

@Suite("Services in the domain name system")
struct DNSAnswerTests {
    /// A header with one question and so many answers.
    private static func header(_ answers: UInt8) -> [UInt8] { [0, 1, 0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0] }
    /// `_mongodb._tcp.a.test`, of type SRV; its name begins at byte 12, `a.test` at 26.
    private static let question: [UInt8] =
        [8] + Array("_mongodb".utf8) + [4] + Array("_tcp".utf8) + [1] + Array("a".utf8) + [4] + Array("test".utf8)
        + [0, 0, 33, 0, 1]
    /// An answer about the question's name, valid for a minute.
    private static func record(_ type: UInt8, _ data: [UInt8]) -> [UInt8] {
        [0xC0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
    }
    /// SRV of RFC 2782: priority 1, weight 2, port 27017, then `m0` and a pointer to `a.test`.
    private static let service: [UInt8] = [0, 1, 0, 2, 0x69, 0x89, 2] + Array("m0".utf8) + [0xC0, 26]

    private static let message =
        header(3) + question + record(33, service) + record(16, [3] + Array("a=b".utf8) + [2] + Array("&c".utf8))
        + record(5, [0xC0, 26])

    @Test("Services and texts are read, names with pointers too, and other records passed over")
    func reading() throws {
        let answer = try #require(DNSAnswer(Self.message))
        #expect(answer.services == [ServiceRecord(priority: 1, weight: 2, port: 27017, target: "m0.a.test")])
        #expect(answer.texts == ["a=b&c"])
    }

    @Test("A message that ends early is refused wherever it ends")
    func truncated() {
        for count in 0..<Self.message.count { #expect(DNSAnswer(Array(Self.message.prefix(count))) == nil, "\(count)") }
    }

    @Test(
        "Names that lie are refused",
        arguments: [
            [0xC0, 0xFF], [0xC1, 0], [0x40, 1], [3, 0x61], [1, 0x2E, 0], [1, 0x20, 0],
            // A pointer to itself, and one that goes forward.
            [0xC0, 61], [0xC0, 70],
        ] as [[UInt8]])
    func names(target: [UInt8]) {
        let data: [UInt8] = [0, 1, 0, 2, 0x69, 0x89] + target
        #expect(DNSAnswer(Self.header(1) + Self.question + Self.record(33, data)) == nil)
    }

    @Test("A dot for a target says that there is no service")
    func none() throws {
        let answer = try #require(DNSAnswer(Self.header(1) + Self.question + Self.record(33, [0, 0, 0, 0, 0, 0, 0])))
        #expect(answer.services.isEmpty)
    }

    @Test("Garbage of any length is survived")
    func garbage() {
        var state: UInt64 = 1
        for length in 0..<400 {
            let bytes = (0..<length).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            _ = DNSAnswer(bytes)
            _ = DNSAnswer(Self.header(200) + bytes)
        }
    }
}
