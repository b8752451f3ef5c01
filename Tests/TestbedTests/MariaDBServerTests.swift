import Foundation
import Testbed
import Testing

@Suite struct MariaDBServerTests {
    private static func client(
        _ server: MariaDBServer, _ login: Login, _ options: [String] = [], database: String = MariaDBServer.database
    ) async throws -> Command.Outcome {
        try await Command.run(
            [
                "mariadb", "--no-defaults", "--batch", "--skip-column-names", "--protocol=tcp", "--host=127.0.0.1",
                "--port=\(server.port)", "--default-character-set=utf8mb4", "--user=\(login.username)",
                "--database=\(database)",
            ] + options + [
                "--execute=select variable_value from information_schema.session_status "
                    + "where variable_name = 'ssl_version'"
            ],
            environment: ["MYSQL_PWD": login.password])
    }

    private static func anchor() throws -> String {
        let folder = Workspace.makeFolder(for: "client")
        return try Workspace.write(Certificates.shared.authorityPEM, to: folder.appending(path: "ca.pem")).path
    }

    @Test(
        "Each login that may come in comes in with the native client",
        arguments: [
            MariaDBServer.Logins.native, MariaDBServer.Logins.ed25519, MariaDBServer.Logins.noPassword,
            MariaDBServer.Logins.superuser, MariaDBServer.Logins.readOnly, MariaDBServer.Logins.exotic,
        ])
    func loginsThatMay(login: Login) async throws {
        let server = try await Testbed.shared.mariaDB()
        let plain = try await Self.client(server, login, ["--skip-ssl"])
        #expect(plain.status == 0 && plain.output == "\n", "\(plain.errors)")
        let secure = try await Self.client(server, login, ["--ssl", "--ssl-ca=\(try Self.anchor())"])
        #expect(secure.status == 0 && secure.output == "TLSv1.3\n", "\(secure.errors)")
    }

    @Test(
        "Each login that may not come in is refused with its own number",
        arguments: [
            (MariaDBServer.Logins.tlsOnly, "1045"), (MariaDBServer.Logins.locked, "4151"),
            (MariaDBServer.Logins.expired, "1862"), (MariaDBServer.Logins.otherHost, "1045"),
            (Login("native", "wrong"), "1045"),
        ])
    func loginsThatMayNot(login: Login, number: String) async throws {
        let server = try await Testbed.shared.mariaDB()
        let outcome = try await Self.client(server, login, ["--skip-ssl"])
        #expect(outcome.status != 0 && outcome.errors.contains("ERROR \(number) "), "\(outcome.errors)")
    }

    @Test("A client certificate is wanted where the account says so")
    func mutualTLS() async throws {
        let server = try await Testbed.shared.mariaDB()
        let folder = Workspace.makeFolder(for: "client")
        let anchor = try Self.anchor()
        for login in [MariaDBServer.Logins.certificate, MariaDBServer.Logins.subject] {
            for (client, passes) in [
                (try Certificates.shared.client(login.username), true),
                (try Certificates.shared.client("somebody"), login == MariaDBServer.Logins.certificate),
                (try Certificates.shared.foreignClient(login.username), false),
            ] {
                let certificate = try Workspace.write(client.chainPEM, to: folder.appending(path: "client.crt"))
                let key = try Workspace.write(client.keyPEM, to: folder.appending(path: "client.key"))
                let outcome = try await Self.client(
                    server, login,
                    ["--ssl", "--ssl-ca=\(anchor)", "--ssl-cert=\(certificate.path)", "--ssl-key=\(key.path)"])
                #expect((outcome.status == 0) == passes, "\(outcome.errors)")
            }
            #expect(try await Self.client(server, login, ["--ssl", "--ssl-ca=\(anchor)"]).status != 0)
        }
    }

    @Test("Stopped and started again it has the same port and data, and no process stays")
    func restart() async throws {
        let server = try await MariaDBServer.start()
        let first = try #require(server.pid)
        for mode in [StopMode.orderly, .killed] {
            try await server.restart(mode)
            #expect(try await server.admin("select count(*) from orders") == [["100"]])
            #expect(try await server.sessions() == 0)
        }
        try await server.present(Certificates.shared.server(.expired))
        let outcome = try await Self.client(
            server, MariaDBServer.Logins.native, ["--ssl", "--ssl-ca=\(try Self.anchor())"])
        #expect(outcome.status != 0)
        await server.stop(.killed)
        #expect(!ProcessTable.isAlive(first))
    }
}
