import Testbed

/// What the stand-in for SQL Server says; no SQL Server has said it here. The numbers are those of its documentation.
extension Fault {
    private typealias StandIn = SQLServerStandIn
    private typealias Logins = SQLServerStandIn.Logins

    private static let authority: [String: JSON] = [
        "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "sslServerName": "db.test",
    ]

    private static func standIn(
        _ name: String, _ stage: String, _ code: String, _ login: Login = Logins.reader, _ fields: [String: JSON] = [:],
        configure: @escaping @Sendable (inout StandIn.Configuration) -> Void = { _ in }
    ) -> Fault {
        var fault = Fault("SQL Server: \(name)", stage, code) { _ in
            let server = try await StandIn.start(configure)
            return Scene(
                body: server.body(as: login).with(fields), guests: { try server.sessions().count },
                end: { await server.stop() })
        }
        fault.table = "Faults SQL Server stand-in"
        return fault
    }

    private static func refused(_ name: String, _ user: String, _ stage: String, _ code: String) -> Fault {
        standIn(name, stage, code, Login(user, "x"))
    }

    static let ofSQLServer: [Fault] = ofSQLServerLogins + ofSQLServerTLS

    private static let ofSQLServerLogins = [
        standIn("a wrong password", "login", "login_failed", Login(Logins.reader.username, "wrong")),
        standIn("no password", "login", "login_failed", Login(Logins.reader.username, "")),
        refused("18470, a disabled login", "disabled", "login", "account_locked"),
        refused("18456 of state 7", "state7", "login", "account_locked"),
        refused("18456 of state 12", "state12", "login", "login_host_denied"),
        refused("18456 of state 58", "state58", "login", "login_method_unsupported"),
        refused("18486, a locked login", "locked", "login", "account_locked"),
        refused("18487, an expired password", "expired", "login", "password_expired"),
        refused("18488, a password that must be changed", "mustchange", "login", "password_expired"),
        refused("18452, Windows authentication only", "windows", "login", "login_method_unsupported"),
        refused("a server that asks for NTLM", "sspi", "login", "login_method_unsupported"),
        refused("40615, a firewall", "firewall", "login", "login_host_denied"),
        refused("40613, a database that moves", "moving", "login", "server_starting"),
        refused("40532, no server's name", "noserver", "login", "login_failed"),
        refused("17809, no connection left", "full", "login", "too_many_connections"),
        refused("10928, a limit of Azure's", "limits", "login", "too_many_connections"),
        refused("17187, a server that is starting", "starting", "login", "server_starting"),
        refused("a fatal error", "fatal", "login", "server_closed"),
        standIn("4060, a missing database", "database", "database_not_found", Logins.reader, ["database": "missing"]),
        standIn("4060, a forbidden database", "database", "database_forbidden", Logins.reader, ["database": "private"]),
    ]

    private static let ofSQLServerTLS = [
        standIn("a certificate for another name", "tls", "tls_hostname_mismatch", Logins.reader, authority) {
            $0.certificate = Certificates.shared.server(.wrongName)
        },
        standIn("an expired certificate", "tls", "tls_expired", Logins.reader, authority) {
            $0.certificate = Certificates.shared.server(.expired)
        },
        standIn("a self-signed certificate", "tls", "tls_untrusted", Logins.reader, authority) {
            $0.certificate = Certificates.shared.server(.selfSigned)
        },
        standIn("a stranger's certificate", "tls", "tls_untrusted", Logins.reader, authority) {
            $0.certificate = Certificates.shared.server(.foreign)
        },
        standIn("a server without TLS", "tls", "tls_not_supported", Logins.reader, authority) {
            $0.encryption = .notSupported
        },
        standIn("a server that takes TLS only", "login", "tls_required") { $0.encryption = .required },
        standIn(
            "an untrusted certificate in TDS 8.0", "tls", "tls_untrusted", Logins.reader,
            authority.merging(["options": ["tdsVersion": "8.0"]]) { $1 }
        ) {
            $0.encryption = .strict
            $0.certificate = Certificates.shared.server(.foreign)
        },
        standIn("a server that forces TDS 8.0", "tls", "server_closed", Logins.reader, authority) {
            $0.encryption = .strict
        },
    ]
}
