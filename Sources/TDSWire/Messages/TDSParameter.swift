import NIOCore

/// A value for a parameter of a statement.
public struct TDSParameter: Hashable, Sendable {
    /// What a parameter can be.
    public enum Value: Hashable, Sendable {
        /// NULL, as text that is not there.
        case null
        /// `bit`.
        case bit(Bool)
        /// `bigint`.
        case integer(Int64)
        /// `decimal(38, scale)`.
        case decimal(negative: Bool, magnitude: UInt128, scale: UInt8)
        /// `float`.
        case float(Double)
        /// `nvarchar(4000)`, or `nvarchar(max)` where it is longer.
        case text(String)
    }

    /// The name with its `@`; empty for one that goes by its place.
    public var name: String
    /// The value.
    public var value: Value

    /// A parameter with a name.
    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// The longest text in UTF-16 units that `nvarchar` takes without being one of the long types.
    static let shortText = 4000

    /// The type as Transact-SQL writes it.
    public var declaration: String {
        switch value {
        case .null: "nvarchar(4000)"
        case .bit: "bit"
        case .integer: "bigint"
        case .decimal(_, _, let scale): "decimal(38,\(scale))"
        case .float: "float"
        case .text(let text): text.utf16.count > Self.shortText ? "nvarchar(max)" : "nvarchar(4000)"
        }
    }

    /// A collation for texts of our own: the server takes Unicode text by any, and this one is everywhere.
    private static let collation: [UInt8] = [0x09, 0x04, 0xD0, 0x00, 0x34]

    func encode(into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(truncatingIfNeeded: name.utf16.count))
        buffer.writeUTF16(name)
        buffer.writeInteger(UInt8(0))  // by value
        switch value {
        case .null:
            Self.writeTextType(&buffer, isLong: false)
            buffer.writeInteger(UInt16.max)
        case .bit(let flag): buffer.writeBytes([TDSTypeCode.bitN.rawValue, 1, 1, flag ? 1 : 0])
        case .integer(let number):
            buffer.writeBytes([TDSTypeCode.intN.rawValue, 8, 8])
            buffer.writeInteger(number, endianness: .little)
        case .decimal(let negative, let magnitude, let scale):
            buffer.writeBytes([TDSTypeCode.decimalN.rawValue, 17, 38, scale, 17, negative ? 0 : 1])
            buffer.writeInteger(UInt64(truncatingIfNeeded: magnitude), endianness: .little)
            buffer.writeInteger(UInt64(truncatingIfNeeded: magnitude >> 64), endianness: .little)
        case .float(let number):
            buffer.writeBytes([TDSTypeCode.floatN.rawValue, 8, 8])
            buffer.writeInteger(number.bitPattern, endianness: .little)
        case .text(let text): Self.write(text, into: &buffer)
        }
    }

    private static func write(_ text: String, into buffer: inout ByteBuffer) {
        let size = text.utf16.count * 2
        let isLong = text.utf16.count > shortText
        writeTextType(&buffer, isLong: isLong)
        if isLong {
            // One chunk, and the end of chunks ([MS-TDS] section 2.2.5.2.3).
            buffer.writeInteger(UInt64(size), endianness: .little)
            buffer.writeInteger(UInt32(truncatingIfNeeded: size), endianness: .little)
            buffer.writeUTF16(text)
            buffer.writeInteger(UInt32(0))
        } else {
            buffer.writeInteger(UInt16(truncatingIfNeeded: size), endianness: .little)
            buffer.writeUTF16(text)
        }
    }

    private static func writeTextType(_ buffer: inout ByteBuffer, isLong: Bool) {
        buffer.writeInteger(TDSTypeCode.nVarChar.rawValue)
        buffer.writeInteger(isLong ? UInt16.max : UInt16(shortText * 2), endianness: .little)
        buffer.writeBytes(collation)
    }
}

extension [TDSParameter] {
    /// The declarations of all of them, as `sp_executesql` and DECLARE take them; empty where there are none.
    public var declarations: String { map { "\($0.name) \($0.declaration)" }.joined(separator: ", ") }
}
