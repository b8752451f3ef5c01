import SourceModel
import Testing

@Suite("A body becomes a draft")
struct BodyTests {
    @Test("each field gets its type, in JSON's types and in text alone")
    func types() throws {
        let typed = try DataSourceDraft(body: [
            "driver": .text("mysql"), "port": .number("3307"), "ssl": .flag(true), "password": .text("x"),
            "options": .object(["poolMax": .number("8"), "applicationName": .text("shop")]),
        ])
        #expect(typed.text(.port) == "3307")
        #expect(typed.flag(.ssl) == true)
        #expect(typed.secret(.password) == Secret("x"))
        #expect(typed.options == ["poolMax": .number(8), "applicationName": .text("shop")])
        let texts = try DataSourceDraft(body: [
            "driver": .text("mysql"), "port": .text("3307"), "ssl": .text("TRUE"), "ssh": .text("0"),
            "sshTunneling": .number("1"), "options": .text(#"{"poolMax": "8", "poolMin": 2}"#),
        ])
        #expect(texts.flag(.ssl) == true)
        #expect(texts.flag(.ssh) == false)
        #expect(texts.flag(.sshTunneling) == true)
        #expect(texts.options == ["poolMax": .text("8"), "poolMin": .number(2)])
    }

    @Test("blanks around names go, blanks in logins stay")
    func blanks() throws {
        let draft = try DataSourceDraft(body: [
            "host": .text(" db.test\n"), "password": .text(" x "), "username": .text(" u "), "name": .text(" n "),
        ])
        #expect(draft.text(.host) == "db.test")
        #expect(draft.text(.name) == "n")
        #expect(draft.text(.username) == " u ")
        #expect(draft.secret(.password)?.reveal() == " x ")
    }

    @Test("null and empty text clear", arguments: [BodyValue.null, .text("")])
    func cleared(_ value: BodyValue) throws {
        for field in Field.allCases {
            let draft = try DataSourceDraft(body: [field.rawValue: value])
            #expect(draft == DataSourceDraft(cleared: [field]))
        }
        #expect(try DataSourceDraft(body: ["options": .object([:])]).cleared == [.options])
    }

    @Test("read-only fields are left out")
    func readOnly() throws {
        let body = Dictionary(uniqueKeysWithValues: Field.readOnly.map { ($0, BodyValue.text("x")) })
        #expect(try DataSourceDraft(body: body) == DataSourceDraft())
    }

    @Test("the other spellings mean the same fields")
    func aliases() throws {
        let draft = try DataSourceDraft(body: [
            "sslCertificate": .text("c"), "certificate": .text("c"), "sslKeyfile": .text("k"),
        ])
        #expect(draft.text(.certificate) == "c")
        #expect(draft.secret(.keyfile) == Secret("k"))
    }

    @Test("the mask keeps a stored secret and is none itself", arguments: Field.secrets)
    func mask(_ field: Field) throws {
        let body = [field.rawValue: BodyValue.text("********")]
        #expect(try DataSourceDraft(body: body, updating: true) == DataSourceDraft(kept: [field]))
        let failure = try #require(throws: SourceFailure.self) { try DataSourceDraft(body: body) }
        #expect(failure.code == .invalidField)
        #expect(failure.message.hasPrefix("\(field.rawValue) is the mask that Wellhead shows"))
    }

    static let refused: [(body: [String: BodyValue], code: FailureCode, field: String, says: String)] = [
        (["hosst": .text("x")], .unknownField, "hosst", "the nearest is host"),
        (["sslca": .text("x")], .unknownField, "sslca", "the nearest is sslCA"),
        (["passwrod": .text("x")], .unknownField, "passwrod", "the nearest is password"),
        (["zzzzzz": .text("x")], .unknownField, "zzzzzz", "There is no field \"zzzzzz\"."),
        (["host": .number("1")], .invalidField, "host", "is a number; it takes text"),
        (["password": .number("1")], .invalidField, "password", "is a number; it takes text"),
        (["username": .flag(true)], .invalidField, "username", "is a flag; it takes text"),
        (["sslCA": .array([])], .invalidField, "sslCA", "is a list; it takes text"),
        (["port": .object([:])], .invalidField, "port", "is an object; it takes a port's number"),
        (["ssl": .text("yes")], .invalidField, "ssl", "is \"yes\"; it takes true or false"),
        (["ssl": .array([])], .invalidField, "ssl", "is a list; it takes true or false"),
        (["options": .array([])], .invalidField, "options", "it takes an object of settings"),
        (["options": .text("x")], .invalidField, "options", "is a text that is no JSON object"),
        (["options": .object(["a": .array([])])], .invalidField, "options.a", "is a list"),
        (["password": .text("a\0b")], .invalidField, "password", "contains a NUL character"),
        (["host": .text(String(repeating: "a", count: 254))], .invalidField, "host", "is 254 bytes long"),
        (["name": .text(String(repeating: "ü", count: 101))], .invalidField, "name", "is 202 bytes long"),
        (["keyfile": .text("a"), "sslKeyfile": .text("b")], .conflictingFields, "sslKeyfile", "two spellings"),
    ]

    @Test("what cannot be taken is named", arguments: refused)
    func refusals(_ body: [String: BodyValue], _ code: FailureCode, _ field: String, _ says: String) throws {
        let failure = try #require(throws: SourceFailure.self) { try DataSourceDraft(body: body) }
        #expect(failure.stage == .validate)
        #expect(failure.code == code)
        #expect(failure.fields.map(\.field) == [field])
        #expect(failure.message.contains(says), "\(failure.message)")
        #expect(!failure.hint.isEmpty)
    }

    @Test("all complaints come together, and the message counts them")
    func together() throws {
        let failure = try #require(throws: SourceFailure.self) {
            try DataSourceDraft(body: ["ssl": .text("x"), "hosst": .text("y"), "port": .flag(true)])
        }
        #expect(failure.fields.map(\.field) == ["hosst", "port", "ssl"])
        #expect(failure.code == .unknownField)
        #expect(failure.message == "There is no field \"hosst\"; the nearest is host. 2 more fields are wrong.")
    }

