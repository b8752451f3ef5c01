import SourceModel

/// What the values of a column are, decided from all of them.
package enum ColumnType: Sendable, Hashable {
    /// Whole numbers that a double holds exactly.
    case integer
    /// Whole numbers of 64 bits, some beyond 53.
    case bigInteger
    /// Numbers that a double gives back digit by digit; with a scale all have so many digits after the point.
    case decimal(scale: Int?)
    case boolean
    /// `2024-02-29`.
    case date
    /// `2024-02-29T23:59:59.5Z`, also with a blank for the `T`, without a fraction, with another offset or without.
    case timestamp
    /// `23:59:59.5`, a time of the day or a duration, of which the hours may be more than 23.
    case time
    case text

    /// The type's name in schemas and results.
    package var name: String {
        switch self {
        case .integer, .bigInteger: "integer"
        case .decimal: "decimal"
        case .boolean: "boolean"
        case .date: "date"
        case .timestamp: "timestamp"
        case .time: "time"
        case .text: "text"
        }
    }

    /// How the values look in JSON: what could lose a digit there is a string.
    package var jsonType: JSONType {
        switch self {
        case .integer: .number
        case .boolean: .boolean
        case .bigInteger, .decimal, .date, .timestamp, .time, .text: .string
        }
    }

    /// The declaration in SQLite. Its affinity ("Datatypes in SQLite", section 3.1) keeps the values as they are bound,
    /// and its text tells the type of a result's column.
    var declaration: String {
        switch self {
        case .integer: "INTEGER"
        case .bigInteger: "BIGINT"
        case .decimal(let scale): scale.map { "REAL(\($0))" } ?? "REAL"
        case .boolean: "BOOLEAN"
        case .date: "TEXT_DATE"
        case .timestamp: "TEXT_TIMESTAMP"
        case .time: "TEXT_TIME"
        case .text: "TEXT"
        }
    }

    /// The type that a declaration stands for; nil where it is none of ours.
    init?(declaration: String) {
        switch declaration {
        case "INTEGER": self = .integer
        case "BIGINT": self = .bigInteger
        case "REAL": self = .decimal(scale: nil)
        case "BOOLEAN": self = .boolean
        case "TEXT_DATE": self = .date
        case "TEXT_TIMESTAMP": self = .timestamp
        case "TEXT_TIME": self = .time
        case "TEXT": self = .text
        default:
            guard declaration.hasPrefix("REAL("), let scale = Int(declaration.dropFirst(5).dropLast()) else {
                return nil
            }
            self = .decimal(scale: scale)
        }
    }
}

/// A column of a file that was read.
package struct TabularColumn: Sendable, Hashable {
    package let name: String
    package let type: ColumnType
    /// Whether a field is empty somewhere.
    package let isNullable: Bool
    /// What else is to be known of the values.
    package let comment: String?

    package init(name: String, type: ColumnType, isNullable: Bool, comment: String? = nil) {
        (self.name, self.type, self.isNullable, self.comment) = (name, type, isNullable, comment)
    }
}
