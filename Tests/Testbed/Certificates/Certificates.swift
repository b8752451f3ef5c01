import Foundation
import X509

/// Every certificate that the tests use, made once when a test process first asks.
package struct Certificates: Sendable {
    /// The process's certificates.
    package static let shared: Certificates = {
        do {
            return try Certificates()
        } catch {
            // Proof: the input is constant and generation touches nothing outside memory.
            preconditionFailure("The certificates could not be made: \(error)")
        }
    }()

    /// What a server shows.
    package enum Server: String, CaseIterable, Sendable {
        /// Good for `db.test`, `localhost`, 127.0.0.1 and ::1.
        case good
        /// The same with an RSA key.
        case goodRSA
        /// Good for `db.test` alone: 127.0.0.1 and ::1 are not in it.
        case nameOnly
        /// For `elsewhere.test`.
        case wrongName
        /// Ended yesterday.
        case expired
        /// Begins tomorrow.
        case notYetValid
        /// Good for `db.test`, ends in five days.
        case endsSoon
        /// Signed by itself.
        case selfSigned
        /// Good, below an intermediate authority that the server sends along.
        case chained
        /// Good names, issued by the authority that nobody trusts.
        case foreign
    }

    /// The authority that servers and clients trust.
    package let authority: CertificateAuthority
    /// An authority that nobody trusts.
    package let stranger: CertificateAuthority

    /// The trust anchor for a client, and for a server that checks clients.
    package var authorityPEM: String { authority.pem + "\n" }
    /// A trust anchor that no server here has a certificate from, but for `.foreign`.
    package var strangerPEM: String { stranger.pem + "\n" }

    private let servers: [Server: Identity]

    /// The name in the good certificates.
    package static let serverName = "db.test"

    private init() throws {
        let authority = try CertificateAuthority(commonName: "Wellhead Test Authority")
        let stranger = try CertificateAuthority(commonName: "A Stranger's Authority")
        let names = [Self.serverName, "localhost"]
        let addresses: [[UInt8]] = [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]
        let now = Date.now
        let day: TimeInterval = 86_400

        func issue(
            names: [String] = names, addresses: [[UInt8]] = addresses, key: CertificateAuthority.KeyKind = .ecdsa,
            from start: TimeInterval = -3600, until end: TimeInterval = 90 * 86_400
        ) throws -> Identity {
            try authority.issue(
                .server, commonName: names[0], names: names, addresses: addresses, key: key,
                from: now.addingTimeInterval(start), until: now.addingTimeInterval(end))
        }

        let intermediate = try authority.makeIntermediate(commonName: "Wellhead Test Intermediate")
        var servers: [Server: Identity] = [:]
        for server in Server.allCases {
            servers[server] =
                switch server {
                case .good: try issue()
                case .goodRSA: try issue(key: .rsa)
                case .nameOnly: try issue(names: [Self.serverName], addresses: [])
                case .wrongName: try issue(names: ["elsewhere.test"], addresses: [])
                case .expired: try issue(from: -30 * day, until: -day)
                case .notYetValid: try issue(from: day)
                case .endsSoon: try issue(until: 5 * day + 3600)
                case .selfSigned:
                    try CertificateAuthority.selfSigned(
                        commonName: Self.serverName, names: names, addresses: addresses)
                case .chained:
                    try intermediate.issue(
                        .server, commonName: Self.serverName, names: names, addresses: addresses)
                case .foreign:
                    try stranger.issue(.server, commonName: Self.serverName, names: names, addresses: addresses)
                }
        }
        self.authority = authority
        self.stranger = stranger
        self.servers = servers
    }

    /// The certificate of one kind of server.
    package func server(_ kind: Server) -> Identity {
        guard let identity = servers[kind] else {
            // Proof: the initialiser fills in every case.
            preconditionFailure("no certificate of the kind \(kind)")
        }
        return identity
    }

    /// A client's certificate from the trusted authority, with the login as its common name.
    package func client(_ login: String, key: CertificateAuthority.KeyKind = .ecdsa) throws -> Identity {
        try authority.issue(.client, commonName: login, key: key)
    }

    /// A client's certificate from the authority that no server trusts.
    package func foreignClient(_ login: String) throws -> Identity {
        try stranger.issue(.client, commonName: login)
    }

    /// A client's certificate from the trusted authority that ended yesterday.
    package func expiredClient(_ login: String) throws -> Identity {
        try authority.issue(
            .client, commonName: login,
            from: Date.now.addingTimeInterval(-30 * 86_400), until: Date.now.addingTimeInterval(-86_400))
    }
}
