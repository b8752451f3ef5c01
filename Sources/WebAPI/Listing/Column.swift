import SourceModel

/// A field of the rendered rows that a list can be filtered and sorted by.
struct Column: Sendable, Equatable {
    enum Kind: Sendable {
        case text, number, flag, date
        /// Text, of which callers use several spellings.
        case driver
    }

    let name: String
    let kind: Kind

    /// The columns of live records: neither secrets nor PEM texts, nor `options`.
    static let records: [Column] =
        [Column(name: "id", kind: .text)]
        + Field.allCases.compactMap { field in
            switch field.kind {
            case .text: Column(name: field.rawValue, kind: field == .driver ? .driver : .text)
            case .port: Column(name: field.rawValue, kind: .number)
            case .flag: Column(name: field.rawValue, kind: .flag)
            case .pem, .secret, .options: nil
            }
        } + [
            Column(name: "status", kind: .text), Column(name: "published_at", kind: .date),
            Column(name: "created_at", kind: .date), Column(name: "updated_at", kind: .date),
            Column(name: "created_by", kind: .text), Column(name: "updated_by", kind: .text),
        ]

    /// The columns of tombstones.
    static let tombstones: [Column] = [
        Column(name: "id", kind: .text), Column(name: "name", kind: .text), Column(name: "driver", kind: .driver),
        Column(name: "created_at", kind: .date), Column(name: "created_by", kind: .text),
        Column(name: "deleted_at", kind: .date), Column(name: "deleted_by", kind: .text),
    ]

    /// What a row holds in this column; nil for null.
    func value(in row: AnswerNode) -> ColumnValue? {
        switch (row[name], kind) {
        case (.text(let text)?, .number): Int(text).map { .number($0) }
        case (.text(let text)?, _): .text(text)
        case (.flag(let flag)?, _): .flag(flag)
        default: nil
        }
    }

    /// What a caller wrote to compare this column with.
    func operand(_ text: String, of parameter: String) throws(SourceFailure) -> ColumnValue {
        switch kind {
        case .text: return .text(text)
        case .driver: return .text(DriverKind(spelling: text)?.rawValue ?? text)
        case .number:
            guard let number = Int(text) else { throw .parameter(parameter, "takes a whole number, not", text) }
            return .number(number)
        case .flag:
            guard let flag = Bool(parameter: text) else {
                throw .parameter(parameter, "takes true or false, not", text)
            }
            return .flag(flag)
        case .date:
            guard let date = ColumnValue.date(text) else {
                throw .parameter(parameter, "takes a date such as 2026-01-31T12:00:00Z, not", text)
            }
            return date
        }
    }
}

/// A value that rows are compared by. Dates are texts here: RFC 3339 in UTC sorts as it reads.
enum ColumnValue: Sendable, Hashable, Comparable {
    case flag(Bool)
    case number(Int)
    case text(String)

    static func < (left: ColumnValue, right: ColumnValue) -> Bool {
        switch (left, right) {
        case (.flag(let a), .flag(let b)): !a && b
        case (.number(let a), .number(let b)): a < b
        case (.text(let a), .text(let b)): a < b
        default: false
        }
    }

    /// The text that `_contains` looks into.
    var searchable: String {
        switch self {
        case .flag(let flag): String(flag)
        case .number(let number): String(number)
        case .text(let text): text
        }
    }
}

extension Bool {
    /// The spellings of a flag in a query.
    init?(parameter: String) {
        switch parameter.lowercased() {
        case "true", "1": self = true
        case "false", "0": self = false
        default: return nil
        }
    }
}

extension SourceFailure {
    /// A query parameter with a value that it does not take.
    static func parameter(_ name: String, _ takes: String, _ value: String) -> SourceFailure {
        let message = "\(name) \(takes) \(quoted(value))."
        return .body(
            message, hint: "Correct \(name) in the address.",
            fields: [FieldComplaint(field: name, code: .invalidField, message: message)])
    }

    /// A query parameter that nobody knows, with the nearest one that there is.
    static func unknownParameter(_ name: String, among known: [String]) -> SourceFailure {
        let nearest = NearestName.to(name, among: known)
        let message = "There is no query parameter \(quoted(name))."
        return SourceFailure(
            .validate, .unknownField, message,
            hint: nearest.map { "Did you mean \($0)?" } ?? "Leave it out; /openapi.json lists what there is.",
            fields: [FieldComplaint(field: name, code: .unknownField, message: message)])
    }
}
