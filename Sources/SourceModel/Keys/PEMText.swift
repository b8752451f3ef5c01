import Foundation

/// A pasted PEM text after its damages are repaired: `\n` as two characters, CRLF, line breaks that became blanks, lost
/// final newline, indentation, byte order mark, quotes around the text. Words outside of the blocks are left out.
struct PEMText: Equatable {
    /// What keeps a text from being read.
    enum Damage: Error, Equatable {
        /// There is no `BEGIN` line.
        case noBlock
        /// A block has no `END` line, or another block's: the end was not copied.
        case noEnd(label: String)
        /// A block's content is no base64, or its end is missing.
        case cut(label: String)
    }

    let blocks: [PEMBlock]

    /// The text as it should have been pasted.
    var text: String { blocks.map(\.text).joined() }

    init(_ pasted: String) throws(Damage) {
        var rest = Substring(Self.unescaped(pasted))
        var blocks: [PEMBlock] = []
        while let begin = rest.range(of: "-----BEGIN ") {
            rest = rest[begin.upperBound...]
            guard let dashes = rest.range(of: "-----") else { throw .noEnd(label: "") }
            let label = Self.label(rest[..<dashes.lowerBound])
            rest = rest[dashes.upperBound...]
            guard let end = rest.range(of: "-----END ") else { throw .noEnd(label: label) }
            let body = rest[..<end.lowerBound]
            rest = rest[end.upperBound...]
            guard let close = rest.range(of: "-----"), Self.label(rest[..<close.lowerBound]) == label,
                !body.contains("-----BEGIN ")
            else { throw .noEnd(label: label) }
            rest = rest[close.upperBound...]
            blocks.append(try Self.block(label, body))
        }
        guard !blocks.isEmpty else { throw .noBlock }
        self.blocks = blocks
    }

    /// Line breaks for their escapes, blanks for what only looks like one, nothing for what cannot belong to PEM.
    static func unescaped(_ pasted: String) -> String {
        var result = String.UnicodeScalarView()
        var scalars = pasted.unicodeScalars.makeIterator()
        var pending = scalars.next()
        while let scalar = pending {
            pending = scalars.next()
            switch scalar {
            case "\\":
                // `\n`, also escaped twice and more; a lone backslash continued a line in a shell.
                while pending == "\\" { pending = scalars.next() }
                if let letter = pending, ["n", "r", "t"].contains(letter) { pending = scalars.next() }
                result.append("\n")
            case "\r", "\u{2028}", "\u{2029}", "\u{85}": result.append("\n")
            case "\u{A0}", "\t": result.append(" ")
            case "\u{FEFF}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{2060}", "\"", "'": continue
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func label(_ text: Substring) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// A block from what stands between its markers: words that end with a colon are headers' names.
    private static func block(_ label: String, _ body: Substring) throws(Damage) -> PEMBlock {
        var words = body.split(whereSeparator: \.isWhitespace)[...]
        var headers: [PEMBlock.Header] = []
        while let name = words.first, name.hasSuffix(":") {
            words = words.dropFirst()
            guard let value = words.popFirst() else { throw .cut(label: label) }
            headers.append(PEMBlock.Header(name: String(name.dropLast()), value: String(value)))
        }
        guard let bytes = Data(base64Encoded: words.joined()), !bytes.isEmpty else { throw .cut(label: label) }
        return PEMBlock(label: label, headers: headers, bytes: Array(bytes))
    }
}
