import SourceModel

/// A statement for an API: `PATH [ROWS]`. The path may have a query and `{}` where a parameter's value belongs; behind a
/// blank it may be said where the rows are.
struct RESTStatement: Sendable {
    /// The path and query below the base path, values filled in, as they stand in a request.
    let path: String
    /// Where the rows are; nil where the record's option says it.
    let rows: RowPlaces?

    init(_ statement: Statement) throws(SourceFailure) {
        var text = statement.text[...]
        RESTStatement.trim(&text)
        if let verb = RESTStatement.verb(text) {
            guard verb == "GET" else {
                throw SourceFailure(
                    .query, .statementWrites, "\(verb) is not sent: Wellhead asks with GET only.",
                    hint: "Send a path that is read with GET; Wellhead changes nothing in a data source.")
            }
            text = text.dropFirst(verb.count)
            RESTStatement.trim(&text)
        }
        let template = text.prefix { !$0.isWhitespace }
        var places = text[template.endIndex...]
        RESTStatement.trim(&places)
        path = try RESTStatement.filled(template, statement.parameters)
        if places.isEmpty {
            rows = nil
        } else {
            do throws(RowPlaces.Malformed) {
                rows = try RowPlaces(String(places))
            } catch {
                let before = statement.text[..<places.startIndex].count
                throw SourceFailure(
                    .query, .statementRefused, "What follows the path is no place in an answer: \(error.reason).",
                    hint: "Send a JSON Pointer such as /items, or a JSONPath such as $.items[*].",
                    server: error.position.map { ServerWords.ours("place", position: before + $0, error.reason) })
            }
        }
    }

    private static func trim(_ text: inout Substring) {
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
    }

    /// A method's name before the path.
    private static func verb(_ text: Substring) -> String? {
        let word = text.prefix { !$0.isWhitespace }
        guard word.endIndex < text.endIndex,
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"].contains(word)
        else { return nil }
        return String(word)
    }

    // MARK: The path

    /// The path with its values. A value is escaped but for letters, digits and `-._~`, so that it can end neither a
    /// segment nor a parameter; in the path it can also be neither empty nor a way up.
    static func filled(_ template: Substring, _ parameters: [StatementParameter]) throws(SourceFailure) -> String {
        try checkShape(template)
        var values = parameters[...]
        var filled = ""
        var isQuery = false
        var index = template.startIndex
        while index < template.endIndex {
            let character = template[index]
            switch character {
            case "{":
                let close = template.index(after: index)
                guard close < template.endIndex, template[close] == "}" else {
                    throw RESTFailures.path("A placeholder is written {}, without a name in it.")
                }
                index = close
                guard let value = values.popFirst() else {
                    throw .parametersMismatch(expected: placeholders(template), sent: parameters.count)
                }
                filled += try escaped(value, inQuery: isQuery)
            case "}": throw RESTFailures.path("A closing brace stands without an opening one.")
            case "?":
                isQuery = true
                filled.append(character)
            default: filled += try escaped(character)
            }
            index = template.index(after: index)
        }
        guard values.isEmpty else {
            throw .parametersMismatch(expected: placeholders(template), sent: parameters.count)
        }
        let path = filled.prefix { $0 != "?" }
        guard !HTTPLocation.leadsUp(path) else {
            throw RESTFailures.path("The path has a segment of dots, which could lead out of the base path.")
        }
        guard !path.dropFirst().contains("//"), !path.hasPrefix("//") else {
            throw RESTFailures.path("The path has an empty segment.")
        }
        return filled
    }

    private static func checkShape(_ template: Substring) throws(SourceFailure) {
        let head = template.prefix { $0 != "/" && $0 != "?" }
        guard !head.contains(":"), !template.hasPrefix("//") else {
            throw RESTFailures.path("The statement is an address with a host of its own; it takes a path.")
        }
    }

    private static func placeholders(_ template: Substring) -> Int { template.count { $0 == "{" } }

    private static func escaped(_ character: Character) throws(SourceFailure) -> String {
        if character.isASCII {
            let isAllowed =
                character.isLetter || character.isNumber || "-._~!$&'()*+,;=:@/%".contains(character)
            // The list is that of RFC 3986, section 3.3 and 3.4; # would begin a fragment.
            guard isAllowed else {
                throw RESTFailures.path("The character \(character.debugDescription) cannot stand in a path.")
            }
            return String(character)
        }
        return String(character).utf8.map(\.percentEncoded).joined()
    }

    private static func escaped(_ value: StatementParameter, inQuery: Bool) throws(SourceFailure) -> String {
        let text =
            switch value {
            case .null: ""
            case .flag(let flag): flag ? "true" : "false"
            case .number(let digits): digits
            case .text(let text): text
            }
        guard inQuery || !text.isEmpty else {
            throw RESTFailures.path(
                "A value in the path is empty, which would make it another path.",
                hint: "Send in parameters a value for each placeholder in the path.")
        }
        return parameterEscaped(text)
    }

    /// A text that can be the value of a parameter: everything escaped but what RFC 3986 calls unreserved.
    static func parameterEscaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80, scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || "-._~".utf8.contains(byte)
            {
                result.unicodeScalars.append(scalar)
            } else {
                result += byte.percentEncoded
            }
        }
        return result
    }
}

extension ServerWords {
    /// What is wrong at a place in the statement, where nobody but this service has read it.
    fileprivate static func ours(_ code: String, position: Int, _ text: String) -> ServerWords {
        var words = ServerWords(code: code, text: text)
        words.position = position
        return words
    }
}
