import Results
import SourceModel
import TDSWire

/// The types of SQL Server: their names, and how their values look in a result.
enum SQLServerTypes {
    /// How a column's cells are written.
    enum Cell: Sendable, Equatable {
        /// A whole number of at most 53 bits.
        case integer
        /// A `bigint`: a string in JSON.
        case exact
        /// The bytes as they are.
        case bytes
        /// The cell's text, read in this form.
        case text(CellForm)
    }

    static func cell(of type: TDSType) -> Cell {
        switch type.code {
        case .int1, .int2, .int4: .integer
        case .int8: .exact
        case .intN: type.length == 8 ? .exact : .integer
        case .bit, .bitN: .text(.boolean)
        case .real, .float, .floatN: .text(.float)
        case .binary, .varBinary, .image, .userDefined, .oldBinary, .oldVarBinary: .bytes
        case .null, .text, .nText, .uniqueIdentifier, .oldVarChar, .oldChar, .date, .time, .dateTime2, .dateTimeOffset,
            .oldDecimal, .oldNumeric, .smallDateTime, .money, .dateTime, .variant, .decimalN, .numericN, .moneyN,
            .dateTimeN, .smallMoney, .varChar, .char, .nVarChar, .nChar, .xml:
            .text(.text)
        }
    }

    static func jsonType(of type: TDSType) -> JSONType {
        switch cell(of: type) {
        case .integer, .text(.float): .number
        case .text(.boolean): .boolean
        case .exact, .bytes, .text: .string
        }
    }

    /// The type as Transact-SQL writes it.
    static func name(of column: TDSColumn) -> String {
        let type = column.type
        switch type.code {
        case .null: return "null"
        case .int1: return "tinyint"
        case .int2: return "smallint"
        case .int4: return "int"
        case .int8: return "bigint"
        case .intN:
            return type.length == 1 ? "tinyint" : type.length == 2 ? "smallint" : type.length == 4 ? "int" : "bigint"
        case .bit, .bitN: return "bit"
        case .real: return "real"
        case .float: return "float"
        case .floatN: return type.length == 4 ? "real" : "float"
        case .money: return "money"
        case .smallMoney: return "smallmoney"
        case .moneyN: return type.length == 4 ? "smallmoney" : "money"
        case .decimalN, .oldDecimal: return "decimal(\(type.precision),\(type.scale))"
        case .numericN, .oldNumeric: return "numeric(\(type.precision),\(type.scale))"
        case .uniqueIdentifier: return "uniqueidentifier"
        case .date: return "date"
        case .time: return "time(\(type.scale))"
        case .dateTime2: return "datetime2(\(type.scale))"
        case .dateTimeOffset: return "datetimeoffset(\(type.scale))"
        case .dateTime: return "datetime"
        case .smallDateTime: return "smalldatetime"
        case .dateTimeN: return type.length == 4 ? "smalldatetime" : "datetime"
        case .char, .oldChar: return "char(\(type.length))"
        case .varChar, .oldVarChar: return "varchar(\(type.isLong ? "max" : String(type.length)))"
        case .nChar: return "nchar(\(type.length / 2))"
        case .nVarChar: return "nvarchar(\(type.isLong ? "max" : String(type.length / 2)))"
        case .binary, .oldBinary: return column.userType == 80 ? "rowversion" : "binary(\(type.length))"
        case .varBinary, .oldVarBinary: return "varbinary(\(type.isLong ? "max" : String(type.length)))"
        case .text: return "text"
        case .nText: return "ntext"
        case .image: return "image"
        case .xml: return "xml"
        case .variant: return "sql_variant"
        case .userDefined: return type.userTypeName ?? "a type of the CLR"
        }
    }

    /// A column's type by what the catalogue says of it.
    ///
    /// - Parameter length: bytes; -1 for the types of `max`.
    static func name(_ base: String, length: Int?, precision: String, scale: String) -> String {
        switch base {
        case "char", "varchar", "binary", "varbinary":
            "\(base)(\(length.map { $0 < 0 ? "max" : String($0) } ?? ""))"
        case "nchar", "nvarchar": "\(base)(\(length.map { $0 < 0 ? "max" : String($0 / 2) } ?? ""))"
        case "decimal", "numeric": "\(base)(\(precision),\(scale))"
        case "time", "datetime2", "datetimeoffset": "\(base)(\(scale))"
        case "timestamp": "rowversion"
        default: base
        }
    }

    /// How the values of a type look in JSON, by the type's name.
    static func jsonType(named base: String) -> JSONType {
        switch base {
        case "tinyint", "smallint", "int", "real", "float": .number
        case "bit": .boolean
        default: .string
        }
    }
}
