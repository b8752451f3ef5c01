import NIOCore
import Testing

@testable import MongoWire

@Suite("BSON")
struct BSONTests {
    /// A document and its bytes. The first two are the examples of bsonspec.org, the others follow from its grammar.
    struct Example: Sendable, CustomTestStringConvertible {
        var document: BSONDocument
        var bytes: [UInt8]
        var testDescription: String { document.extendedJSON(.canonical) }

        init(_ document: BSONDocument, _ bytes: [UInt8]) {
            self.document = document
            self.bytes = bytes
        }

        /// One element named `a`.
        init(_ value: BSONValue, _ type: UInt8, _ content: [UInt8]) {
            self.init(["a": value], [UInt8(content.count + 8), 0, 0, 0, type, 0x61, 0] + content + [0])
        }
    }

    static let examples = [
        Example(
            ["hello": "world"],
            [0x16, 0, 0, 0, 0x02] + Array("hello\0".utf8) + [6, 0, 0, 0] + Array("world\0".utf8) + [0]),
        Example(
            ["BSON": .array(.list(["awesome", .double(5.05), 1986]))],
            [0x31, 0, 0, 0, 0x04] + Array("BSON\0".utf8) + [0x26, 0, 0, 0, 0x02] + Array("0\0".utf8) + [8, 0, 0, 0]
                + Array("awesome\0".utf8) + [0x01] + Array("1\0".utf8)
                + [0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x14, 0x40, 0x10] + Array("2\0".utf8) + [0xC2, 0x07, 0, 0, 0, 0]),
        Example(.double(1), 0x01, [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]),
        Example(.string("é"), 0x02, [3, 0, 0, 0, 0xC3, 0xA9, 0]),
        Example(.document([:]), 0x03, [5, 0, 0, 0, 0]),
        Example(.array(.list([])), 0x04, [5, 0, 0, 0, 0]),
        Example(.binary(subtype: 0x80, [1, 2]), 0x05, [2, 0, 0, 0, 0x80, 1, 2]),
        Example(.binary(subtype: 2, [1, 2]), 0x05, [6, 0, 0, 0, 2, 2, 0, 0, 0, 1, 2]),
        Example(.undefined, 0x06, []),
        Example(
            .objectID(ObjectID("56e1fc72e0c917e9c4714161")!), 0x07,
            [0x56, 0xE1, 0xFC, 0x72, 0xE0, 0xC9, 0x17, 0xE9, 0xC4, 0x71, 0x41, 0x61]),
        Example(.boolean(true), 0x08, [1]),
        Example(.date(-1), 0x09, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        Example(.null, 0x0A, []),
        Example(.regularExpression(pattern: "ab", options: "im"), 0x0B, [0x61, 0x62, 0, 0x69, 0x6D, 0]),
        Example(
            .databasePointer(namespace: "b", ObjectID("56e1fc72e0c917e9c4714161")!), 0x0C,
            [2, 0, 0, 0, 0x62, 0, 0x56, 0xE1, 0xFC, 0x72, 0xE0, 0xC9, 0x17, 0xE9, 0xC4, 0x71, 0x41, 0x61]),
        Example(.javaScript("b"), 0x0D, [2, 0, 0, 0, 0x62, 0]),
        Example(.symbol("b"), 0x0E, [2, 0, 0, 0, 0x62, 0]),
        Example(.javaScriptWithScope("b", [:]), 0x0F, [15, 0, 0, 0, 2, 0, 0, 0, 0x62, 0, 5, 0, 0, 0, 0]),
        Example(.int32(-2), 0x10, [0xFE, 0xFF, 0xFF, 0xFF]),
        Example(.timestamp(seconds: 1, increment: 2), 0x11, [2, 0, 0, 0, 1, 0, 0, 0]),
        Example(.int64(1 << 40), 0x12, [0, 0, 0, 0, 0, 1, 0, 0]),
        Example(
            .decimal128(Decimal128("0.1")!), 0x13, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3E, 0x30]),
        Example(.maxKey, 0x7F, []),
        Example(.minKey, 0xFF, []),
    ]

    @Test("Values are written as the specification says", arguments: examples)
    func writing(example: Example) {
        #expect(Array(example.document.bytes.readableBytesView) == example.bytes)
    }

    @Test("What was written is read back", arguments: examples)
    func reading(example: Example) throws {
        let read = try BSONDocument(ByteBuffer(bytes: example.bytes))
        #expect(read.map(\.value) == example.document.map(\.value))
        #expect(read.canonical == example.document)
    }

    @Test("Extended JSON gives the same bytes back", arguments: examples)
    func throughJSON(example: Example) throws {
        let text = example.document.extendedJSON(.canonical)
        #expect(try BSONDocument(extendedJSON: text) == example.document, "\(text)")
    }

    @Test("A document that ends early is refused wherever it ends", arguments: examples)
    func truncated(example: Example) {
        for count in 0..<example.bytes.count {
            #expect(throws: BSONError.self) { try BSONDocument(ByteBuffer(bytes: example.bytes.prefix(count))) }
            // Also where the document's own length fits what is there.
            guard count >= 5 else { continue }
            var shorter = Array(example.bytes.prefix(count))
            shorter[0] = UInt8(count)
            shorter[count - 1] = 0
            let read = try? BSONDocument(ByteBuffer(bytes: shorter))
            #expect(read == nil || read?.bytes.readableBytes == count)
        }
    }

    @Test("A length that lies is refused", arguments: [UInt32.max, 0x7FFF_FFFF, 0x8000_0000, 0x100, 4, 0])
    func lyingLength(length: UInt32) {
        let little = withUnsafeBytes(of: length.littleEndian) { Array($0) }
        for type: UInt8 in [0x02, 0x03, 0x04, 0x05, 0x0C, 0x0D, 0x0E, 0x0F] {
            // A binary may be as short as it likes; an old one has a second length that does not fit.
            let subtype: UInt8 = type == 0x05 ? 2 : 0
            let bytes = [24, 0, 0, 0, type, 0x61, 0] + little + [subtype] + Array(repeating: UInt8(0), count: 12)
            #expect(throws: BSONError.self, "type \(type)") { try BSONDocument(ByteBuffer(bytes: bytes)) }
        }
    }

    @Test("Documents within documents are bounded")
    func depth() throws {
        var document: BSONDocument = [:]
        for _ in 0..<(BSONLimits.depth - 1) { document = ["a": .document(document)] }
        _ = try BSONDocument(document.bytes)
        document = ["a": .document(document)]
        #expect(throws: BSONError.tooDeep(limit: BSONLimits.depth)) { try BSONDocument(document.bytes) }
    }

    @Test("A text that is not UTF-8 is refused, or read with U+FFFD")
    func invalidText() throws {
        let bytes = ByteBuffer(bytes: [15, 0, 0, 0, 0x02, 0x61, 0, 3, 0, 0, 0, 0xC3, 0x28, 0, 0])
        #expect(throws: BSONError.invalidText) { try BSONDocument(bytes) }
        #expect(try BSONDocument(bytes, strictTexts: false)["a"] == .string("\u{FFFD}("))
    }

    @Test("The first value of a name is found")
    func lookup() {
        let document: BSONDocument = ["a": 1, "b": 2, "a": 3]
        #expect(document["a"] == 1)
        #expect(document["c"] == nil)
        #expect(document.map(\.name) == ["a", "b", "a"])
    }
}
