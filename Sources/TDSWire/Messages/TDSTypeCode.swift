/// The data types' numbers ([MS-TDS] section 2.2.5.4).
public enum TDSTypeCode: UInt8, Sendable, CaseIterable {
    case null = 0x1F
    case image = 0x22
    case text = 0x23
    case uniqueIdentifier = 0x24
    case oldVarBinary = 0x25
    case intN = 0x26
    case oldVarChar = 0x27
    case date = 0x28
    case time = 0x29
    case dateTime2 = 0x2A
    case dateTimeOffset = 0x2B
    case oldBinary = 0x2D
    case oldChar = 0x2F
    case int1 = 0x30
    case bit = 0x32
    case int2 = 0x34
    case oldDecimal = 0x37
    case int4 = 0x38
    case smallDateTime = 0x3A
    case real = 0x3B
    case money = 0x3C
    case dateTime = 0x3D
    case float = 0x3E
    case oldNumeric = 0x3F
    case variant = 0x62
    case nText = 0x63
    case bitN = 0x68
    case decimalN = 0x6A
    case numericN = 0x6C
    case floatN = 0x6D
    case moneyN = 0x6E
    case dateTimeN = 0x6F
    case smallMoney = 0x7A
    case int8 = 0x7F
    case varBinary = 0xA5
    case varChar = 0xA7
    case binary = 0xAD
    case char = 0xAF
    case nVarChar = 0xE7
    case nChar = 0xEF
    case userDefined = 0xF0
    case xml = 0xF1
}

/// A column's type: its number, and what belongs to it (TYPE_INFO, [MS-TDS] section 2.2.5.6).
public struct TDSType: Hashable, Sendable {
    /// The number.
    public var code: TDSTypeCode
    /// Bytes at most; for types of a fixed length that length.
    public var length: Int
    /// Digits of a decimal.
    public var precision: UInt8 = 0
    /// Digits after the point of a decimal; of a second for times.
    public var scale: UInt8 = 0
    /// How texts of one byte a character are to be read and compared.
    public var collation: TDSCollation?
    /// Whether the type is one of `max`: its values come in chunks.
    public var isLong = false
    /// The name of a type of the CLR, such as `geography`.
    public var userTypeName: String?

    /// A type of these parts.
    public init(
        _ code: TDSTypeCode, length: Int, precision: UInt8 = 0, scale: UInt8 = 0, collation: TDSCollation? = nil,
        isLong: Bool = false, userTypeName: String? = nil
    ) {
        self.code = code
        self.length = length
        self.precision = precision
        self.scale = scale
        self.collation = collation
        self.isLong = isLong
        self.userTypeName = userTypeName
    }
}

/// A column of a result (COLMETADATA, [MS-TDS] section 2.2.7.4).
public struct TDSColumn: Hashable, Sendable {
    /// The name; empty where the statement gave none.
    public var name: String
    /// The type.
    public var type: TDSType
    /// Whether NULL is possible.
    public var isNullable: Bool
    /// The number of a type that somebody named; 80 is `rowversion`.
    public var userType: UInt32

    /// A column of these parts.
    public init(name: String, type: TDSType, isNullable: Bool = true, userType: UInt32 = 0) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.userType = userType
    }
}

/// How a cell's bytes are bounded in a row ([MS-TDS] sections 2.2.4.2.1 and 2.2.5.2).
enum CellFrame: Equatable, Sendable {
    /// So many bytes, never NULL.
    case fixed(Int)
    /// One byte of length, 0 for NULL. `lengths` has a bit for each that the type can have; 0 where any will do.
    case byteLength(lengths: UInt32)
    /// Two bytes of length, 0xFFFF for NULL.
    case shortLength
    /// Four bytes of length, 0 for NULL: `sql_variant`.
    case longLength
    /// A pointer to text, NULL where it is empty, a time stamp, four bytes of length: `text`, `ntext`, `image`.
    case textPointer
    /// Eight bytes of length, then chunks until an empty one: the `max` types, `xml`, types of the CLR.
    case chunks

    private static func lengths(_ values: Int...) -> CellFrame {
        .byteLength(lengths: values.reduce(0) { $0 | 1 << UInt32($1) })
    }

    init(_ type: TDSType) {
        switch type.code {
        case .null: self = .fixed(0)
        case .int1, .bit: self = .fixed(1)
        case .int2: self = .fixed(2)
        case .int4, .smallDateTime, .real, .smallMoney: self = .fixed(4)
        case .money, .dateTime, .float, .int8: self = .fixed(8)
        case .uniqueIdentifier: self = Self.lengths(16)
        case .intN: self = Self.lengths(1, 2, 4, 8)
        case .bitN: self = Self.lengths(1)
        case .floatN, .moneyN, .dateTimeN: self = Self.lengths(4, 8)
        case .date: self = Self.lengths(3)
        case .time: self = Self.lengths(3, 4, 5)
        case .dateTime2: self = Self.lengths(6, 7, 8)
        case .dateTimeOffset: self = Self.lengths(8, 9, 10)
        case .decimalN, .numericN, .oldDecimal, .oldNumeric: self = Self.lengths(5, 9, 13, 17)
        case .oldVarBinary, .oldVarChar, .oldBinary, .oldChar: self = .byteLength(lengths: 0)
        case .varBinary, .varChar, .nVarChar: self = type.isLong ? .chunks : .shortLength
        case .binary, .char, .nChar: self = .shortLength
        case .variant: self = .longLength
        case .text, .nText, .image: self = .textPointer
        case .xml, .userDefined: self = .chunks
        }
    }
}
