/// One entry of an allow or a deny list.
package enum DestinationPattern: Sendable, Hashable {
    /// Every address of a range.
    case block(AddressBlock)
    /// Exactly this name, in lower case.
    case name(String)
    /// Every name below this one, not the name itself: `*.example.com`.
    case subdomains(of: String)

    /// An entry that is none of the forms.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        package var text: String
        package var reason: String
        package var description: String { "\"\(text)\" cannot be used: \(reason)" }
    }

    /// Reads an address, a CIDR range, a name, or `*.` and a name.
    package init(_ text: String) throws(Invalid) {
        let entry = text.trimming(" \t").lowercased()
        if let block = AddressBlock(entry) {
            self = .block(block)
            return
        }
        if entry.contains("/") || entry.contains(":") {
            throw Invalid(
                text: text, reason: "a range is an address, a slash and a length, with no bits set beyond the length.")
        }
        let wild = entry.hasPrefix("*.")
        let name = DestinationPattern.plain(wild ? String(entry.dropFirst(2)) : entry)
        guard !name.isEmpty, name.utf8.count <= 253, !name.contains("*"), !name.contains(where: \.isWhitespace),
            !name.split(separator: ".", omittingEmptySubsequences: false).contains(where: \.isEmpty)
        else {
            throw Invalid(text: text, reason: "it is no address, no CIDR range, no host name and no *.name.")
        }
        self = wild ? .subdomains(of: name) : .name(name)
    }

    /// Reads entries separated by commas; empty ones are skipped.
    package static func list(_ text: String) throws(Invalid) -> [DestinationPattern] {
        var patterns: [DestinationPattern] = []
        for entry in text.split(separator: ",") where !entry.allSatisfy(\.isWhitespace) {
            patterns.append(try DestinationPattern(String(entry)))
        }
        return patterns
    }

    /// Whether a host's name, in the form that `plain` gives, is meant.
    func matches(name: String) -> Bool {
        switch self {
        case .block: false
        case .name(let own): own == name
        case .subdomains(let parent): name.hasSuffix(".\(parent)")
        }
    }

    /// Whether an address, or the IPv4 address inside it, is meant.
    func matches(address: IPAddress) -> Bool {
        guard case .block(let block) = self else { return false }
        return block.contains(address) || address.embedded.map(block.contains) ?? false
    }

    /// The form in which names are compared: lower case, without the root's dot.
    static func plain(_ name: String) -> String {
        let name = name.lowercased()
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }
}
