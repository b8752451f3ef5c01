import SourceModel
import Testing

@testable import Drivers

@Suite("The refusals of MySQL and MariaDB")
struct MySQLFailuresTests {
    static let logins: [(UInt16, Told)] = [
        (1045, Told(.login, .loginFailed, "username and password")),
        (1698, Told(.login, .loginFailed, "username and password")),
        (1049, Told(.database, .databaseNotFound, "Set database")),
        (1044, Told(.database, .databaseForbidden, "set database")),
        (1040, Told(.login, .tooManyConnections, "poolMax")),
        (1203, Told(.login, .tooManyConnections, "poolMax")),
        (1226, Told(.login, .tooManyConnections, "poolMax")),
        (1129, Told(.login, .loginHostDenied, "host and port")),
        (1130, Told(.login, .loginHostDenied, "for this host")),
        (3118, Told(.login, .accountLocked, "ACCOUNT UNLOCK")),
        (4151, Told(.login, .accountLocked, "ACCOUNT UNLOCK")),
        (1820, Told(.login, .passwordExpired, "set password")),
        (1862, Told(.login, .passwordExpired, "set password")),
        (3159, Told(.login, .tlsRequired, "Set ssl to true")),
        (1251, Told(.login, .loginMethodUnsupported, "caching_sha2_password")),
        (1275, Told(.login, .loginMethodUnsupported, "caching_sha2_password")),
        (1524, Told(.login, .loginMethodUnsupported, "caching_sha2_password")),
        (2059, Told(.login, .loginMethodUnsupported, "caching_sha2_password")),
        (1053, Told(.login, .serverClosed, "Try again")),
        (1152, Told(.login, .serverClosed, "Try again")),
        // Vitess and its relatives say 1105 for everything that has no number of its own: no cause can be told from it.
        (1105, Told(.login, .loginFailed, "username, password and database")),
        (9999, Told(.login, .loginFailed, "username, password and database")),
    ]

    @Test("while logging in are told by number, whatever the text says", arguments: logins)
    func login(errno: UInt16, told: Told) {
        for text in ["Access denied", "Zugriff verweigert", ""] {
            let failure = MySQLFailures.login(errno: errno, text: text, source: .sample(.mysql))
            #expect(failure.stage == told.stage)
            #expect(failure.code == told.code)
            #expect(failure.hint.contains(told.hint), "\(failure.hint)")
            #expect(failure.server == ServerWords(code: "\(errno)", text: text))
            #expect(failure.message.hasSuffix("."))
        }
    }

    @Test("1045 has many causes: the hint names those that this record can have")
    func denied() {
        func hint(_ password: String?, _ encryption: Encryption) -> String {
            MySQLFailures.login(
                errno: 1045, text: "", source: .sample(.mariadb, password: password, encryption: encryption)
            ).hint
        }
        #expect(hint(nil, .plain) == "Set password.")
        #expect(hint("x", .plain).contains("set ssl to true"))
        #expect(hint("x", .trusted).contains("set certificate and keyfile"))
        #expect(hint("x", .identified).contains("client certificate is the one"))
    }

    @Test(
        "after the login are about the connection or the statement",
        arguments: [
            (1053, Stage.probe, FailureCode.serverClosed), (1927, .probe, .serverClosed), (4031, .probe, .serverClosed),
            (1142, .probe, .probeFailed), (1820, .login, .passwordExpired), (0, .probe, .probeFailed),
        ] as [(UInt16, Stage, FailureCode)])
    func later(errno: UInt16, stage: Stage, code: FailureCode) {
        let failure = MySQLFailures.later(errno: errno, text: "said", source: .sample(.mysql))
        #expect(failure.stage == stage)
        #expect(failure.code == code)
        #expect(failure.server == ServerWords(code: "\(errno)", text: "said"))
    }
}
