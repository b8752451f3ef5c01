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
        case .binary:
            if let uuid = element.uuid {
                write(uuid, as: .text, &encoder)
            } else {
                encoder.write(UnsafeRawBufferPointer(rebasing: value[(value[4] == 2 ? 9 : 5)...]), as: .bytes)
            }
        case .int32: encoder.write(integer: Int64(element.int32))
        case .int64: encoder.write(exact: element.int64)
        case .double: write(ExtendedJSONWriter.text(of: element.double), as: .float, &encoder)
        case .decimal128: write(element.decimal128.description, as: .text, &encoder)
        case .objectID: write(element.objectID.description, as: .text, &encoder)
        case .date: date(element, &encoder)
        case .document, .array, .regularExpression, .databasePointer, .javaScript, .javaScriptWithScope, .timestamp,
            .minKey, .maxKey:
            document(element, &encoder)
        }
    }

    private static func date(_ element: BSONElement, _ encoder: inout RowEncoder) {
        if let text = DateText.rfc3339(element.int64) {
            write(text, as: .text, &encoder)
        } else {
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
}
