import MongoWire
import NIOCore
import Results

/// Writes values of BSON as cells. No digit is lost: `int64` and decimals are texts, and what nests is Extended JSON.
enum MongoCells {
    static func write(_ element: BSONElement, to encoder: inout RowEncoder) {
        let value = element.value
        switch element.type {
        case .null, .undefined: encoder.writeNull()
        case .string, .symbol: encoder.write(element.text, as: .text)
        case .boolean: write(value[0] == 1 ? "t" : "f", as: .boolean, &encoder)
        case .binary where value[4] == 4 && value.count == 21: write(uuid(value[5...]), as: .text, &encoder)
        case .binary:
            encoder.write(UnsafeRawBufferPointer(rebasing: value[(value[4] == 2 ? 9 : 5)...]), as: .bytes)
        case .document, .array, .regularExpression, .databasePointer, .javaScript, .javaScriptWithScope, .timestamp,
            .minKey, .maxKey:
            document(element, &encoder)
        case .int32, .int64, .double, .decimal128, .date, .objectID: scalar(element, &encoder)
        }
    }

    private static func scalar(_ element: BSONElement, _ encoder: inout RowEncoder) {
        switch BSONValue(element) {
        case .int32(let number): encoder.write(integer: Int64(number))
        case .int64(let number): encoder.write(exact: number)
        case .double(let number): write(ExtendedJSONWriter.text(of: number), as: .float, &encoder)
        case .decimal128(let number): write(number.description, as: .text, &encoder)
        case .objectID(let id): write(id.description, as: .text, &encoder)
        case .date(let milliseconds):
            if let text = DateText.rfc3339(milliseconds) {
                write(text, as: .text, &encoder)
            } else {
                document(element, &encoder)
            }
        case .string, .document, .array, .binary, .undefined, .boolean, .null, .regularExpression, .databasePointer,
            .javaScript, .symbol, .javaScriptWithScope, .timestamp, .minKey, .maxKey:
            document(element, &encoder)
        }
    }

    private static func document(_ element: BSONElement, _ encoder: inout RowEncoder) {
        var buffer = ByteBuffer()
        if !ExtendedJSONWriter.write(element, .exact, to: &buffer) { encoder.noteInvalidText() }
        buffer.withUnsafeReadableBytes { encoder.write($0, as: .json) }
    }

    private static func write(_ text: String, as form: CellForm, _ encoder: inout RowEncoder) {
        var text = text
        text.withUTF8 { encoder.write(UnsafeRawBufferPointer($0), as: form) }
    }

    private static func uuid(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
