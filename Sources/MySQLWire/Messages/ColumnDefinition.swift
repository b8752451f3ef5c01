import NIOCore

/// A column of a result set ("Protocol::ColumnDefinition41").
public struct ColumnDefinition: Sendable, Hashable {
    /// The schema that the column's table is in; empty for an expression.
    public var schema: String
    /// The table's name or alias in the statement; empty for an expression.
    public var table: String
    /// The table's own name.
    public var originalTable: String
    /// The column's name or alias in the statement.
    public var name: String
    /// The column's own name; empty for an expression.
    public var originalName: String
    /// The number of the collation; 63 is `binary`.
    public var collation: UInt16
    /// The longest value, in bytes.
    public var length: UInt32
    /// The column's type.
    public var type: ColumnType
    /// What else is known.
    public var flags: ColumnFlags
    /// The number of digits after the point; 31 where it varies.
    public var decimals: UInt8
    /// The type that MariaDB means beyond ``type``, such as `inet6`, `uuid` or `point`; nil where it is that type.
    public var extendedType: String?
    /// The format that MariaDB knows a text to have, such as `json`.
    public var extendedFormat: String?

    /// Reads a definition.
    ///
    /// - Parameter isExtended: whether MariaDB's extended metadata stand in it.
    init?(payload: ByteBuffer, isExtended: Bool = false) {
        var bytes = payload
        guard bytes.readLengthEncodedSlice() != nil,
            let schema = bytes.readLengthEncodedString(), let table = bytes.readLengthEncodedString(),
            let originalTable = bytes.readLengthEncodedString(), let name = bytes.readLengthEncodedString(),
            let originalName = bytes.readLengthEncodedString(),
            var extended = isExtended ? bytes.readLengthEncodedSlice() : ByteBuffer(),
            let fixed = bytes.readLengthEncodedInteger(), fixed >= 0x0C,
            let collation = bytes.readInteger(endianness: .little, as: UInt16.self),
            let length = bytes.readInteger(endianness: .little, as: UInt32.self),
            let type = bytes.readInteger(as: UInt8.self),
            let flags = bytes.readInteger(endianness: .little, as: UInt16.self),
            let decimals = bytes.readInteger(as: UInt8.self)
        else { return nil }
        self.schema = schema
        self.table = table
        self.originalTable = originalTable
        self.name = name
        self.originalName = originalName
        self.collation = collation
        self.length = length
        self.type = ColumnType(rawValue: type)
        self.flags = ColumnFlags(rawValue: flags)
        self.decimals = decimals
        while let kind = extended.readInteger(as: UInt8.self) {
            guard let text = extended.readLengthEncodedString() else { return nil }
            switch kind {
            case 0: extendedType = text
            case 1: extendedFormat = text
            default: break
            }
        }
    }

    /// Whether the values are bytes and not text.
    public var isBinary: Bool { collation == 63 }
}

/// A column's type as the wire names it ("enum_field_types"). An open set: servers add to it.
public struct ColumnType: RawRepresentable, Sendable, Hashable {
    /// The type's number.
    public let rawValue: UInt8

    /// The type of that number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// DECIMAL of servers before 5.0.
    public static let oldDecimal = ColumnType(rawValue: 0x00)
    /// TINYINT: 1 byte.
    public static let tiny = ColumnType(rawValue: 0x01)
    /// SMALLINT: 2 bytes.
    public static let short = ColumnType(rawValue: 0x02)
    /// INT: 4 bytes.
    public static let long = ColumnType(rawValue: 0x03)
    /// FLOAT.
    public static let float = ColumnType(rawValue: 0x04)
    /// DOUBLE.
    public static let double = ColumnType(rawValue: 0x05)
    /// NULL.
    public static let null = ColumnType(rawValue: 0x06)
    /// TIMESTAMP.
    public static let timestamp = ColumnType(rawValue: 0x07)
    /// BIGINT: 8 bytes.
    public static let longLong = ColumnType(rawValue: 0x08)
    /// MEDIUMINT: sent as 4 bytes.
    public static let int24 = ColumnType(rawValue: 0x09)
    /// DATE.
    public static let date = ColumnType(rawValue: 0x0A)
    /// TIME.
    public static let time = ColumnType(rawValue: 0x0B)
    /// DATETIME.
    public static let dateTime = ColumnType(rawValue: 0x0C)
    /// YEAR: sent as 2 bytes.
    public static let year = ColumnType(rawValue: 0x0D)
    /// BIT.
    public static let bit = ColumnType(rawValue: 0x10)
    /// VECTOR of MySQL 9: floats of 4 bytes.
    public static let vector = ColumnType(rawValue: 0xF2)
    /// JSON; MariaDB sends its JSON as text.
    public static let json = ColumnType(rawValue: 0xF5)
    /// DECIMAL.
    public static let decimal = ColumnType(rawValue: 0xF6)
    /// TINYBLOB and TINYTEXT, of some functions of MariaDB; tables' come as ``blob``.
    public static let tinyBlob = ColumnType(rawValue: 0xF9)
    /// MEDIUMBLOB and MEDIUMTEXT, like ``tinyBlob``.
    public static let mediumBlob = ColumnType(rawValue: 0xFA)
    /// LONGBLOB and LONGTEXT, like ``tinyBlob``.
    public static let longBlob = ColumnType(rawValue: 0xFB)
    /// BLOB and TEXT.
    public static let blob = ColumnType(rawValue: 0xFC)
    /// VARCHAR and VARBINARY.
    public static let varString = ColumnType(rawValue: 0xFD)
    /// CHAR and BINARY.
    public static let string = ColumnType(rawValue: 0xFE)
    /// GEOMETRY.
    public static let geometry = ColumnType(rawValue: 0xFF)
}

/// What a column definition says beyond the type ("Column Definition Flags").
public struct ColumnFlags: OptionSet, Sendable, Hashable {
    /// The flags as sent.
    public let rawValue: UInt16

    /// The flags of that number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The column is never NULL.
    public static let notNull = ColumnFlags(rawValue: 1 << 0)
    /// Part of the primary key.
    public static let primaryKey = ColumnFlags(rawValue: 1 << 1)
    /// Part of a unique key.
    public static let uniqueKey = ColumnFlags(rawValue: 1 << 2)
    /// The integer is unsigned.
    public static let unsigned = ColumnFlags(rawValue: 1 << 5)
    /// The text is of an ENUM.
    public static let enumeration = ColumnFlags(rawValue: 1 << 8)
    /// The text is of a SET.
    public static let set = ColumnFlags(rawValue: 1 << 11)
}
