import NIOCore

/// A value of a result set.
public enum MySQLValue: Sendable, Hashable {
    /// NULL.
    case null
    /// TINYINT to BIGINT, YEAR.
    case int(Int64)
    /// The same unsigned.
    case uint(UInt64)
    /// FLOAT.
    case float(Float)
    /// DOUBLE.
    case double(Double)
    /// DECIMAL, with its digits as they are.
    case decimal(String)
    /// Text.
    case text(String)
    /// JSON of MySQL; MariaDB's comes as text.
    case json(String)
    /// `2024-02-29`; zero dates too, which no calendar has.
    case date(String)
    /// `2024-02-29 23:59:59.000001`, for DATETIME and TIMESTAMP.
    case dateTime(String)
    /// `-838:59:59.000000`.
    case time(String)
    /// BLOB, BINARY, BIT, GEOMETRY and what is not known.
    case bytes(ByteBuffer)

    /// The value as text, nil for NULL; bytes that are not UTF-8 are replaced.
    public var text: String? {
        switch self {
        case .null: nil
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .float(let value): String(value)
        case .double(let value): String(value)
        case .decimal(let text), .text(let text), .json(let text), .date(let text), .dateTime(let text),
            .time(let text):
            text
        case .bytes(let bytes): String(buffer: bytes)
        }
    }
}

/// Reads a row's values one after the other.
struct MySQLValueReader {
    private let format: RowFormat
    private var bytes: ByteBuffer
    private var nulls: [UInt8] = []
    private var isBroken = false

    init(row: MySQLRow) {
        format = row.format
        bytes = row.payload
        guard format == .binary else { return }
        // One byte 0, then a bit for each column, the first two unused.
        if bytes.readInteger(as: UInt8.self) == 0, let bitmap = bytes.readBytes(length: (row.columns.count + 9) / 8) {
            nulls = bitmap
        } else {
            isBroken = true
        }
    }

    /// The value of the next column.
    mutating func next(_ column: ColumnDefinition, at index: Int) throws(MySQLWireError) -> MySQLValue {
        guard !isBroken, let value = format == .text ? nextText(column) : nextBinary(column, at: index) else {
            throw .protocolViolation("a row whose values can be read")
        }
        return value
    }

    /// Checks that the row ends here.
    func finish() throws(MySQLWireError) {
        guard !isBroken, bytes.readableBytes == 0 else { throw .protocolViolation("a row that ends with its columns") }
    }

    private mutating func nextText(_ column: ColumnDefinition) -> MySQLValue? {
        if bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == 0xFB {
            bytes.moveReaderIndex(forwardBy: 1)
            return .null
        }
        guard let slice = bytes.readLengthEncodedSlice() else { return nil }
        switch column.type {
        case .tiny, .short, .long, .longLong, .int24, .year:
            let text = String(buffer: slice)
            // ZEROFILL pads with zeros, which both initialisers take.
            return column.flags.contains(.unsigned)
                ? UInt64(text).map(MySQLValue.uint) : Int64(text).map(MySQLValue.int)
        case .float: return Float(String(buffer: slice)).map(MySQLValue.float)
        case .double: return Double(String(buffer: slice)).map(MySQLValue.double)
        case .date: return .date(String(buffer: slice))
        case .dateTime, .timestamp: return .dateTime(String(buffer: slice))
        case .time: return .time(String(buffer: slice))
        default: return lengthEncoded(slice, column)
        }
    }

    private mutating func nextBinary(_ column: ColumnDefinition, at index: Int) -> MySQLValue? {
        let bit = index + 2
        if nulls[bit / 8] & (1 << (bit % 8)) != 0 { return .null }
        let isUnsigned = column.flags.contains(.unsigned)
        switch column.type {
        case .null: return .null
        case .tiny: return integer(Int8.self, UInt8.self, isUnsigned)
        case .short, .year: return integer(Int16.self, UInt16.self, isUnsigned)
        case .long, .int24: return integer(Int32.self, UInt32.self, isUnsigned)
        case .longLong: return integer(Int64.self, UInt64.self, isUnsigned)
        case .float:
            return bytes.readInteger(endianness: .little, as: UInt32.self).map { .float(Float(bitPattern: $0)) }
        case .double:
            return bytes.readInteger(endianness: .little, as: UInt64.self).map { .double(Double(bitPattern: $0)) }
        case .date: return bytes.readLengthEncodedSlice().flatMap { dateTime($0, decimals: 0, isDate: true) }
        case .dateTime, .timestamp:
            return bytes.readLengthEncodedSlice().flatMap { dateTime($0, decimals: column.decimals, isDate: false) }
        case .time: return bytes.readLengthEncodedSlice().flatMap { time($0, decimals: column.decimals) }
        default: return bytes.readLengthEncodedSlice().map { lengthEncoded($0, column) }
        }
    }

    private mutating func integer<S: FixedWidthInteger & SignedInteger, U: FixedWidthInteger & UnsignedInteger>(
        _ signed: S.Type, _ unsigned: U.Type, _ isUnsigned: Bool
    ) -> MySQLValue? {
        isUnsigned
            ? bytes.readInteger(endianness: .little, as: unsigned).map { .uint(UInt64($0)) }
            : bytes.readInteger(endianness: .little, as: signed).map { .int(Int64($0)) }
    }

    private func lengthEncoded(_ slice: ByteBuffer, _ column: ColumnDefinition) -> MySQLValue {
        switch column.type {
        case .decimal, .oldDecimal: .decimal(String(buffer: slice))
        case .json: .json(String(buffer: slice))
        case .bit, .geometry: .bytes(slice)
        default: column.isBinary ? .bytes(slice) : .text(String(buffer: slice))
        }
    }

    private func dateTime(_ value: ByteBuffer, decimals: UInt8, isDate: Bool) -> MySQLValue? {
        var value = value
        guard [0, 4, 7, 11].contains(value.readableBytes) else { return nil }
        let year = value.readInteger(endianness: .little, as: UInt16.self) ?? 0
        let month = value.readInteger(as: UInt8.self) ?? 0
        let day = value.readInteger(as: UInt8.self) ?? 0
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        return isDate ? .date(date) : .dateTime("\(date) \(clock(&value, hours: 0, decimals: decimals))")
    }

    private func time(_ value: ByteBuffer, decimals: UInt8) -> MySQLValue? {
        var value = value
        guard [0, 8, 12].contains(value.readableBytes) else { return nil }
        let sign = value.readInteger(as: UInt8.self) == 1 ? "-" : ""
        let days = value.readInteger(endianness: .little, as: UInt32.self) ?? 0
        return .time(sign + clock(&value, hours: UInt64(days) * 24, decimals: decimals))
    }

    /// Hours, minutes, seconds and as many digits of microseconds as the column has.
    private func clock(_ value: inout ByteBuffer, hours: UInt64, decimals: UInt8) -> String {
        let hour = hours + UInt64(value.readInteger(as: UInt8.self) ?? 0)
        let minute = value.readInteger(as: UInt8.self) ?? 0
        let second = value.readInteger(as: UInt8.self) ?? 0
        let micros = value.readInteger(endianness: .little, as: UInt32.self) ?? 0
        let text = "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
        let digits = decimals <= 6 ? Int(decimals) : (micros == 0 ? 0 : 6)
        return digits == 0 ? text : "\(text).\(padded(micros, 6).prefix(digits))"
    }

    private func padded(_ number: some BinaryInteger, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
