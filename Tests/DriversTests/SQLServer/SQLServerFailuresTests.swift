import SourceModel
import TDSWire
import Testing

@testable import Drivers

@Suite("What SQL Server's refusals are told as")
struct SQLServerFailuresTests {
    private static func refusal(_ number: Int32, _ state: UInt8 = 1, _ severity: UInt8 = 14) -> TDSServerMessage {
        TDSServerMessage(number: number, state: state, severity: severity, text: "Said in any language.")
    }

    static let logins: [(number: Int32, state: UInt8, told: Told)] = [
        (18456, 1, Told(.login, .loginFailed, "username and password")),
        (18456, 8, Told(.login, .loginFailed, "username and password")),
        (18456, 5, Told(.login, .loginFailed, "username and password")),
        (18456, 6, Told(.login, .loginMethodUnsupported, "SQL Server authentication")),
        (18456, 7, Told(.login, .accountLocked, "ALTER LOGIN")),
        (18456, 11, Told(.login, .loginHostDenied, "GRANT CONNECT SQL")),
        (18456, 18, Told(.login, .passwordExpired, "set password")),
        (18456, 38, Told(.database, .databaseNotFound, "Set database")),
        (18456, 58, Told(.login, .loginMethodUnsupported, "SQL Server authentication")),
        (18452, 1, Told(.login, .loginMethodUnsupported, "SQL Server login")),
        (18470, 1, Told(.login, .accountLocked, "ENABLE")), (18486, 1, Told(.login, .accountLocked, "UNLOCK")),
        (18487, 1, Told(.login, .passwordExpired, "set password")),
        (18488, 1, Told(.login, .passwordExpired, "set password")),
        (4060, 1, Told(.database, .databaseNotFound, "Set database")),
        (4064, 1, Told(.database, .databaseNotFound, "Set database")),
        (916, 1, Told(.database, .databaseForbidden, "CREATE USER")),
        (978, 1, Told(.database, .databaseForbidden, "applicationIntent")),
        (942, 4, Told(.database, .databaseForbidden, "offline")),
        (40615, 1, Told(.login, .loginHostDenied, "firewall")),
        (40532, 1, Told(.login, .loginFailed, "user@server")),
        (40613, 1, Told(.login, .serverStarting, "Try again")), (17187, 1, Told(.login, .serverStarting, "Try again")),
        (17809, 1, Told(.login, .tooManyConnections, "poolMax")),
        (10928, 1, Told(.login, .tooManyConnections, "poolMax")),
        (10929, 1, Told(.login, .tooManyConnections, "poolMax")), (233, 0, Told(.login, .serverClosed, "log")),
        (12345, 1, Told(.login, .loginFailed, "what the server said")),
    ]

    @Test("while logging in", arguments: logins)
    func login(_ number: Int32, _ state: UInt8, _ told: Told) {
        let failure = SQLServerFailures.login(Self.refusal(number, state), source: .sample(.sqlserver))
        #expect(failure.stage == told.stage)
        #expect(failure.code == told.code)
        #expect(failure.hint.contains(told.hint), "\(failure.hint)")
        #expect(failure.message.hasSuffix("."))
        #expect(failure.server == ServerWords(code: "\(number)/\(state)", text: "Said in any language."))
    }

    @Test("A fatal error in a login, whatever its number, is a server that hung up")
    func fatal() {
        let failure = SQLServerFailures.login(Self.refusal(21_005, 1, 20), source: .sample(.sqlserver))
        #expect(failure.code == .serverClosed)
    }

    @Test("A user that looks like a Windows account is told so")
    func windowsAccount() {
        var source = DataSource.sample(.sqlserver)
        source.login.username = "CORP\\ann"
        let failure = SQLServerFailures.login(Self.refusal(18456), source: source)
        #expect(failure.message.contains("looks like a Windows account"))
    }

    @Test(
        "in a statement",
        arguments: [
            (Int32(3906), FailureCode.statementWrites), (208, .statementRefused), (137, .statementRefused),
            (1205, .statementRefused), (1222, .statementRefused), (229, .statementRefused),
        ])
    func statement(_ number: Int32, _ code: FailureCode) {
        let failure = SQLServerFailures.statement(Self.refusal(number, 1, 16))
        #expect(failure.stage == .query)
        #expect(failure.code == code)
    }

    @Test(
        "A plan is read for the kinds of its statements",
        arguments: [
            (["SELECT"], nil), (["SELECT WITHOUT QUERY"], nil), (["ASSIGN", "SELECT"], nil), (["INSERT"], "INSERT"),
            (["COND WITH QUERY", "ASSIGN WITH QUERY", "SELECT"], nil), (["COND WITH QUERY", "DELETE"], "DELETE"),
            (["SELECT", "COMMIT TRANSACTION"], "COMMIT TRANSACTION"), (["SELECT INTO"], "SELECT INTO"),
            (["EXECUTE PROC"], "EXECUTE PROC"), (["SOMETHING NEW"], "SOMETHING NEW"),
        ] as [([String], String?)])
    func plans(_ kinds: [String], _ offence: String?) {
        let statements = kinds.map {
            "<StmtSimple StatementText=\"select ' StatementType=&quot;x&quot;'\" StatementId=\"1\" StatementType=\"\($0)\"/>"
        }
        let plan = ShowPlan(["<ShowPlanXML>\(statements.joined())</ShowPlanXML>"])
        #expect(plan.statementTypes == kinds)
        #expect(plan.offence == offence)
        #expect(!ShowPlan([]).isKnown)
    }

    @Test(
        "A parameter keeps its digits",
        arguments: [
            (StatementParameter.number("12"), TDSParameter.Value.integer(12)),
            (.number("-9223372036854775808"), .integer(.min)),
            (.number("9223372036854775808"), .decimal(negative: false, magnitude: 9_223_372_036_854_775_808, scale: 0)),
            (.number("-0.10"), .decimal(negative: true, magnitude: 10, scale: 2)), (.number("1e3"), .float(1000)),
            (.flag(true), .bit(true)), (.null, .null), (.text("x"), .text("x")),
            (.number(String(repeating: "9", count: 39)), .float(1e39)),
        ])
    func parameters(_ sent: StatementParameter, _ value: TDSParameter.Value) {
        let parameter = TDSParameter(sent, number: 2)
        #expect(parameter.name == "@p2")
        #expect(parameter.value == value)
    }
}
