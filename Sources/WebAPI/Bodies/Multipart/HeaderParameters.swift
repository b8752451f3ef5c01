import Foundation

/// A header's value with its parameters, such as `form-data; name="file"` (RFC 2045, section 5.1; RFC 6266).
struct HeaderParameters: Equatable {
    /// What stands before the first semicolon, in lower case.
    let value: String
    private let parameters: [String: String]

    /// Reads a value whose quoted texts may hold anything.
    ///
    /// - Returns: nil where it cannot be read, or a parameter is there twice.
    init?(_ text: String) {
        var rest = Substring(text)
        value = String(rest.prefix { $0 != ";" }).trimmed.lowercased()
        rest = rest.drop { $0 != ";" }
        var found: [String: String] = [:]
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            // A last semicolon with nothing after it harms nobody.
            if rest.isEmpty { break }
            let name = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest.dropFirst(name.count)
            guard rest.first == "=" else { return nil }
            rest = rest.dropFirst()
            guard let value = Self.takeValue(of: &rest) else { return nil }
            rest = rest.drop { $0 == " " || $0 == "\t" }
            guard rest.isEmpty || rest.first == ";" else { return nil }
            let key = name.trimmed.lowercased()
            guard !key.isEmpty, found.updateValue(value, forKey: key) == nil else { return nil }
        }
        parameters = found
    }

    subscript(_ name: String) -> String? { parameters[name] }

    /// A token, or a text in quotes. A backslash is itself unless it stands before a quote or a backslash: programs that
    /// send a whole path do not double it.
    private static func takeValue(of rest: inout Substring) -> String? {
        guard rest.unicodeScalars.first == "\"" else {
            let token = rest.prefix { $0 != ";" }
            rest = rest.dropFirst(token.count)
            return token.trimmed.isEmpty ? nil : token.trimmed
        }
        var scalars = rest.unicodeScalars.dropFirst()
        var value = String.UnicodeScalarView()
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"":
                rest = Substring(scalars)
                return String(value)
            case "\\" where scalars.first == "\"" || scalars.first == "\\":
                if let next = scalars.popFirst() { value.append(next) }
            default: value.append(scalar)
            }
        }
        return nil
    }

    /// The file's name: `filename*` (RFC 8187, UTF-8 only) wins over `filename`, in which browsers and curl write a
    /// quote and line breaks as `%22`, `%0D` and `%0A` (HTML, multipart form data).
    ///
    /// - Throws: `MultipartFault` where `filename*` cannot be read.
    func fileName() throws(MultipartFault) -> String? {
        if let extended = self["filename*"] {
            let parts = extended.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0].lowercased() == "utf-8",
                let name = String(parts[2]).removingPercentEncoding
            else { throw MultipartFault("filename* is not UTF-8 as RFC 8187 writes it") }
            return name
        }
        guard var name = self["filename"] else { return nil }
        for (written, meant) in [("%22", "\""), ("%0D", "\r"), ("%0A", "\n")] {
            name = name.replacingOccurrences(of: written, with: meant)
        }
        return name
    }
}
