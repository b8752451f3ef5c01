/// An address by HTTP: an origin, and a path with its query as they stand in a request.
struct HTTPLocation: Sendable, Hashable {
    var origin: HTTPOrigin
    /// Begins with a slash; visible ASCII only.
    var target: String

    /// The longest reference that is followed, in bytes.
    static let limit = 8192

    init(_ origin: HTTPOrigin, target: String) {
        self.origin = origin
        self.target = target
    }

    /// Where a reference leads that stands in an answer from here (RFC 3986, section 5.2); its fragment is left out.
    ///
    /// - Returns: nil for what is no HTTP address, holds login data, or has no readable host or port.
    func following(_ reference: String) -> HTTPLocation? {
        guard reference.utf8.count <= HTTPLocation.limit else { return nil }
        let reference = HTTPLocation.escaped(reference.prefix { $0 != "#" })
        let colon = reference.firstIndex { ":/?".contains($0) }
        if let colon, reference[colon] == ":" {
            let rest = reference[reference.index(after: colon)...]
            switch reference[..<colon].lowercased() {
            case "http": return rest.hasPrefix("//") ? HTTPLocation(isSecure: false, rest.dropFirst(2)) : nil
            case "https": return rest.hasPrefix("//") ? HTTPLocation(isSecure: true, rest.dropFirst(2)) : nil
            default: return nil
            }
        }
        if reference.hasPrefix("//") { return HTTPLocation(isSecure: origin.isSecure, reference.dropFirst(2)) }
        let here = target.prefix { $0 != "?" }
        let path = reference.prefix { $0 != "?" }
        let query = reference[path.endIndex...]
        if path.isEmpty {
            return HTTPLocation(origin, target: query.isEmpty ? target : String(here + query))
        }
        let folder = here[...(here.lastIndex(of: "/") ?? here.startIndex)]
        let whole = path.hasPrefix("/") ? String(path) : String(folder + path)
        return HTTPLocation(origin, target: HTTPLocation.withoutDots(whole) + query)
    }

    /// An address from its authority on.
    private init?(isSecure: Bool, _ text: Substring) {
        let authority = text.prefix { !"/?\\".contains($0) }
        let rest = text[authority.endIndex...]
        guard let (host, port) = HTTPLocation.hostAndPort(authority), rest.first != "\\" else { return nil }
        origin = HTTPOrigin(isSecure: isSecure, host: host, port: port ?? (isSecure ? 443 : 80))
        let path = rest.prefix { $0 != "?" }
        target = (path.isEmpty ? "/" : HTTPLocation.withoutDots(String(path))) + rest[path.endIndex...]
    }

    private static func hostAndPort(_ authority: Substring) -> (String, Int?)? {
        // Login data in an address are how secrets get lost.
        guard !authority.contains("@") else { return nil }
        let host: Substring
        var rest: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            guard !host.isEmpty, host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
            rest = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            guard (1...253).contains(host.utf8.count),
                host.utf8.allSatisfy({ Unicode.Scalar($0).properties.isAlphabetic || "0123456789-._".utf8.contains($0) }
                )
            else { return nil }
            rest = authority[host.endIndex...]
        }
        guard let colon = rest.popFirst() else { return (String(host), nil) }
        guard colon == ":" else { return nil }
        if rest.isEmpty { return (String(host), nil) }
        guard rest.utf8.count <= 5, rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(rest),
            (1...65_535).contains(port)
        else { return nil }
        return (String(host), port)
    }

    /// The path without its `.` and `..` (RFC 3986, section 5.2.4), also where they are written `%2e`; it begins with a
    /// slash.
    static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(path.hasPrefix("/") ? 1 : 0)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            switch part.replacing("%2e", with: ".").replacing("%2E", with: ".") {
            case ".": if isLast { kept.append("") }
            case "..":
                if !kept.isEmpty { kept.removeLast() }
                if isLast { kept.append("") }
            default: kept.append(part)
            }
        }
        return "/" + kept.joined(separator: "/")
    }

    /// Whether a server may read a way up in a path, or a step on the spot: a segment `.` or `..`, also one that is escaped,
    /// that has a parameter behind a semicolon, or that begins or ends at an escaped slash or at a backslash. Some
    /// servers resolve escapes and parameters before they look for dots.
    static func leadsUp(_ path: some StringProtocol) -> Bool {
        path.lowercased().replacing("%2f", with: "/").replacing("%5c", with: "/").replacing("\\", with: "/")
            .replacing("%2e", with: ".").replacing("%3b", with: ";").split(separator: "/")
            .contains { [".", ".."].contains($0.prefix { $0 != ";" }) }
    }

    /// The text with every byte escaped that may not stand in a request's target.
    private static func escaped(_ text: Substring) -> String {
        var result = ""
        for byte in text.utf8 {
            if (0x21...0x7E).contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += byte.percentEncoded
            }
        }
        return result
    }
}

extension UInt8 {
    /// The byte as `%` and two hexadecimal digits (RFC 3986, section 2.1).
    var percentEncoded: String {
        let digits = String(self, radix: 16, uppercase: true)
        return digits.count == 1 ? "%0\(digits)" : "%\(digits)"
    }
}
