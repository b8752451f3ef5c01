import NIOCore

/// A value for a `?` of a prepared statement. Dates and decimals go as text; the server converts them.
public enum MySQLParameter: Sendable, Hashable {
    /// NULL.
    case null
    /// A signed integer.
    case int(Int64)
    /// An unsigned integer.
    case uint(UInt64)
    /// A number in double precision.
    case double(Double)
    /// Text.
    case text(String)
    /// Bytes.
    case bytes([UInt8])

    /// Writes the type and the flag for unsigned.
    func writeType(into bytes: inout ByteBuffer) {
        let (type, unsigned): (ColumnType, UInt8) =
            switch self {
            case .null: (.null, 0)
            case .int: (.longLong, 0)
            case .uint: (.longLong, 0x80)
            case .double: (.double, 0)
            case .text: (.varString, 0)
            case .bytes: (.blob, 0)
            }
        bytes.writeInteger(type.rawValue)
        bytes.writeInteger(unsigned)
    }

    /// Writes the value; nothing for NULL, which is in the bitmap.
    func writeValue(into bytes: inout ByteBuffer) {
        switch self {
        case .null: return
        case .int(let value): bytes.writeInteger(value, endianness: .little)
        case .uint(let value): bytes.writeInteger(value, endianness: .little)
        case .double(let value): bytes.writeInteger(value.bitPattern, endianness: .little)
        case .text(let value): bytes.writeLengthEncodedString(value)
        case .bytes(let value):
            bytes.writeLengthEncodedInteger(UInt64(value.count))
            bytes.writeBytes(value)
        }
    }
}
