/// Writes an answer as XML 1.0: an object as elements, null as an empty element.
enum XMLWriter {
    static func bytes(of node: AnswerNode, root: String) -> [UInt8] {
        var text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        write(node, named: root, to: &text)
        text += "\n"
        return Array(text.utf8)
    }

    private static func write(_ node: AnswerNode, named name: String, to text: inout String) {
        switch node {
        case .null: text += "<\(name)/>"
        case .text(let value): text += "<\(name)>\(escaped(value))</\(name)>"
        case .number(let digits): text += "<\(name)>\(digits)</\(name)>"
        case .flag(let flag): text += "<\(name)>\(flag)</\(name)>"
        case .object(let fields):
            text += "<\(name)>"
            for field in fields { write(field.value, named: field.name, to: &text) }
            text += "</\(name)>"
        case .list(let element, let values):
            text += "<\(name)>"
            for value in values { write(value, named: element, to: &text) }
            text += "</\(name)>"
        }
    }

    /// Characters that XML 1.0 cannot carry (section 2.2) become U+FFFD; a carriage return survives as a reference.
    private static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\r": result += "&#13;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
