/// The field `Link` (RFC 8288, section 3).
enum LinkField {
    /// The target of the first link with a relation.
    static func target(_ relation: String, in values: [String]) -> String? {
        for value in values {
            var rest = value[...]
            while let link = next(&rest) {
                if link.relations.contains(relation) { return link.target }
            }
        }
        return nil
    }

    private struct Link {
        var target: String
        var relations: [String] = []
    }

    /// Reads one link and the comma behind it; nil at the end, and at what is no link.
    private static func next(_ text: inout Substring) -> Link? {
        skip(&text) { $0 == "," || $0.isWhitespace }
        guard text.first == "<", let end = text.firstIndex(of: ">") else { return nil }
        var link = Link(target: text[text.index(after: text.startIndex)..<end].filter { !$0.isWhitespace })
        text = text[text.index(after: end)...]
        var hasRelation = false
        while true {
            skip(&text, while: \.isWhitespace)
            guard text.first == ";" else { return link }
            text.removeFirst()
            skip(&text, while: \.isWhitespace)
            let name = text.prefix { $0 != "=" && $0 != ";" && $0 != "," && !$0.isWhitespace }
            text = text[name.endIndex...]
            skip(&text, while: \.isWhitespace)
            var value = ""
            if text.first == "=" {
                text.removeFirst()
                skip(&text, while: \.isWhitespace)
                value = parameterValue(&text)
            }
            // The first one counts (section 3.3).
            if name.lowercased() == "rel", !hasRelation {
                hasRelation = true
                link.relations = value.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
            }
        }
    }

    private static func parameterValue(_ text: inout Substring) -> String {
        guard text.first == "\"" else {
            let token = text.prefix { $0 != ";" && $0 != "," && !$0.isWhitespace }
            text = text[token.endIndex...]
            return String(token)
        }
        text.removeFirst()
        var value = ""
        while let character = text.popFirst(), character != "\"" {
            if character == "\\", let escaped = text.popFirst() {
                value.append(escaped)
            } else {
                value.append(character)
            }
        }
        return value
    }

    private static func skip(_ text: inout Substring, while isSkipped: (Character) -> Bool) {
        text = text.drop(while: isSkipped)
    }
}
