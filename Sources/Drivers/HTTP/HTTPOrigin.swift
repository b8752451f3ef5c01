import SourceModel

/// Where an HTTP server is (RFC 9110, section 4.3.1): scheme, host and port. Login data go to no other than the one that
/// they were given for.
struct HTTPOrigin: Sendable, Hashable, CustomStringConvertible {
    var isSecure: Bool
    /// In lower case, an IPv6 address without brackets.
    var host: String
    var port: Int

    init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host.lowercased()
        self.port = port
    }

    /// The origin that a data source's fields name.
    init(_ endpoint: Endpoint, _ encryption: Encryption) {
        self.init(isSecure: encryption != .plain, host: endpoint.host, port: endpoint.port)
    }

    /// Whether another origin is the same host, by TLS.
    func isUpgraded(to other: HTTPOrigin) -> Bool { !isSecure && other.isSecure && host == other.host }

    var scheme: String { isSecure ? "https" : "http" }
    /// What `Host` says: the port only where it is not the scheme's own.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    var endpoint: Endpoint { Endpoint(host: host, port: port) }
    var description: String { "\(scheme)://\(authority)" }
}
