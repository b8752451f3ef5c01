import PostgresWire
import Results
import SourceModel

/// A type of PostgreSQL: its name, and how its text form is read.
struct PostgresType: Sendable, Equatable {
    var name: String
    var form: CellForm
    var jsonType: JSONType

    /// A built-in type with its modifier; nil for one that somebody made, which only the server can name.
    ///
    /// - Parameters:
    ///   - oid: the object id, from the catalogue `pg_type.dat`, which keeps them for ever.
    ///   - modifier: such as a length or a precision; -1 for none.
    init?(oid: UInt32, modifier: Int32) {
        guard let base = Self.scalar(oid) ?? Self.element(ofArray: oid).flatMap(Self.scalar) else { return nil }
        let isArray = Self.scalar(oid) == nil
        name = Self.named(base.name, modifier: modifier) + (isArray ? "[]" : "")
        // Boxes are the one built-in type whose values contain commas and are not put into quotes for it.
        let separator = UInt8(ascii: base.name == "box" ? ";" : ",")
        form = isArray ? .array(base.form, separator: separator) : base.form
        jsonType = isArray ? .array : base.jsonType
    }

    /// A type that the server has named.
    ///
    /// - Parameters:
    ///   - base: the type below a domain, or the elements' type of an array; else the type itself.
    ///   - separator: what stands between the elements of an array.
    init(name: String, base: UInt32, isArray: Bool, separator: UInt8 = UInt8(ascii: ",")) {
        let known = Self.scalar(base)
        self.name = name
        form = isArray ? .array(known?.form ?? .text, separator: separator) : known?.form ?? .text
        jsonType = isArray ? .array : known?.jsonType ?? .string
    }

    private init(_ name: String, _ form: CellForm, _ jsonType: JSONType) {
        self.name = name
        self.form = form
        self.jsonType = jsonType
    }

    /// Whole numbers beyond 53 bits and decimals are strings in JSON: whoever reads a JSON number as a double would lose
    /// their last digits.
    private static func scalar(_ oid: UInt32) -> PostgresType? {
        switch oid {
        case 16: PostgresType("boolean", .boolean, .boolean)
        case 17: PostgresType("bytea", .hexadecimal, .string)
        case 18: PostgresType("\"char\"", .text, .string)
        case 19: PostgresType("name", .text, .string)
        case 20: PostgresType("bigint", .text, .string)
        case 21: PostgresType("smallint", .number, .number)
        case 23: PostgresType("integer", .number, .number)
        case 25: PostgresType("text", .text, .string)
        case 26: PostgresType("oid", .number, .number)
        case 114: PostgresType("json", .json, .any)
        case 142: PostgresType("xml", .text, .string)
        case 600: PostgresType("point", .text, .string)
        case 601: PostgresType("lseg", .text, .string)
        case 602: PostgresType("path", .text, .string)
        case 603: PostgresType("box", .text, .string)
        case 604: PostgresType("polygon", .text, .string)
        case 628: PostgresType("line", .text, .string)
        case 650: PostgresType("cidr", .text, .string)
        case 700: PostgresType("real", .float, .number)
        case 701: PostgresType("double precision", .float, .number)
        case 705: PostgresType("unknown", .text, .string)
        case 718: PostgresType("circle", .text, .string)
        case 774: PostgresType("macaddr8", .text, .string)
        case 790: PostgresType("money", .text, .string)
        case 829: PostgresType("macaddr", .text, .string)
        case 869: PostgresType("inet", .text, .string)
        case 1042: PostgresType("character", .text, .string)
        case 1043: PostgresType("character varying", .text, .string)
        case 1082: PostgresType("date", .text, .string)
        case 1083: PostgresType("time without time zone", .text, .string)
        case 1114: PostgresType("timestamp without time zone", .timestamp, .string)
        case 1184: PostgresType("timestamp with time zone", .timestamp, .string)
        case 1186: PostgresType("interval", .text, .string)
        case 1266: PostgresType("time with time zone", .text, .string)
        case 1560: PostgresType("bit", .text, .string)
        case 1562: PostgresType("bit varying", .text, .string)
        case 1700: PostgresType("numeric", .text, .string)
        case 2205: PostgresType("regclass", .text, .string)
        case 2206: PostgresType("regtype", .text, .string)
        case 2249: PostgresType("record", .text, .string)
        case 2278: PostgresType("void", .text, .string)
        case 2950: PostgresType("uuid", .text, .string)
        case 3614: PostgresType("tsvector", .text, .string)
        case 3615: PostgresType("tsquery", .text, .string)
        case 3802: PostgresType("jsonb", .json, .any)
        case 3904: PostgresType("int4range", .text, .string)
        case 3906: PostgresType("numrange", .text, .string)
        case 3908: PostgresType("tsrange", .text, .string)
        case 3910: PostgresType("tstzrange", .text, .string)
        case 3912: PostgresType("daterange", .text, .string)
        case 3926: PostgresType("int8range", .text, .string)
        default: nil
        }
    }

    /// The type of the elements of a built-in array.
    private static func element(ofArray oid: UInt32) -> UInt32? {
        switch oid {
        case 199: 114
        case 651: 650
        case 1000: 16
        case 1001: 17
        case 1002: 18
        case 1003: 19
        case 1005: 21
        case 1007: 23
        case 1009: 25
        case 1014: 1042
        case 1015: 1043
        case 1016: 20
        case 1017: 600
        case 1020: 603
        case 1021: 700
        case 1022: 701
        case 1028: 26
        case 1041: 869
        case 1115: 1114
        case 1182: 1082
        case 1183: 1083
        case 1185: 1184
        case 1187: 1186
        case 1231: 1700
        case 1270: 1266
        case 2951: 2950
        case 3807: 3802
        default: nil
        }
    }

    /// The name with its modifier, as the server's `format_type` writes it.
    private static func named(_ name: String, modifier: Int32) -> String {
        guard modifier >= 0 else { return name }
        switch name {
        case "numeric" where modifier >= 4:
            // The scale has eleven bits and a sign since PostgreSQL 15.
            let scale = ((modifier - 4) & 0x7FF ^ 1024) - 1024
            return "numeric(\((modifier - 4) >> 16 & 0xFFFF),\(scale))"
        case "character varying" where modifier >= 4, "character" where modifier >= 4:
            return "\(name)(\(modifier - 4))"
        case "bit", "bit varying": return "\(name)(\(modifier))"
        case "timestamp without time zone", "timestamp with time zone", "time without time zone",
            "time with time zone":
            let space = name.firstIndex(of: " ") ?? name.endIndex
            return "\(name[..<space])(\(modifier))\(name[space...])"
        default: return name
        }
    }
}
