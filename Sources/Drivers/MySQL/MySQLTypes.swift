import MySQLWire
import Results
import SourceModel

/// How the values of a column come and what becomes of them; decided once for each column.
enum MySQLCell: Sendable, Hashable {
    /// Whole numbers of 1, 2 and 4 bytes, which JSON numbers hold.
    case int8, uint8, int16, uint16, int32, uint32
    /// Whole numbers of 8 bytes: strings, as JSON readers would round them.
    case int64, uint64
    case float, double
    case date
    /// With so many digits of a second's fraction; above 6: as many as there are.
    case dateTime(digits: Int)
    /// The same in UTC.
    case timestamp(digits: Int)
    case time(digits: Int)
    /// Bytes that the form tells how to read.
    case bytes(CellForm)

    /// The type of the values in JSON.
    var jsonType: JSONType {
        switch self {
        case .int8, .uint8, .int16, .uint16, .int32, .uint32, .float, .double: .number
        case .int64, .uint64, .date, .dateTime, .timestamp, .time: .string
        case .bytes(let form): form == .json ? .any : .string
        }
    }
}

/// The types of MySQL and MariaDB: as a result's column definition tells them, and by their names in a schema.
enum MySQLTypes {
    /// How to read the cells of a column.
    static func cell(of column: ColumnDefinition) -> MySQLCell {
        let isUnsigned = column.flags.contains(.unsigned)
        let digits = Int(column.decimals)
        switch column.type {
        case .tiny: return isUnsigned ? .uint8 : .int8
        case .short, .year: return isUnsigned ? .uint16 : .int16
        case .long, .int24: return isUnsigned ? .uint32 : .int32
        case .longLong: return isUnsigned ? .uint64 : .int64
        case .float: return .float
        case .double: return .double
        case .date: return .date
        case .dateTime: return .dateTime(digits: digits)
        case .timestamp: return .timestamp(digits: digits)
        case .time: return .time(digits: digits)
        case .decimal, .oldDecimal: return .bytes(.text)
        case .json: return .bytes(.json)
        case .bit, .geometry, .vector: return .bytes(.bytes)
        default:
            if column.extendedFormat == "json" { return .bytes(.json) }
            return .bytes(column.isBinary ? .bytes : .text)
        }
    }

    /// The server's own name of a column's type, with length and precision, such as `decimal(10,2)`.
    static func name(of column: ColumnDefinition) -> String {
        if let type = column.extendedType { return type }
        if column.extendedFormat == "json" { return "json" }
        let unsigned = column.flags.contains(.unsigned) ? " unsigned" : ""
        switch column.type {
        // BOOL is TINYINT(1): the one display width that means something.
        case .tiny: return column.length == 1 && unsigned.isEmpty ? "tinyint(1)" : "tinyint" + unsigned
        case .short: return "smallint" + unsigned
        case .int24: return "mediumint" + unsigned
        case .long: return "int" + unsigned
        case .longLong: return "bigint" + unsigned
        case .float: return "float" + unsigned
        case .double: return "double" + unsigned
        case .decimal, .oldDecimal:
            // The length counts the sign and the point.
            let precision = Int(column.length) - (unsigned.isEmpty ? 1 : 0) - (column.decimals > 0 ? 1 : 0)
            return "decimal(\(max(precision, 1)),\(column.decimals))" + unsigned
        case .year: return "year"
        case .date: return "date"
        case .dateTime: return "datetime" + fraction(column)
        case .timestamp: return "timestamp" + fraction(column)
        case .time: return "time" + fraction(column)
        case .bit: return "bit(\(column.length))"
        case .json: return "json"
        case .geometry: return "geometry"
        case .vector: return "vector(\(column.length / 4))"
        case .null: return "null"
        default: return textName(of: column)
        }
    }

    private static func fraction(_ column: ColumnDefinition) -> String {
        (1...6).contains(column.decimals) ? "(\(column.decimals))" : ""
    }

    private static func textName(of column: ColumnDefinition) -> String {
        if column.flags.contains(.enumeration) { return "enum" }
        if column.flags.contains(.set) { return "set" }
        // Lengths are in bytes of utf8mb4, which the session asks for.
        let length = column.isBinary ? column.length : column.length / 4
        let noun = column.isBinary ? "blob" : "text"
        switch column.type {
        case .string: return (column.isBinary ? "binary" : "char") + "(\(length))"
        case .varString: return (column.isBinary ? "varbinary" : "varchar") + "(\(length))"
        case .tinyBlob: return "tiny" + noun
        case .mediumBlob: return "medium" + noun
        case .longBlob: return "long" + noun
        case .blob:
            switch length {
            case 0...0xFF: return "tiny" + noun
            case 0...0xFFFF: return noun
            case 0...0xFF_FFFF: return "medium" + noun
            default: return "long" + noun
            }
        default: return "type \(column.type.rawValue)"
        }
    }

    /// The type in JSON of a column whose type has this name in the schema, without length and precision.
    static func jsonType(named name: String) -> JSONType {
        switch name.lowercased() {
        case "tinyint", "smallint", "mediumint", "int", "float", "double", "year": .number
        case "json": .any
        default: .string
        }
    }
}
