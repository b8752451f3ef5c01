import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where this service may connect to. Without it, whoever may create a data source could have the service scan and
/// reach whatever it can reach.
package struct DestinationPolicy: Sendable, Equatable {
    /// What is being connected to: each has its own lists.
    package enum Role: Sendable, Equatable, CaseIterable {
        case dataSource, sshHost

        /// The record's field that names it.
        package var field: Field { self == .dataSource ? .host : .sshHost }
    }

    /// The lists for one role. Deny wins over allow; an allow list that is not empty excludes everything else.
    package struct Rules: Sendable, Equatable {
        package var allow: [DestinationPattern]
        package var deny: [DestinationPattern]
        /// Whether `DestinationPolicy.special` is denied as well.
        package var deniesSpecial: Bool

        package init(
            allow: [DestinationPattern] = [], deny: [DestinationPattern] = [], deniesSpecial: Bool = true
        ) {
            self.allow = allow
            self.deny = deny
            self.deniesSpecial = deniesSpecial
        }
    }

    package var dataSource: Rules
    package var sshHost: Rules

    /// The default denies only what is special.
    package init(dataSource: Rules = Rules(), sshHost: Rules = Rules()) {
        self.dataSource = dataSource
        self.sshHost = sshHost
    }

    /// No data source and no SSH host is ever there: unspecified, link-local with the clouds' metadata services,
    /// multicast, reserved and broadcast addresses, and the metadata services' other addresses and names.
    package static let special: [DestinationPattern] =
        [
            "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "192.0.0.192/32",
            "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128", "fd20:ce::254/128",
        ].compactMap { AddressBlock($0).map(DestinationPattern.block) } + [
            .name("metadata"), .name("metadata.google.internal"), .name("metadata.goog"), .name("instance-data"),
            .subdomains(of: "metadata.google.internal"), .name("instance-data.ec2.internal"),
        ]

    /// The addresses of a host that may be dialled, in the same order.
    /// - Parameters:
    ///   - host: as the record has it: a name or a literal.
    ///   - addresses: what it resolved to.
    /// - Throws: `destination_forbidden` where none is left.
    package func permitted(
        _ addresses: [IPAddress], of host: String, as role: Role
    ) throws(SourceFailure) -> [IPAddress] {
        let rules = rules(for: role)
        let name = DestinationPattern.plain(host)
        guard !rules.denies(name: name) else { throw forbidden(host, role) }
        let named = rules.allow.isEmpty || rules.allow.contains { $0.matches(name: name) }
        let left = addresses.filter { address in
            !rules.denies(address: address) && (named || rules.allow.contains { $0.matches(address: address) })
        }
        guard !left.isEmpty else { throw forbidden(host, role) }
        return left
    }

    /// Judges a data source behind an SSH host, where the name is resolved over there: literals by their address,
    /// names by the lists' names. An address range cannot be applied to a name that only the SSH host resolves.
    package func checkBehindSSH(_ host: String) throws(SourceFailure) {
        if let address = IPAddress(host) ?? DestinationPolicy.legacyAddress(host) {
            _ = try permitted([address], of: host, as: .dataSource)
            return
        }
        let name = DestinationPattern.plain(host)
        let allowed = dataSource.allow.isEmpty || dataSource.allow.contains { $0.matches(name: name) }
        guard allowed, !dataSource.denies(name: name) else { throw forbidden(host, .dataSource) }
    }

    /// The address that old C libraries read out of `2852039166`, `0xa9fea9fe` or `127.1`: resolvers elsewhere do.
    static func legacyAddress(_ text: String) -> IPAddress? {
        var address = in_addr()
        return inet_aton(text, &address) == 1 ? .v4(UInt32(bigEndian: address.s_addr)) : nil
    }

    private func rules(for role: Role) -> Rules { role == .dataSource ? dataSource : sshHost }

    /// Says neither which rule it was nor what the name resolved to: both would map the network.
    private func forbidden(_ host: String, _ role: Role) -> SourceFailure {
        SourceFailure(
            .resolve, .destinationForbidden, "This service is not allowed to connect to \(host).",
            hint: "Set \(role.field.rawValue) to an allowed host, or ask the operator to allow this one.")
    }
}

extension DestinationPolicy.Rules {
    private var denied: [DestinationPattern] { deniesSpecial ? deny + DestinationPolicy.special : deny }

    func denies(name: String) -> Bool { denied.contains { $0.matches(name: name) } }
    func denies(address: IPAddress) -> Bool { denied.contains { $0.matches(address: address) } }
}
