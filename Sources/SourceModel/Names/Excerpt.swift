extension StringProtocol {
    /// The text as it may stand in a sentence: quoted, on one line, cut after 64 characters.
    var quoted: String {
        let shown = prefix(64).map { character -> Character in
            character.unicodeScalars.contains { $0.properties.generalCategory == .control || $0.value == 0x2028 }
                ? " " : character
        }
        return "\"\(String(shown))\(dropFirst(64).isEmpty ? "" : "…")\""
    }

    /// The text without blanks and line breaks at either end.
    var trimmedBlanks: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}

extension Sequence where Element == String {
    /// `a`, `a and b`, `a, b and c`.
    var enumerated: String { listed(by: "and") }

    /// `a`, `a or b`, `a, b or c`.
    var alternatives: String { listed(by: "or") }

    private func listed(by word: String) -> String {
        let all = Array(self)
        guard all.count > 1, let last = all.last else { return all.first ?? "" }
        return "\(all.dropLast().joined(separator: ", ")) \(word) \(last)"
    }
}
