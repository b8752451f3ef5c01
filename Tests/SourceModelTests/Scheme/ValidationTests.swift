import SourceModel
import Testing

@Suite("A draft becomes a data source")
struct ValidationTests {
    @Test("plainly, with what holds where nothing is set", arguments: ["mysql", "mariadb", "postgres"])
    func defaults(_ driver: String) throws {
        let source = try Sample.draft([.driver: .text(driver)]).validated()
        #expect(source.driver.rawValue == driver)
        #expect(source.endpoint == Endpoint(host: "db.test", port: driver == "postgres" ? 5432 : 3306))
        #expect(source.login == Login(username: "reader", password: Secret("p@ss:w/rd")))
        #expect(source.scheme == .direct(.plain))
        #expect(source.options == SourceOptions())
    }

    @Test(
        "under each of the driver's names",
        arguments: [
            ("postgre", DriverKind.postgres), ("PostgreSQL", .postgres), ("POSTGRES", .postgres), (" mysql ", .mysql),
        ])
    func spellings(_ spelling: String, _ kind: DriverKind) throws {
        let draft = Sample.draft([.driver: .text(spelling)])
        #expect(try draft.validated().driver == kind)
        #expect(draft.normalised().text(.driver) == kind.rawValue)
    }

    @Test(
        "by TLS as sslMode says",
        arguments: [(nil, ServerTrust.Mode.verifyFull), ("verify-ca", .verifyCA), ("Require", .require)])
    func tls(_ sent: String?, _ mode: ServerTrust.Mode) throws {
        let draft = Sample.tls(sent.map { [.sslMode: .text($0)] } ?? [:])
        let trust = ServerTrust(mode: mode, anchors: nil, serverName: "db.test")
        #expect(try draft.validated().scheme == .direct(.tls(trust)))
    }

    @Test("the certificate's name can be another than the host's")
    func serverName() throws {
        let draft = Sample.tls([.sslServerName: .text("[::1]")])
        #expect(try draft.validated().scheme.encryption.trust?.serverName == "::1")
    }

    @Test("through SSH, forwarded unless sshTunneling is false", arguments: [nil, true, false])
    func ssh(_ tunneling: Bool?) throws {
        var draft = Sample.ssh([.sshPassword: .secret(Secret("x")), .ssl: .flag(true)])
        draft.values[.sshTunneling] = tunneling.map { .flag($0) }
        let bastion = Bastion(
            host: "bastion.test", port: 22, username: "tunnel", credentials: .password(Secret("x")), hostKey: nil)
        let trust = ServerTrust(mode: .verifyFull, anchors: nil, serverName: "db.test")
        let passage: Passage = tunneling == false ? .relayed : .forwarded
        #expect(try draft.validated().scheme == .ssh(bastion, passage, .tls(trust)))
    }

    @Test("what waits behind a false flag is stored and not used")
    func unused() throws {
        let draft = Sample.draft([
            .ssl: .flag(false), .sslCA: .text("x"), .keyfile: .secret(Secret("y")), .ssh: .flag(false),
            .sshHost: .text("b"), .sshIdentity: .secret(Secret("z")),
        ])
        #expect(try draft.validated().scheme == .direct(.plain))
        #expect(draft.normalised().values[.sslCA] == .text("x"))
    }

    @Test("and what stands in the way is named", arguments: Rule.all)
    func refusals(_ rule: Rule) throws {
        var draft = Sample.draft(rule.changes)
        if let cleared = rule.cleared { draft.values[cleared] = nil }
        let failure = try #require(throws: SourceFailure.self) { try draft.validated() }
        #expect(failure.stage == .validate)
        #expect(failure.code == rule.code)
        #expect(failure.fields.map(\.field) == [rule.field])
        #expect(failure.message.contains(rule.says), "\(failure.message)")
        #expect(failure.hint.hasSuffix("."))
    }

    @Test(
        "a file of the service's own directory takes no field of a server",
        arguments: [
            Field.port, .username, .sslCA, .sslMode, .sslServerName, .certificate, .sshHost, .sshUsername, .sshPort,
            .sshHostKey,
        ])
    func fileRefusals(_ field: Field) throws {
        let draft = DataSourceDraft(values: [.driver: .text("csv"), .database: .text("a.csv"), field: .text("x")])
        let failure = try #require(throws: SourceFailure.self) { try draft.validated() }
        #expect(failure.code == .conflictingFields)
        #expect(failure.fields.map(\.field) == [field.rawValue])
    }

    @Test("all complaints come together")
    func together() throws {
        let failure = try #require(throws: SourceFailure.self) {
            try DataSourceDraft(values: [
                .driver: .text("mysql"), .ssl: .flag(true), .sslMode: .text("x"), .ssh: .flag(true),
            ]).validated()
        }
        #expect(
            failure.fields.map(\.field) == ["host", "username", "sslMode", "sshHost", "sshUsername", "sshPassword"])
        #expect(failure.message.hasSuffix("5 more fields are wrong."))
    }
}
