/// A name that a server's certificate must be for (RFC 9525): the common name is never looked at.
enum ServerName: Sendable, Equatable {
    case name(String)
    case address(IPAddress)

    init(_ text: String) {
        self = IPAddress(text).map(ServerName.address) ?? .name(DestinationPattern.plain(text))
    }

    /// What the handshake asks for (RFC 6066, section 3): names only.
    var indication: String? {
        guard case .name(let name) = self, (1...253).contains(name.utf8.count),
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return name
    }

    /// Whether the certificate is for this name. A wildcard stands for the whole leftmost label and nothing more.
    func isCovered(by certificate: PeerCertificate) -> Bool {
        switch self {
        case .address(let address):
            return certificate.addresses.contains(address)
        case .name(let name):
            return certificate.dnsNames.contains { ServerName.matches(name, DestinationPattern.plain($0)) }
        }
    }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        if !pattern.contains("*") { return name == pattern && !name.isEmpty }
        guard pattern.hasPrefix("*."), let dot = name.firstIndex(of: "."), dot != name.startIndex else { return false }
        let parent = pattern.dropFirst(2)
        return parent.contains(".") && !parent.contains("*") && name[name.index(after: dot)...] == parent
    }
}
