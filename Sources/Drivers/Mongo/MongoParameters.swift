import MongoWire
import SourceModel

/// Puts values in place of `{"$param": n}`, n counting from 1. A value is always one value: a text stays a text whatever is
/// in it, so that no parameter becomes an operator, a stage or a field.
enum MongoParameters {
    /// The member that makes an object a placeholder.
    static let key = "$param"

    /// - Throws: `parameters_mismatch` or `statement_refused`, of the stage `query`.
    static func fill(_ node: JSONNode, with parameters: [StatementParameter]) throws(SourceFailure) -> JSONNode {
        var filling = Filling(parameters: parameters)
        let filled = try filling.fill(node, within: Place())
        guard filling.used.count == parameters.count else {
            throw .parametersMismatch(expected: filling.used.max() ?? 0, sent: parameters.count)
        }
        return filled
    }

    /// Where a value stands.
    private struct Place {
        /// Whether a text that begins with `$` would be read as a field's path.
        var isExpression = false
        /// Whether a number has to be in quotes, as in `$numberDecimal`.
        var isQuoted = false
        /// Whether the members here are those of the command itself.
        var isCommand = true
        /// The member that holds the object.
        var parent = ""

        /// The place of a member's value. Only operators mean the same wherever they stand; the names of a command's
        /// members can be the names of fields, too.
        func member(_ name: String) -> Place {
            var place = self
            place.isCommand = false
            place.parent = name
            place.isQuoted = ["$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"].contains(name)
            switch name {
            case "$expr": place.isExpression = true
            case "projection", "let", "pipeline": place.isExpression = isExpression || isCommand
            // What these hold is taken as it is.
            case "$match", "$literal": place.isExpression = false
            case "query": place.isExpression = isExpression && parent != "$geoNear"
            case "restrictSearchWithMatch": place.isExpression = isExpression && parent != "$graphLookup"
            default: break
            }
            return place
        }
    }

    private struct Filling {
        let parameters: [StatementParameter]
        var used: Set<Int> = []

        mutating func fill(_ node: JSONNode, within place: Place) throws(SourceFailure) -> JSONNode {
            switch node {
            case .object(let members):
                if members.contains(where: { $0.name == key }) { return try value(members, place) }
                var filled: [JSONNode.Member] = []
                for member in members {
                    filled.append(.init(member.name, try fill(member.value, within: place.member(member.name))))
                }
                return .object(filled)
            case .array(let nodes):
                var filled: [JSONNode] = []
                for node in nodes { filled.append(try fill(node, within: place)) }
                return .array(filled)
            case .string, .number, .boolean, .null: return node
            }
        }

        private mutating func value(_ members: [JSONNode.Member], _ place: Place) throws(SourceFailure) -> JSONNode {
            guard members.count == 1, case .number(let digits) = members[0].value, let number = Int(digits), number >= 1
            else {
                throw MongoCommand.refused(
                    "A placeholder is not of the form {\"$param\": 1}.",
                    hint: "Write {\"$param\": n} with nothing beside it; n counts the parameters from 1.")
            }
            guard number <= parameters.count else {
                throw .parametersMismatch(expected: number, sent: parameters.count)
            }
            used.insert(number)
            switch parameters[number - 1] {
            case .null: return .null
            case .flag(let flag): return .boolean(flag)
            case .number(let digits): return place.isQuoted ? .string(digits) : .number(digits)
            case .text(let text):
                // By its first byte, as the server looks at it: with an accent behind it, it is another character.
                guard place.isExpression, text.utf8.first == UInt8(ascii: "$") else { return .string(text) }
                return .object([.init("$literal", .string(text))])
            }
        }
    }
}
