import SourceModel

/// What a caller wants to see of a list: `_start`, `_limit`, `_sort` and the filters.
struct RecordQuery: Sendable {
    static let defaultLimit = 100
    static let maximumLimit = 1000

    /// One condition; a row is shown where all hold.
    struct Filter: Sendable {
        enum Relation: String, CaseIterable, Sendable {
            case equal = ""
            case notEqual = "_ne"
            case less = "_lt"
            case lessOrEqual = "_lte"
            case greater = "_gt"
            case greaterOrEqual = "_gte"
            /// Whatever the case of letters.
            case contains = "_contains"
            /// With the case of letters.
            case containsExactly = "_containss"
            case among = "_in"
            case notAmong = "_nin"
            case null = "_null"
        }

        var column: Column
        var relation: Relation
        var operands: [ColumnValue]
        /// The text of `_contains` and `_containss`.
        var text = ""
    }

    var start = 0
    var limit = RecordQuery.defaultLimit
    var order: [(column: Column, descending: Bool)] = []
    var filters: [Filter] = []

    /// Reads the parameters of an address.
    ///
    /// - Throws: a failure that names the parameter and, where it is unknown, the nearest one.
    init(_ parameters: [(name: String, value: String)], columns: [Column]) throws(SourceFailure) {
        for (name, value) in parameters {
            switch name {
            case "_start": start = try Self.number(name, value, upTo: Int(Int32.max))
            case "_limit": limit = try Self.number(name, value, upTo: Self.maximumLimit)
            case "_sort": order += try Self.order(value, columns: columns)
            case "_deleted": continue
            default: try add(name, value, columns: columns)
            }
        }
    }

    private static func number(_ name: String, _ text: String, upTo limit: Int) throws(SourceFailure) -> Int {
        guard let number = Int(text), (0...limit).contains(number) else {
            throw .parameter(name, "takes a number from 0 to \(limit), not", text)
        }
        return number
    }

    private static func order(
        _ text: String, columns: [Column]
    ) throws(SourceFailure) -> [(column: Column, descending: Bool)] {
        var order: [(column: Column, descending: Bool)] = []
        for part in text.split(separator: ",") {
            let halves = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let name = halves[0].trimmed
            guard let column = columns.first(where: { $0.name == name }) else {
                throw refused(name, columns: columns.map(\.name))
            }
            switch halves.count == 2 ? halves[1].trimmed.uppercased() : "ASC" {
            case "ASC": order.append((column, false))
            case "DESC": order.append((column, true))
            default: throw .parameter("_sort", "takes field:ASC or field:DESC, not", String(part))
            }
        }
        return order
    }

    private mutating func add(_ name: String, _ value: String, columns: [Column]) throws(SourceFailure) {
        guard let (column, relation) = Self.target(of: name, columns: columns) else {
            throw Self.refused(name, columns: columns.map(\.name))
        }
        var filter = Filter(column: column, relation: relation, operands: [])
        switch relation {
        case .equal, .among, .notAmong:
            let texts = relation == .equal ? [value] : value.split(separator: ",").map { $0.trimmed }
            for text in texts { filter.operands.append(try column.operand(text, of: name)) }
            let known = filters.firstIndex { $0.column == column && $0.relation == relation }
            if let known {
                // Sent again, it names further values.
                filters[known].operands += filter.operands
                return
            }
        case .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            filter.operands = [try column.operand(value, of: name)]
        case .contains: filter.text = value.lowercased()
        case .containsExactly: filter.text = value
        case .null:
            guard let flag = Bool(parameter: value) else { throw .parameter(name, "takes true or false, not", value) }
            filter.operands = [.flag(flag)]
        }
        filters.append(filter)
    }

    /// The column and the relation that a parameter's name spells.
    private static func target(of name: String, columns: [Column]) -> (Column, Filter.Relation)? {
        for relation in Filter.Relation.allCases where name.hasSuffix(relation.rawValue) {
            let field = name.dropLast(relation.rawValue.count)
            if let column = columns.first(where: { $0.name == field }) { return (column, relation) }
        }
        return nil
    }

    /// A secret or a PEM text is refused by name; anything else is unknown.
    private static func refused(_ name: String, columns: [String]) -> SourceFailure {
        let bare =
            Filter.Relation.allCases.filter { $0 != .equal && name.hasSuffix($0.rawValue) }
            .map { String(name.dropLast($0.rawValue.count)) }.first ?? name
        if let field = Field(rawValue: bare) ?? Field.aliases[bare] {
            let message = "Lists can be neither filtered nor sorted by \(field.rawValue)."
            return .body(
                message, hint: "Use another field, such as name, driver or host.",
                fields: [FieldComplaint(field: name, code: .invalidField, message: message)])
        }
        return .unknownParameter(name, among: columns + ["_start", "_limit", "_sort", "_deleted"])
    }
}
