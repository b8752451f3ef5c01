import NIOCore

/// Writes one document, element by element.
public struct BSONWriter {
    private var buffer = ByteBuffer()

    /// A document without elements.
    public init() { buffer.writeInteger(Int32(0)) }

    /// Adds an element. A zero within its name, which BSON cannot say, ends the name.
    public mutating func append(_ name: String, _ value: BSONValue) {
        buffer.writeInteger(value.type.rawValue)
        write(zeroEnded: name)
        write(value)
    }

    /// Adds every element of another document.
    public mutating func append(contentsOf document: BSONDocument) {
        let bytes = document.bytes
        guard bytes.readableBytes > 5,
            let inside = bytes.getSlice(at: bytes.readerIndex + 4, length: bytes.readableBytes - 5)
        else { return }
        buffer.writeImmutableBuffer(inside)
    }

    /// The document that was written.
    public consuming func finished() -> BSONDocument {
        buffer.writeInteger(UInt8(0))
        buffer.setInteger(Int32(truncatingIfNeeded: buffer.readableBytes), at: buffer.readerIndex, endianness: .little)
        return BSONDocument(written: buffer)
    }

    private mutating func write(_ value: BSONValue) {
        switch value {
        case .double(let number): little(number.bitPattern)
        case .string(let text), .javaScript(let text), .symbol(let text): write(text: text)
        case .document(let document), .array(let document): buffer.writeImmutableBuffer(document.bytes)
        case .binary(let subtype, let bytes):
            little(Int32(truncatingIfNeeded: bytes.count + (subtype == 2 ? 4 : 0)))
            buffer.writeInteger(subtype)
            if subtype == 2 { little(Int32(truncatingIfNeeded: bytes.count)) }
            buffer.writeBytes(bytes)
        case .undefined, .null, .minKey, .maxKey: break
        case .objectID(let id): buffer.writeBytes(id.bytes)
        case .boolean(let flag): buffer.writeInteger(UInt8(flag ? 1 : 0))
        case .date(let milliseconds): little(milliseconds)
        case .regularExpression(let pattern, let options):
            write(zeroEnded: pattern)
            write(zeroEnded: options)
        case .databasePointer(let namespace, let id):
            write(text: namespace)
            buffer.writeBytes(id.bytes)
        case .javaScriptWithScope(let code, let scope):
            little(Int32(truncatingIfNeeded: 4 + 4 + code.utf8.count + 1 + scope.bytes.readableBytes))
            write(text: code)
            buffer.writeImmutableBuffer(scope.bytes)
        case .int32(let number): little(number)
        case .timestamp(let seconds, let increment):
            little(increment)
            little(seconds)
        case .int64(let number): little(number)
        case .decimal128(let number):
            little(number.low)
            little(number.high)
        }
    }

    private mutating func write(text: String) {
        little(Int32(truncatingIfNeeded: text.utf8.count + 1))
        buffer.writeString(text)
        buffer.writeInteger(UInt8(0))
    }

    private mutating func write(zeroEnded text: String) {
        buffer.writeBytes(text.utf8.prefix { $0 != 0 })
        buffer.writeInteger(UInt8(0))
    }

    private mutating func little(_ number: some FixedWidthInteger) { buffer.writeInteger(number, endianness: .little) }
}
