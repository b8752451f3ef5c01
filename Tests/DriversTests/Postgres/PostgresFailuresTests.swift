import SourceModel
import Testing

@testable import Drivers

@Suite("PostgreSQL's refusals")
struct PostgresFailuresTests {
    /// SQLSTATE, the server's routine, what is told.
    static let logins: [(String, String?, Told)] = [
        ("28P01", "auth_failed", Told(.login, .loginFailed, "Check username and password")),
        ("28000", "ClientAuthentication", Told(.login, .loginHostDenied, "ssl")),
        ("28000", "InitializeSessionUserId", Told(.login, .accountLocked, "username")),
        ("28000", "InitializeSessionUserIdStandalone", Told(.login, .accountLocked, "username")),
        ("28000", nil, Told(.login, .loginFailed, "Check username")),
        ("3D000", "InitPostgres", Told(.database, .databaseNotFound, "Set database")),
        ("42501", "CheckMyDatabase", Told(.database, .databaseForbidden, "set database")),
        ("55000", "CheckMyDatabase", Told(.database, .databaseForbidden, "Set database")),
        ("53300", "InitializeSessionUserId", Told(.login, .tooManyConnections, "poolMax")),
        ("57P03", "ProcessStartupPacket", Told(.login, .serverStarting, "Try again")),
        ("57P01", nil, Told(.login, .serverClosed, "Try again")),
        ("57P02", nil, Told(.login, .serverClosed, "Try again")),
        ("57P05", nil, Told(.login, .serverClosed, "Try again")),
        ("0A000", "ProcessStartupPacket", Told(.login, .loginMethodUnsupported, "version 10")),
        ("XX000", nil, Told(.login, .loginFailed, "username, password and database")),
        ("", nil, Told(.login, .loginFailed, "username, password and database")),
    ]

    @Test("while logging in are told by SQLSTATE and routine, whatever the text says", arguments: logins)
    func login(state: String, routine: String?, told: Told) {
        // The text comes in the server's language; nothing may depend on it.
        for text in ["FATAL: no", "СБОЙ: нет", ""] {
            let failure = PostgresFailures.login(
                sqlState: state, routine: routine, text: text, source: .sample(.postgres))
            #expect(failure.stage == told.stage)
            #expect(failure.code == told.code)
            #expect(failure.hint.contains(told.hint), "\(failure.hint)")
            #expect(failure.server == ServerWords(code: state, text: text))
            #expect(failure.message.hasSuffix("."))
        }
    }

    @Test("of a login without a password ask for one")
    func noPassword() {
        let failure = PostgresFailures.login(
            sqlState: "28P01", routine: nil, text: "", source: .sample(.postgres, password: nil))
        #expect(failure.hint == "Set password.")
    }

    @Test(
        "by pg_hba.conf over TLS name the client certificate where the server does, in whichever language",
        arguments: [
            ("connection requires a valid client certificate", FailureCode.tlsClientCertificateRequired),
            ("Verbindung erfordert ein gültiges Client-Zertifikat", .tlsClientCertificateRequired),
            ("для подключения нужен клиентский сертификат", .tlsClientCertificateRequired),
            ("no pg_hba.conf entry for host", .loginHostDenied),
        ])
    func clientCertificate(text: String, code: FailureCode) {
        func told(_ encryption: Encryption) -> SourceFailure {
            PostgresFailures.login(
                sqlState: "28000", routine: "ClientAuthentication", text: text,
                source: .sample(.postgres, encryption: encryption))
        }
        #expect(told(.trusted).code == code)
        if code == .tlsClientCertificateRequired { #expect(told(.trusted).hint.contains("certificate and keyfile")) }
        // Who shows one, or has no TLS to show one in, is not told to.
        #expect(told(.identified).code == .loginHostDenied)
        #expect(told(.plain).code == .loginHostDenied)
    }

    @Test("of a login whose certificate has another name say whose name counts")
    func commonName() {
        func hint(_ encryption: Encryption) -> String {
            PostgresFailures.login(
                sqlState: "28000", routine: "auth_failed", text: "",
                source: .sample(.postgres, encryption: encryption)
            ).hint
        }
        #expect(hint(.identified).contains("common name"))
        #expect(hint(.trusted).contains("certificate and keyfile"))
    }

    @Test(
        "after the login are about the connection or the query",
        arguments: [
            ("57P01", FailureCode.serverClosed), ("57014", .serverClosed), ("42501", .probeFailed),
            ("XX000", .probeFailed), ("", .probeFailed),
        ])
    func later(state: String, code: FailureCode) {
        let failure = PostgresFailures.later(sqlState: state, text: "said", source: .sample(.postgres))
        #expect(failure.stage == .probe)
        #expect(failure.code == code)
        #expect(failure.server?.code == state)
        #expect(failure.message.contains("db.test:1234"))
    }
}
