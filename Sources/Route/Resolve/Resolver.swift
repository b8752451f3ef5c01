/// Turns a host's name into addresses.
package protocol Resolver: Sendable {
    /// The addresses of a name, best first, at least one. Never asked about literals. Returns soon after the calling
    /// task is cancelled.
    func addresses(of host: String) async throws(ResolveFailure) -> [IPAddress]
}

/// Why a name has no address.
package enum ResolveFailure: Error, Equatable {
    /// The name service says that there is none.
    case notFound
    /// The name service gave no usable answer.
    case noAnswer
    /// Too many names are being looked up.
    case busy
    /// The calling task was cancelled.
    case cancelled
}

/// Knows a fixed list of names and asks another resolver about the rest, as extra lines of a hosts file do.
package struct StaticResolver: Resolver {
    private let hosts: [String: [IPAddress]]
    private let others: (any Resolver)?

    /// - Parameters:
    ///   - hosts: addresses by name; upper and lower case are the same.
    ///   - others: who is asked about every other name; nil means that there are no others.
    package init(_ hosts: [String: [IPAddress]], others: (any Resolver)? = nil) {
        self.hosts = Dictionary(hosts.map { ($0.key.lowercased(), $0.value) }) { $0 + $1 }
        self.others = others
    }

    package func addresses(of host: String) async throws(ResolveFailure) -> [IPAddress] {
        if let known = hosts[host.lowercased()] {
            guard !known.isEmpty else { throw .notFound }
            return known
        }
        guard let others else { throw .notFound }
        return try await others.addresses(of: host)
    }

    /// Reads entries of the form `name=address`, separated by commas; a name may come several times.
    package static func parse(_ text: String) throws(InvalidEntry) -> [String: [IPAddress]] {
        var hosts: [String: [IPAddress]] = [:]
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1).map { $0.trimming(" ") }
            guard parts.count == 2, !parts[0].isEmpty, let address = IPAddress(parts[1]) else {
                throw InvalidEntry(text: String(entry))
            }
            hosts[parts[0].lowercased(), default: []].append(address)
        }
        return hosts
    }

    /// An entry that is not `name=address`.
    package struct InvalidEntry: Error, Equatable, CustomStringConvertible {
        package var text: String
        package var description: String { "\"\(text)\" is not of the form name=address." }
    }
}

extension StringProtocol {
    /// The text without the given characters at both ends.
    func trimming(_ characters: String) -> String {
        var rest = self[...]
        while let first = rest.first, characters.contains(first) { rest = rest.dropFirst() }
        while let last = rest.last, characters.contains(last) { rest = rest.dropLast() }
        return String(rest)
    }
}
