import Foundation

/// A host as people paste it: what it means, or what is wrong with it.
package enum HostText {
    /// Why a text is no host.
    package struct Problem: Error, Equatable {
        package let message: String
        package let hint: String
    }

    /// The host without blanks around it and without an IPv6 address's brackets.
    ///
    /// - Parameters:
    ///   - field: the field that the text came in.
    ///   - portField: the field that a port belongs into.
    package static func read(_ sent: String, field: Field, portField: Field?) throws(Problem) -> String {
        let name = field.rawValue
        let again = "Set \(name) to a name or an IP address only."
        let text = sent.trimmedBlanks
        // What may hold a login is not repeated.
        if let scheme = text.range(of: "://") {
            let shown = text[..<scheme.lowerBound].prefix(32).filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
            throw Problem(
                message: "\(name) is a URL that begins with \(shown)://; it takes a name or an IP address.",
                hint: "Put only the server's name into \(name) and the URL's other parts into their own fields.")
        }
        if text.contains("@") {
            throw Problem(
                message: "\(name) contains @; it takes a name or an IP address.",
                hint: "\(again) The user's name has a field of its own.")
        }
        if text.contains("/") || text.contains("\\") {
            throw Problem(message: "\(name) contains a slash; it takes a name or an IP address.", hint: again)
        }
        if text.hasPrefix("[") { return try bracketed(text, name: name, portField: portField) }
        switch text.count(where: { $0 == ":" }) {
        case 0: return try named(text, name: name)
        case 1:
            let port = text.drop { $0 != ":" }.dropFirst()
            guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw Problem(
                    message: "\(name) is \(text.quoted), which is neither a name nor an IP address.", hint: again)
            }
            throw withPort(name: name, host: String(text.prefix { $0 != ":" }), port: port, portField: portField)
        default:
            guard isIPv6(text) else {
                throw Problem(message: "\(name) is \(text.quoted), which is not an IPv6 address.", hint: again)
            }
            return text.lowercased()
        }
    }

    private static func bracketed(_ text: String, name: String, portField: Field?) throws(Problem) -> String {
        let inside = String(text.dropFirst().prefix { $0 != "]" })
        let after = text.dropFirst(inside.count + 1)
        guard isIPv6(inside), after.first == "]" else {
            throw Problem(
                message: "\(name) is \(text.quoted), which is not an IPv6 address in brackets.",
                hint: "Set \(name) to a name or an IP address only.")
        }
        let tail = after.dropFirst()
        if tail.isEmpty { return inside.lowercased() }
        throw withPort(name: name, host: inside, port: tail.drop { $0 == ":" }, portField: portField)
    }

    private static func withPort(name: String, host: String, port: Substring, portField: Field?) -> Problem {
        let place = portField.map { "\(port.prefix(5)) into \($0.rawValue)" } ?? "no port anywhere"
        return Problem(
            message: "\(name) holds a port as well; it takes a name or an IP address.",
            hint: "Put \(host.prefix(64)) into \(name) and \(place).")
    }

    private static func named(_ text: String, name: String) throws(Problem) -> String {
        func problem(_ what: String, _ hint: String? = nil) -> Problem {
            Problem(
                message: "\(name) is \(text.quoted), \(what).",
                hint: hint ?? "Set \(name) to a name or an IP address only.")
        }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw problem(
                "which has letters outside of ASCII", "Write \(name) in its ASCII form, which begins with xn--.")
        }
        if let bad = text.first(where: { !($0.isLetter || $0.isNumber || "-_.".contains($0)) }) {
            let what = bad.isWhitespace ? "which contains a blank" : "which contains \(String(bad).quoted)"
            throw problem(what)
        }
        let labels = (text.hasSuffix(".") ? text.dropLast() : text[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
            throw problem("which has an empty part or one longer than 63 characters")
        }
        if let last = labels.last, last.allSatisfy(\.isNumber) {
            let isIPv4 =
                labels.count == 4
                && labels.allSatisfy { $0.utf8.count <= 3 && (Int($0).map { $0 <= 255 } ?? false) }
            guard isIPv4 else { throw problem("which is not an IPv4 address") }
        }
        return text
    }

    private static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }
}
