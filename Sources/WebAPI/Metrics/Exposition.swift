/// Measurements as the text that Prometheus reads: its exposition format, version 0.0.4. A family is announced once,
/// with its samples behind it.
struct Exposition {
    /// What a family's numbers do.
    enum Kind: String {
        /// Goes up and down.
        case gauge
        /// Only grows, and begins at zero when the program starts.
        case counter
        /// Counts by upper bounds.
        case histogram
    }

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""
    private var family = ""

    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// One sample of the family that was begun last; `part` is what its name has besides, such as `_sum`.
    mutating func add(_ value: Double, part: String = "", _ labels: KeyValuePairs<String, String> = [:]) {
        text += family + part
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}"
        }
        // Whole numbers without a fraction, as everybody writes them; an `Int` would end at 2^63.
        text += value == value.rounded() && abs(value) < 1e15 ? " \(Int(value))\n" : " \(value)\n"
    }

    /// A label's value: three characters have an escape.
    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        return value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
