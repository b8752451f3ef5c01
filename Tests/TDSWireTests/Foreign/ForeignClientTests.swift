import Foundation
import Testbed
import Testing

/// Clients that others wrote, at the stand-in against which our own client is tested: they have read the same document.
@Suite("Clients of others at the stand-in for SQL Server")
struct ForeignClientTests {
    typealias Logins = SQLServerStandIn.Logins

    @Test("FreeTDS logs in by TLS for the login alone and reads every type")
    func freeTDS() async throws {
        let server = try await SQLServerStandIn.start()
        let outcome = try await Command.run(
            [
                "tsql", "-H", "127.0.0.1", "-p", "\(server.port)", "-U", Logins.reader.username, "-P",
                Logins.reader.password, "-D", "shop",
            ],
            input: "select id, customer, total from orders\ngo\nselect * from every_type\ngo\nexit\n")
        #expect(outcome.output.contains("2\tBjörn\t20"))
        #expect(outcome.output.contains("-1234567890123456789012345678.0123456789"))
        #expect(outcome.output.contains("café€\tПри\tžluť\tañ𝄞"))
        #expect(outcome.output.contains("(2 rows affected)"), "\(outcome.output.suffix(500)) \(outcome.errors)")
        await server.stop()
    }

    @Test("FreeTDS is told of a wrong password by the server's own number")
    func refused() async throws {
        let server = try await SQLServerStandIn.start()
        let outcome = try await Command.run(
            ["tsql", "-H", "127.0.0.1", "-p", "\(server.port)", "-U", Logins.reader.username, "-P", "wrong"],
            input: "exit\n")
        #expect((outcome.output + outcome.errors).contains("18456"), "\(outcome.output) \(outcome.errors)")
        await server.stop()
    }

    @Test("bsqldb, FreeTDS's batch program, runs a statement")
    func batch() async throws {
        let server = try await SQLServerStandIn.start()
        let folder = Workspace.makeFolder(for: "freetds")
        let configuration = try Workspace.write(
            "[standin]\nhost = 127.0.0.1\nport = \(server.port)\ntds version = 7.4\nclient charset = UTF-8\n",
            to: folder.appending(path: "freetds.conf"))
        let outcome = try await Command.run(
            ["bsqldb", "-S", "standin", "-U", Logins.reader.username, "-P", Logins.reader.password, "-D", "shop"],
            input: "select id, total from orders where id = 1\n", environment: ["FREETDSCONF": configuration.path])
        #expect(outcome.output.contains("10.5"), "\(outcome.output) \(outcome.errors)")
        await server.stop()
    }

    @Test(
        "python-tds logs in without and with TLS, sends parameters, and is answered in its own types",
        .enabled(if: PythonTDS.availability == nil))
    func pythonTDS() async throws {
        let server = try await SQLServerStandIn.start()
        let authority = try Workspace.write(
            Certificates.shared.authorityPEM, to: Workspace.makeFolder(for: "pytds").appending(path: "ca.pem"))
        let script = """
            import pytds
            for extra in ({}, {"cafile": "\(authority.path)", "validate_host": False}):
                with pytds.connect("127.0.0.1", port=\(server.port), user="\(Logins.reader.username)",
                        password="\(Logins.reader.password)", database="shop", **extra) as connection:
                    cursor = connection.cursor()
                    cursor.execute("select customer, total from orders where id = %s", (2,))
                    print(cursor.fetchall())
                    cursor.execute("select * from every_type")
                    row = cursor.fetchall()[0]
                    print(row[7], row[9], row[13], row[18], len(row[22]))
            """
        let outcome = try await PythonTDS.run(script)
        let expected =
            "[('Björn', 20.0)]\n-1234567890123456789012345678.0123456789 1.2345 2024-02-29 23:59:00 café€ 5000\n"
        #expect(outcome.output == expected + expected, "\(outcome.errors)")
        await server.stop()
    }
}