    @Test("a refused secret is not repeated")
    func silence() throws {
        let failure = try #require(throws: SourceFailure.self) {
            try DataSourceDraft(body: ["password": .text("hunter2\0"), "sshIdentity": .number("24680")])
        }
        let words = "\(failure) \(failure.debugDescription) \(failure.hint) \(failure.fields)"
        #expect(!words.contains("hunter2"))
        #expect(!words.contains("24680"))
    }

    @Test("a change replaces what is sent, clears what is null and keeps the rest and the masked")
    func applied() throws {
        let stored = Sample.draft([.sshIdentity: .secret(Secret("k"))])
        let change = try DataSourceDraft(
            body: ["host": .text("other.test"), "password": .text("********"), "database": .null], updating: true)
        let merged = change.applied(to: stored)
        #expect(merged.text(.host) == "other.test")
        #expect(merged.secret(.password) == stored.secret(.password))
        #expect(merged.text(.database) == nil)
        #expect(merged.text(.username) == "reader")
    }

    @Test(
        "a port that was the default follows TLS, unless it is said, or was another one",
        arguments: [
            ("rest", "80", ["ssl": BodyValue.flag(true)], "443"), ("csv", "80", ["ssl": .text("true")], "443"),
            ("rest", "8080", ["ssl": .flag(true)], "8080"), ("rest", "443", ["ssl": .flag(true)], "443"),
            ("rest", "80", ["ssl": .flag(true), "port": .text("80")], "80"),
            ("rest", "80", ["ssl": .flag(false)], "80"),
            ("rest", "80", ["host": .text("b.test")], "80"), ("postgres", "5432", ["ssl": .flag(true)], "5432"),
        ])
    func port(driver: String, stored: String, body: [String: BodyValue], port: String) throws {
        let record = DataSourceDraft(values: [
            .driver: .text(driver), .host: .text("a.test"), .port: .text(stored), .ssl: .flag(false),
        ])
        let merged = try DataSourceDraft(body: body, updating: true).applied(to: record)
        #expect(merged.normalised().text(.port) == port)
        guard port != stored else { return }
        let back = try DataSourceDraft(body: ["ssl": .flag(false)], updating: true).applied(to: merged)
        #expect(back.text(.port) == stored)
    }
}
