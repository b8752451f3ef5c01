import Foundation
import Testbed
import Testing

@Suite(.enabled(if: MySQLServer.availability == nil))
struct MySQLServerTests {
    @Test("It is Oracle's MySQL, it knows its logins, and it comes back with its data")
    func restart() async throws {
        let server = try await Testbed.shared.mySQL()
        let version = try await server.admin("select version()")
        #expect(version.first?.first?.contains("MariaDB") == false)
        let plugins = try await server.admin("select distinct plugin from mysql.user where user = 'sha2'")
        #expect(plugins == [["caching_sha2_password"]])
        #expect(try await server.admin("select count(*) from orders") == [["100"]])

        let own = try await MySQLServer.start()
        let first = try #require(own.pid)
        #expect(first != server.pid)
        for mode in [StopMode.orderly, .killed] {
            try await own.restart(mode)
            #expect(try await own.admin("select count(*) from orders") == [["100"]])
            #expect(try await own.sessions() == 0)
        }
        try await own.present(Certificates.shared.server(.wrongName))
        await own.stop(.killed)
        #expect(!ProcessTable.isAlive(first))
    }

    @Test(
        "Each login comes in or is refused as it should",
        arguments: [
            (MySQLServer.Logins.cachingSHA2, nil), (MySQLServer.Logins.exotic, nil),
            (MySQLServer.Logins.superuser, nil), (MySQLServer.Logins.readOnly, nil),
            (MySQLServer.Logins.tlsOnly, nil), (MySQLServer.Logins.locked, "3118"),
            (MySQLServer.Logins.expired, "1862"), (MySQLServer.Logins.otherHost, "1045"),
            (MySQLServer.Logins.certificate, "1045"), (Login("sha2", "wrong"), "1045"),
        ])
    func logins(login: Login, refusal: String?) async throws {
        let server = try await Testbed.shared.mySQL()
        let outcome = try await Command.run(
            [
                "mariadb", "--no-defaults", "--batch", "--skip-column-names", "--protocol=tcp", "--host=127.0.0.1",
                "--port=\(server.port)", "--default-character-set=utf8mb4", "--ssl", "--user=\(login.username)",
                "--database=\(MySQLServer.database)", "--execute=select 1",
            ],
            environment: ["MYSQL_PWD": login.password])
        if let refusal {
            #expect(outcome.status != 0 && outcome.errors.contains("ERROR \(refusal) "), "\(outcome.errors)")
        } else {
            #expect(outcome.output == "1\n", "\(outcome.errors)")
        }
    }
}
