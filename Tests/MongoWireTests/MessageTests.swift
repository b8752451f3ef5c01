import NIOCore
import Testing

@testable import MongoWire

@Suite("Messages")
struct MessageTests {
    static let ping = MongoMessage(requestID: 1, responseTo: 0, body: ["ping": 1, "$db": "admin"])

    static func encoded(_ message: MongoMessage) -> [UInt8] {
        var buffer = ByteBuffer()
        message.encode(into: &buffer)
        return Array(buffer.readableBytesView)
    }

    @Test("A command is written as OP_MSG says")
    func writing() {
        let body: [UInt8] =
            [0x1E, 0, 0, 0, 0x10] + Array("ping\0".utf8) + [1, 0, 0, 0, 0x02] + Array("$db\0".utf8) + [6, 0, 0, 0]
            + Array("admin\0".utf8) + [0]
        let header: [UInt8] = [0x33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xDD, 0x07, 0, 0]
        #expect(Self.encoded(Self.ping) == header + [0, 0, 0, 0, 0] + body)
    }

    @Test("Messages are read wherever they are split, with checksum and sequences of documents")
    func splitting() throws {
        let sequence = MongoMessage.Sequence(identifier: "documents", documents: [["a": 1], ["a": 2]])
        let messages = [
            Self.ping,
            MongoMessage(requestID: 2, responseTo: 1, flags: .checksumPresent, body: ["ok": .double(1)]),
            MongoMessage(
                requestID: 3, responseTo: 2, flags: .checksumPresent, body: ["insert": "c"], sequences: [sequence]),
        ]
        let bytes = messages.flatMap(Self.encoded)
        for split in 0...bytes.count {
            var decoder = MessageDecoder()
            var read: [MongoMessage] = []
            for part in [bytes[..<split], bytes[split...]] {
                decoder.append(ByteBuffer(bytes: part))
                while let message = try decoder.next(limit: 1000) { read.append(message) }
            }
            #expect(read == messages, "split at \(split)")
            #expect(decoder.bufferedBytes == 0)
        }
        #expect(
            messages[2].document == [
                "insert": "c", "documents": .array(.list([.document(["a": 1]), .document(["a": 2])])),
            ])
    }

    @Test("The checksum is CRC-32C of its specification's example")
    func checksum() {
        // RFC 3720, appendix B.4: 32 bytes of zeros, and 32 counted up.
        #expect(CRC32C.checksum(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
    }

    @Test("A wrong checksum is refused")
    func wrongChecksum() {
        var bytes = Self.encoded(MongoMessage(requestID: 2, responseTo: 1, flags: .checksumPresent, body: ["ok": 1]))
        bytes[4] ^= 1
        var decoder = MessageDecoder()
        decoder.append(ByteBuffer(bytes: bytes))
        #expect(throws: DecodingFailure.malformed("The checksum is wrong.")) { try decoder.next(limit: 1000) }
    }

    @Test("A length is judged before its message has come", arguments: [-1, 0, 15, 25, 1001, Int32.max, .min])
    func lengths(length: Int32) {
        var decoder = MessageDecoder()
        decoder.append(ByteBuffer(integer: length, endianness: .little))
        #expect(throws: DecodingFailure.length(Int(length), limit: 1000)) { try decoder.next(limit: 1000) }
    }

    @Test("Other messages, unknown flags and sections, and bodies that lie are refused")
    func malformed() {
        func outcome(_ change: (inout [UInt8]) -> Void) -> DecodingFailure? {
            var bytes = Self.encoded(Self.ping)
            change(&bytes)
            var decoder = MessageDecoder()
            decoder.append(ByteBuffer(bytes: bytes))
            do throws(DecodingFailure) {
                _ = try decoder.next(limit: 1000)
                return nil
            } catch {
                return error
            }
        }
        #expect(
            outcome {
                $0[12] = 1; $0[13] = 0
            } == .opCode(1))
        #expect(outcome { $0[12] = 0xDC } == .opCode(2012))
        #expect(outcome { $0[16] = 4 } == .malformed("There are unknown flags: 4."))
        #expect(outcome { $0[20] = 2 } == .malformed("There is a section of the kind 2."))
        #expect(outcome { $0[20] = 1 } != nil)
        #expect(outcome { $0[21] = 0xFF } == .malformed("A document is not complete."))
        #expect(outcome { $0[21] -= 1 } != nil)
        #expect(outcome { $0[18] = 0xFF } == nil)
    }
}
