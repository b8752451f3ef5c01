import SourceModel
import Testing

/// A change that makes a good draft a bad one, and how that is named.
struct Rule: Sendable, CustomTestStringConvertible {
    let changes: [Field: FieldValue]
    let cleared: Field?
    let code: FailureCode
    let field: String
    let says: String

    init(_ changes: [Field: FieldValue], _ code: FailureCode, _ field: String, _ says: String) {
        (self.changes, self.cleared, self.code, self.field, self.says) = (changes, nil, code, field, says)
    }

    init(clear field: Field, _ says: String) {
        (self.changes, self.cleared, self.code, self.field, self.says) = (
            [:], field, .missingField, field.rawValue, says
        )
    }

    var testDescription: String { "\(field): \(says)" }

    static let all = drivers + tls + ssh + sqlServer

    static let drivers = [
        Rule(clear: .driver, "driver is missing"),
        Rule([.driver: .text("postgers")], .unsupportedDriver, "driver", "the nearest is postgres"),
        Rule([.driver: .text("oracle")], .unsupportedDriver, "driver", "There is no driver \"oracle\"."),
        Rule(clear: .host, "host is missing"), Rule(clear: .username, "username is missing"),
        Rule([.port: .text("0")], .invalidField, "port", "a whole number of 1 to 65535"),
        Rule([.port: .text("65536")], .invalidField, "port", "is \"65536\""),
        Rule([.port: .text("5432.0")], .invalidField, "port", "is \"5432.0\""),
        Rule([.port: .text("-1")], .invalidField, "port", "is \"-1\""),
        Rule([.port: .text("99999999999999999999")], .invalidField, "port", "a whole number"),
        Rule([.options: .options(["poolmax": .number(1)])], .unknownField, "options.poolmax", "nearest is poolMax"),
    ]

    static let tls = [
        Rule([.sslCA: .text("x")], .conflictingFields, "sslCA", "sslCA is set but ssl is not."),
        Rule([.sslServerName: .text("x")], .conflictingFields, "sslServerName", "ssl is not."),
        Rule([.keyfile: .secret(Secret("x"))], .conflictingFields, "keyfile", "ssl is not."),
        Rule([.ssl: .flag(false), .sslMode: .text("require")], .conflictingFields, "sslMode", "ssl is false."),
        Rule([.ssl: .flag(true), .sslMode: .text("verify")], .invalidField, "sslMode", "sslMode is \"verify\""),
        Rule(
            [.ssl: .flag(true), .sslMode: .text("require"), .sslCA: .text("x")], .conflictingFields, "sslCA",
            "which trusts anyone, and sslCA is set"),
        Rule([.ssl: .flag(true), .certificate: .text("x")], .missingField, "keyfile", "keyfile is missing"),
        Rule(
            [.ssl: .flag(true), .keyfile: .secret(Secret("x"))], .missingField, "certificate", "is missing"),
        Rule([.ssl: .flag(true), .sslServerName: .text("a b")], .invalidField, "sslServerName", "contains a blank"),
    ]

    private static let password = FieldValue.secret(Secret("x"))

    static let ssh = [
        Rule([.sshHost: .text("b")], .conflictingFields, "sshHost", "sshHost is set but ssh is not."),
        Rule([.sshTunneling: .flag(true)], .conflictingFields, "sshTunneling", "ssh is not."),
        Rule(
            [.ssh: .flag(true), .sshUsername: .text("u"), .sshPassword: password], .missingField, "sshHost",
            "sshHost is missing"),
        Rule(
            [.ssh: .flag(true), .sshHost: .text("b"), .sshPassword: password], .missingField, "sshUsername",
            "sshUsername is missing"),
        Rule(
            [.ssh: .flag(true), .sshHost: .text("b"), .sshUsername: .text("u")], .missingField, "sshPassword",
            "sshPassword and sshIdentity are missing"),
        Rule(
            [.ssh: .flag(true), .sshHost: .text("b:22"), .sshUsername: .text("u"), .sshPassword: password],
            .invalidField, "sshHost", "holds a port as well"),
    ]

    private static func instance(_ changes: [Field: FieldValue], _ code: FailureCode, _ field: String, _ says: String)
        -> Rule
    {
        Rule(changes.merging([.driver: .text("sqlserver")]) { $1 }, code, field, says)
    }

    static let sqlServer = [
        instance(
            [.host: .text("db.test\\sales"), .port: .text("1433")], .conflictingFields, "port", "the SQL Browser tells"),
        instance(
            [.host: .text("db.test\\sales"), .options: .options(["instance": .text("other")])], .conflictingFields,
            "options.instance", "host names the instance \"sales\""),
        instance([.host: .text("db.test\\")], .invalidField, "host", "no instance's name"),
        instance(
            [
                .options: .options(["instance": .text("sales")]), .ssh: .flag(true), .sshHost: .text("b"),
                .sshUsername: .text("u"), .sshPassword: password,
            ], .conflictingFields, "options.instance", "goes through no SSH host"),
        instance(
            [.options: .options(["tdsVersion": .text("8.0")])], .conflictingFields, "options.tdsVersion",
            "ssl is not true"),
        instance(
            [.options: .options(["tdsVersion": .text("7.3")])], .invalidField, "options.tdsVersion", "7.4 or 8.0"),
    ]
}
