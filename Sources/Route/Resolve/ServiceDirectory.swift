/// Knows where the servers of a service are, by the records of the domain name system that names have no addresses in.
package protocol ServiceDirectory: Sendable {
    /// The SRV records of a name (RFC 2782), at least one. Returns soon after the calling task is cancelled.
    func services(of name: String) async throws(ResolveFailure) -> [ServiceRecord]

    /// The TXT records of a name (RFC 1035, section 3.3.14); none where there are none.
    func texts(of name: String) async throws(ResolveFailure) -> [String]
}

/// One server of a service.
package struct ServiceRecord: Sendable, Hashable {
    /// Lower ones are to be tried first.
    package var priority: UInt16
    /// Higher ones among those of one priority are to be chosen more often.
    package var weight: UInt16
    package var port: UInt16
    /// The server's name, without a dot at its end.
    package var target: String

    package init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }
}

/// Knows a fixed list of services and nothing else.
package struct StaticServiceDirectory: ServiceDirectory {
    private let services: [String: [ServiceRecord]]
    private let texts: [String: [String]]

    /// - Parameters:
    ///   - services: SRV records by name, in lower case.
    ///   - texts: TXT records by name, in lower case.
    package init(_ services: [String: [ServiceRecord]], texts: [String: [String]] = [:]) {
        self.services = services
        self.texts = texts
    }

    package func services(of name: String) async throws(ResolveFailure) -> [ServiceRecord] {
        guard let found = services[name.lowercased()], !found.isEmpty else { throw .notFound }
        return found
    }

    package func texts(of name: String) async throws(ResolveFailure) -> [String] { texts[name.lowercased()] ?? [] }
}
