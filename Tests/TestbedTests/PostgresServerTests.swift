import Foundation
import Testbed
import Testing

@Suite struct PostgresServerTests {
    private static func psql(
        _ server: PostgresServer, _ login: Login, _ options: String, database: String = PostgresServer.database
    ) async throws -> Command.Outcome {
        try await Command.run(
            [
                "psql", "-X", "-A", "-t",
                "host=db.test hostaddr=127.0.0.1 port=\(server.port) dbname=\(database) \(options)",
                "-c", "select coalesce(version, 'none') from pg_stat_ssl where pid = pg_backend_pid()",
            ],
            environment: ["PGUSER": login.username, "PGPASSWORD": login.password])
    }

    @Test(
        "Each login that may come in comes in with the native client",
        arguments: [
            PostgresServer.Logins.scram, PostgresServer.Logins.md5, PostgresServer.Logins.cleartext,
            PostgresServer.Logins.trust, PostgresServer.Logins.superuser, PostgresServer.Logins.exotic,
        ])
    func loginsThatMay(login: Login) async throws {
        let server = try await Testbed.shared.postgres()
        let plain = try await Self.psql(server, login, "sslmode=disable")
        #expect(plain.status == 0 && plain.output == "none\n", "\(plain.errors)")

        let anchor = try Workspace.write(
            Certificates.shared.authorityPEM, to: Workspace.makeFolder(for: "psql").appending(path: "ca.pem"))
        let secure = try await Self.psql(server, login, "sslmode=verify-full sslrootcert=\(anchor.path)")
        #expect(secure.status == 0 && secure.output == "TLSv1.3\n", "\(secure.errors)")
    }

    @Test(
        "Each login that may not come in is refused",
        arguments: [
            (PostgresServer.Logins.rejected, PostgresServer.database), (PostgresServer.Logins.expired, "wellhead"),
            (PostgresServer.Logins.nologin, "wellhead"), (PostgresServer.Logins.tlsOnly, "wellhead"),
            (PostgresServer.Logins.scram, PostgresServer.rejectedDatabase),
            (PostgresServer.Logins.scram, PostgresServer.forbiddenDatabase),
        ])
    func loginsThatMayNot(login: Login, database: String) async throws {
        let server = try await Testbed.shared.postgres()
        let outcome = try await Self.psql(server, login, "sslmode=disable", database: database)
        #expect(outcome.status != 0)
    }

    @Test("A client certificate logs in, a foreign one and none do not")
    func mutualTLS() async throws {
        let server = try await Testbed.shared.postgres()
        let login = PostgresServer.Logins.certificate
        let folder = Workspace.makeFolder(for: "psql")
        for (client, passes) in [
            (try Certificates.shared.client(login.username), true),
            (try Certificates.shared.client(login.username, key: .rsa), true),
            (try Certificates.shared.foreignClient(login.username), false),
            (try Certificates.shared.client("somebody"), false),
        ] {
            let certificate = try Workspace.write(client.chainPEM, to: folder.appending(path: "client.crt"))
            for form in [client.key.pkcs8, client.key.traditional] {
                let key = try Workspace.write(form, to: folder.appending(path: "client.key"))
                let outcome = try await Self.psql(
                    server, login, "sslmode=require sslcert=\(certificate.path) sslkey=\(key.path)")
                #expect((outcome.status == 0) == passes, "\(outcome.errors)")
            }
        }
        #expect(try await Self.psql(server, login, "sslmode=require").status != 0)
    }

    @Test("Stopped and started again it has the same port and data, and no process stays")
    func restart() async throws {
        let server = try await PostgresServer.start()
        let first = try #require(server.pid)
        for mode in [StopMode.orderly, .killed] {
            try await server.restart(mode)
            #expect(try await server.admin("select count(*) from orders") == [["100"]])
        }
        await server.stop(.killed)
        #expect(!ProcessTable.isAlive(first))
        #expect(Sockets.all().allSatisfy { $0.localPort != server.port || $0.state != .listen })
    }

    @Test("Another certificate is shown when the test says so")
    func otherCertificate() async throws {
        let server = try await PostgresServer.start(.init(certificate: Certificates.shared.server(.chained)))
        let anchor = try Workspace.write(
            Certificates.shared.authorityPEM, to: Workspace.makeFolder(for: "psql").appending(path: "ca.pem"))
        let options = "sslmode=verify-full sslrootcert=\(anchor.path)"
        #expect(try await Self.psql(server, PostgresServer.Logins.scram, options).status == 0)
        for kind in [Certificates.Server.wrongName, .expired, .notYetValid, .selfSigned, .foreign] {
            try await server.present(Certificates.shared.server(kind))
            try await eventually("the server shows the certificate \(kind)") {
                try await Self.psql(server, PostgresServer.Logins.scram, options).status != 0
            }
        }
        await server.stop()
    }
}
