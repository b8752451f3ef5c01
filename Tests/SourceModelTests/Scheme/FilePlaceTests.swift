import SourceModel
import Testing

/// Where a file is follows from the fields.
@Suite("A file's place")
struct FilePlaceTests {
    private static let file: [Field: FieldValue] = [.driver: .text("csv"), .database: .text("orders.csv")]
    private static let bastion: [Field: FieldValue] = [
        .ssh: .flag(true), .sshHost: .text("bastion.test"), .sshUsername: .text("tunnel"),
        .sshPassword: .secret(Secret("x")),
    ]

    private func source(_ fields: [Field: FieldValue]...) throws -> DataSource {
        try DataSourceDraft(values: fields.reduce(Self.file) { $0.merging($1) { $1 } }).validated()
    }

    private func failure(_ fields: [Field: FieldValue]...) -> SourceFailure? {
        do throws(SourceFailure) {
            _ = try DataSourceDraft(values: fields.reduce(Self.file) { $0.merging($1) { $1 } }).validated()
            return nil
        } catch {
            return error
        }
    }

    @Test("a local file has a path and nothing on the way to it")
    func file() throws {
        let source = try DataSourceDraft(values: [
            .driver: .text("csv"), .database: .text("orders.csv"), .ssl: .flag(false), .ssh: .flag(false),
            .sshTunneling: .flag(true),
        ]).validated()
        #expect(source.endpoint == nil)
        #expect(source.database == "orders.csv")
        #expect(source.scheme == .direct(.plain))
    }

    @Test("with a host it is a web server's, by ssl one of HTTPS", arguments: [false, true])
    func web(ssl: Bool) throws {
        let source = try source([
            .host: .text("files.test"), .ssl: .flag(ssl), .username: .text("ann"), .password: .secret(Secret("p")),
        ])
        #expect(source.endpoint == Endpoint(host: "files.test", port: ssl ? 443 : 80))
        #expect(source.login == Login(username: "ann", password: Secret("p")))
        #expect((source.scheme.encryption.trust != nil) == ssl)
        #expect(source.scheme.bastion == nil)
    }

    @Test("a password alone is a bearer token")
    func bearer() throws {
        let source = try source([.host: .text("files.test"), .password: .secret(Secret("token"))])
        #expect(source.login == Login(username: nil, password: Secret("token")))
    }

    @Test("through SSH it is a web server's behind the SSH host, or the SSH host's own", arguments: [nil, true, false])
    func ssh(tunneling: Bool?) throws {
        let flag: [Field: FieldValue] = tunneling.map { [.sshTunneling: .flag($0)] } ?? [:]
        if tunneling == false {
            let source = try source(Self.bastion, flag)
            guard case .ssh(let bastion, .sftp, .plain) = source.scheme else {
                Issue.record("\(source.scheme)")
                return
            }
            #expect(bastion.host == "bastion.test")
            #expect(source.endpoint == nil)
        } else {
            let source = try source(Self.bastion, flag, [.host: .text("files.test")])
            guard case .ssh(_, .forwarded, .plain) = source.scheme else {
                Issue.record("\(source.scheme)")
                return
            }
            #expect(source.endpoint == Endpoint(host: "files.test", port: 80))
        }
    }

    @Test("what would not be used is refused, with what to do")
    func unused() {
        for (fields, complained, hint) in [
            ([.username: .text("ann")], ["username"], "set host"),
            ([.port: .text("80"), .password: .secret(Secret("x"))], ["password", "port"], "set host"),
            (
                Self.bastion.merging([.sshTunneling: .flag(false), .host: .text("h"), .ssl: .flag(true)]) { $1 },
                ["host", "ssl"], "sshTunneling to true"
            ),
            ([.sshHost: .text("h")], ["sshHost"], "ssh to true"),
        ] as [([Field: FieldValue], [String], String)] {
            let failure = failure(fields)
            #expect(failure?.code == .conflictingFields, "\(fields)")
            #expect(failure.map { $0.fields.map(\.field).sorted() } == complained, "\(fields)")
            #expect(failure?.hint.contains(hint) == true, "\(failure?.hint ?? "")")
        }
    }

    @Test("what is missing is told with the place that it is missing for")
    func missing() {
        #expect(failure(Self.bastion)?.message.contains("sshTunneling to false for SFTP") == true)
        #expect(failure([.ssl: .flag(true)])?.fields.map(\.field) == ["host"])
        #expect(failure([.host: .text("h"), .username: .text("ann")])?.fields.map(\.field) == ["password"])
        #expect(failure([.database: .text("a\n.csv")])?.code == .invalidField)
    }

    @Test("a web file's login is held to what a request can say, as an API's is, and no complaint repeats a secret")
    func unspeakableLogin() {
        for (login, field) in [
            ([.username: .text("a:b"), .password: .secret(Secret("p"))], "username"),
            ([.password: .secret(Secret("to ken"))], "password"),
            ([.password: .secret(Secret("to\r\nken"))], "password"),
        ] as [([Field: FieldValue], String)] {
            let failure = failure([.host: .text("files.test")], login)
            #expect(failure?.code == .invalidField, "\(field)")
            #expect(failure?.fields.map(\.field) == [field])
            #expect(failure?.message.contains("ken") != true || failure?.message.contains("bearer token") == true)
        }
        // A password beside a name may be anything: it is sent encoded.
        #expect(
            failure([.host: .text("files.test"), .username: .text("ann"), .password: .secret(Secret("a b\u{F6}:"))])
                == nil)
    }

    @Test("its stored form has a port only where it has a host")
    func normalised() {
        let local = DataSourceDraft(values: Self.file).normalised()
        #expect(local.text(.port) == nil)
        let web = DataSourceDraft(values: Self.file.merging([.host: .text("h"), .ssl: .flag(true)]) { $1 }).normalised()
        #expect(web.text(.port) == "443")
        for draft in [local, web] { #expect(draft.normalised() == draft) }
    }
}
