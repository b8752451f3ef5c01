import Foundation
import Logging
import NIOCore
import SourceModel

/// Gets bytes to a data source: resolves, checks the destination, dials, passes the SSH host, upgrades to TLS.
package final class Route: Sendable {
    /// What a route is built from.
    package struct Configuration: Sendable {
        package var resolver: any Resolver
        /// Knows the servers of services.
        package var directory: any ServiceDirectory = SystemServiceDirectory()
        package var policy: DestinationPolicy
        package var group: any EventLoopGroup
        package var logger: Logger
        /// The time by which certificates are judged.
        package var now: @Sendable () -> Date
        /// The head start of a connection attempt before the next address is tried beside it.
        package var stagger: Duration
        /// The times of SSH sessions; their `stagger` is the one above.
        package var ssh = SSHTuning()

        package init(
            resolver: any Resolver, policy: DestinationPolicy, group: any EventLoopGroup, logger: Logger,
            now: @escaping @Sendable () -> Date = { Date() }, stagger: Duration = .milliseconds(250)
        ) {
            self.resolver = resolver
            self.policy = policy
            self.group = group
            self.logger = logger
            self.now = now
            self.stagger = stagger
        }
    }

    let configuration: Configuration
    var directory: any ServiceDirectory { configuration.directory }

    private let material = TLSMaterial()
    private let sessions: SSHSessions

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        var tuning = configuration.ssh
        tuning.stagger = configuration.stagger
        sessions = SSHSessions(logger: configuration.logger, tuning: tuning)
    }

    /// Checks key material that needs no dialling: that the SSH key, client certificate and key can be used. Stage
    /// `validate`.
    package func checkMaterial(of source: DataSource) async throws(SourceFailure) {
        if let bastion = source.scheme.bastion { try sessions.checkKey(bastion) }
        if let identity = source.scheme.encryption.identity {
            _ = try material.context(for: identity) {}
        }
    }

    /// Travels the stages resolve, dial and ssh_*, and leaves the last of them ended as passed. Cancelling the task
    /// closes everything that was opened.
    package func open(_ source: DataSource, journal: StageJournal) async throws(SourceFailure) -> RoutedChannel {
        switch source.scheme {
        case .direct(let encryption):
            let endpoint = try endpoint(of: source)
            let addresses = try await resolve(endpoint.host, as: .dataSource, journal)
            journal.enter(.dial)
            let dialer = Dialer(stagger: configuration.stagger, group: configuration.group)
            let dialled = try await dialer.dial(endpoint, addresses: addresses, field: .host)
            journal.pass(dialled.address.description)
            return routed(dialled.channel, nil, encryption, endpoint, journal, seenBy: dialled.witness)
        case .ssh(let bastion, .sftp, _):
            let way = try await way(to: bastion.endpoint, through: bastion, .sftp, journal)
            return routed(way.channel, way, .plain, bastion.endpoint, journal)
        case .ssh(let bastion, let passage, let encryption):
            let endpoint = try endpoint(of: source)
            // Before the SSH host is: what may not be reached from here may not be reached by its help either.
            journal.enter(.resolve)
            try configuration.policy.checkBehindSSH(endpoint.host)
            let way = try await way(to: endpoint, through: bastion, passage, journal)
            return routed(way.channel, way, encryption, endpoint, journal)
        }
    }

    private func endpoint(of source: DataSource) throws(SourceFailure) -> Endpoint {
        if let endpoint = source.endpoint { return endpoint }
        throw SourceFailure(.validate, .missingField, "\(source.driver.displayName) needs a host.", hint: "Set host.")
    }

    private func way(
        to endpoint: Endpoint, through bastion: Bastion, _ passage: Passage, _ journal: StageJournal
    ) async throws(SourceFailure) -> SSHPassage {
        try await sessions.channel(
            to: endpoint, through: bastion, passage: passage, on: configuration.group.next(), journal: journal
        ) { () async throws(SourceFailure) in
            try await resolve(bastion.host, as: .sshHost, journal).map { $0.socketAddress(port: bastion.port) }
        }
    }

    /// Closes what is kept for later use.
    package func shutdown() async { await sessions.shutdown() }

    private func routed(
        _ channel: any Channel, _ way: SSHPassage?, _ encryption: Encryption, _ endpoint: Endpoint,
        _ journal: StageJournal, seenBy witness: StreamWitness? = nil
    ) -> RoutedChannel {
        // Without TLS in the scheme there can still be a server that wants the login alone by TLS.
        let upgrade = TLSUpgrade(
            trust: encryption.trust ?? ServerTrust(mode: .require, anchors: nil, serverName: endpoint.host),
            identity: encryption.identity, material: material, journal: journal, now: configuration.now)
        return RoutedChannel(
            channel: channel, hostKey: way?.hostKey, isEncrypted: encryption.trust != nil,
            start: { upgrade.start(on: $0, as: $1) }
        ) { error, stage in
            if let failure = error as? SourceFailure { return failure }
            // What the SSH host knows about the end says more than the end itself.
            if let failure = way?.witness.failure(in: stage) { return failure }
            if let verdict = upgrade.verdict(for: error) { return verdict }
            // That the channel is closed says less than what closed it.
            let cause = error is ChannelError ? witness?.cause ?? error : error
            // A server that resets before its first word has not let anybody in.
            let isAtTheDoor = cause is IOError && witness?.hasHeard == false
            return StreamFailures.failure(for: cause, in: isAtTheDoor ? .dial : stage, endpoint: endpoint)
        }
    }

    /// Stage resolve: the addresses of a host that may be dialled, in the order in which to dial them.
    func resolve(
        _ host: String, as role: DestinationPolicy.Role, _ journal: StageJournal
    ) async throws(SourceFailure) -> [IPAddress] {
        journal.enter(.resolve)
        let found: [IPAddress]
        if let literal = IPAddress(host) {
            found = [literal]
        } else if host.contains(":") || host.contains("%") {
            throw SourceFailure(
                .resolve, .hostNotFound, "\(host) is neither a name nor an address that can be dialled.",
                hint: "Set \(role.field.rawValue) to a name or an address, without a zone and without a port.")
        } else {
            do {
                found = try await configuration.resolver.addresses(of: host)
            } catch {
                throw ResolveFailures.failure(for: error, host: host, field: role.field)
            }
        }
        let permitted = try configuration.policy.permitted(found, of: host, as: role)
        let ordered = AddressOrder.interleaved(permitted)
        let shown = ordered.prefix(8).map(\.description).joined(separator: ", ")
        let more = ordered.count > 8 ? " and \(ordered.count - 8) more" : ""
        journal.pass(IPAddress(host) == nil ? "\(host) is \(shown)\(more)" : shown)
        return ordered
    }
}
