import Testbed

extension Fault {
    private static let authority: [String: JSON] = [
        "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "sslServerName": "db.test",
    ]

    private static func certificate(
        _ name: String, _ code: String, _ kind: Database.Kind, shows: Certificates.Server,
        _ fields: [String: JSON] = [:]
    ) -> Fault {
        Fault("\(kind.rawValue): \(name)", "tls", code) { ground in
            // MySQL takes up a certificate at run time only if its own authority vouches for it.
            let isShared = kind != .mySQL
            let database = try await isShared ? ground.database(kind) : kind.start(showing: shows)
            if isShared { try await database.present(shows) }
            return Scene(
                body: database.body.with(authority).with(fields), guests: { try await database.sessions() },
                end: { if isShared { try await database.present(.good) } else { await database.stop() } })
        }
    }

    private static func client(
        _ name: String, _ stage: String, _ code: String, _ kind: Database.Kind,
        _ identity: @escaping @Sendable (Login) throws -> Identity?
    ) -> Fault {
        Fault("\(kind.rawValue): \(name)", stage, code) { ground in
            let database = try ground.database(kind)
            let login = database.certificateLogin
            var body = database.body(as: login).with(authority)
            if let identity = try identity(login) {
                body = body.with(["certificate": .text(identity.chainPEM), "keyfile": .text(identity.keyPEM)])
            }
            return Scene(body: body, guests: { try await database.sessions() })
        }
    }

    /// Certificates that must not be trusted, and clients that the server does not trust.
    static func ofTLS(_ kind: Database.Kind) -> [Fault] {
        // MySQL and MariaDB refuse a login without the certificate that they want as they refuse a wrong password.
        let missing = kind == .postgres ? ("tls", "tls_client_certificate_required") : ("login", "login_failed")
        return [
            certificate("a certificate for another name", "tls_hostname_mismatch", kind, shows: .wrongName),
            certificate(
                "a certificate without the address", "tls_hostname_mismatch", kind, shows: .nameOnly,
                ["sslServerName": .null]),
            certificate("an expired certificate", "tls_expired", kind, shows: .expired),
            certificate("a certificate of tomorrow", "tls_not_yet_valid", kind, shows: .notYetValid),
            certificate("a self-signed certificate", "tls_untrusted", kind, shows: .selfSigned),
            certificate("a stranger's certificate", "tls_untrusted", kind, shows: .foreign),
            certificate(
                "a private authority and the system's trust", "tls_untrusted", kind, shows: .good, ["sslCA": .null]),
            client("no client certificate", missing.0, missing.1, kind, { _ in nil }),
            client(
                "a stranger's client certificate", "tls", "tls_client_certificate_rejected", kind,
                { try Certificates.shared.foreignClient($0.username) }),
            client(
                "an expired client certificate", "tls", "tls_client_certificate_rejected", kind,
                { try Certificates.shared.expiredClient($0.username) }),
            withoutTLS(kind),
        ]
    }

    private static func withoutTLS(_ kind: Database.Kind) -> Fault {
        Fault("\(kind.rawValue): a server without TLS", "tls", "tls_not_supported") { _ in
            let database = try await kind.start(showing: nil)
            return Scene(body: database.body.with(authority), end: { await database.stop() })
        }
    }
}
