import NIOCore
import PostgresWire
import Testbed
import Testing

@Suite("Logins at a real server")
struct LoginTests {
    @Test(
        "Every method lets the right password in, and says 28P01 or 28000 to a wrong one",
        arguments: [
            RealPostgres.Logins.scram, RealPostgres.Logins.md5, RealPostgres.Logins.cleartext,
            RealPostgres.Logins.trust,
        ],
        [false, true])
    func methods(_ login: Login, inTLS: Bool) async throws {
        let upgrade = inTLS ? Dialling.tls() : nil
        let connection = try await Dialling.open(login, upgrade: upgrade, allowsCleartextPassword: true)
        let rows = try await connection.simpleQuery(
            "select current_user, (select ssl from pg_stat_ssl where pid = pg_backend_pid())")
        #expect(rows == [[login.username, inTLS ? "t" : "f"]])
        #expect(connection.parameters["server_version"]?.hasPrefix("15.") == true)
        #expect(connection.parameters["client_encoding"] == "UTF8")
        #expect(connection.backendProcessID != nil)
        await connection.close()

        guard login.username != RealPostgres.Logins.trust.username else { return }
        let wrong = Login(login.username, login.password + "?")
        let error = await #expect(throws: PostgresWireError.self) {
            try await Dialling.open(wrong, upgrade: upgrade, allowsCleartextPassword: true)
        }
        guard case .server(let said) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(said.sqlState == "28P01")
    }

    @Test("Passwords of any characters log in", arguments: RealPostgres.exotic)
    func exotic(_ login: Login) async throws {
        let connection = try await Dialling.open(login, upgrade: Dialling.tls())
        #expect(try await connection.simpleQuery("select current_user") == [[login.username]])
        await connection.close()
    }

    @Test("Channel binding is used: with another certificate's hash the server refuses")
    func channelBinding() async throws {
        let right = try await Dialling.open(RealPostgres.Logins.scram, upgrade: Dialling.tls())
        await right.close()
        let without = try await Dialling.open(RealPostgres.Logins.scram, upgrade: Dialling.tls { _ in nil })
        await without.close()
        let error = await #expect(throws: PostgresWireError.self) {
            try await Dialling.open(
                RealPostgres.Logins.scram, upgrade: Dialling.tls { _ in Array(repeating: 7, count: 32) })
        }
        guard case .server(let said) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(said.message.contains("channel binding"))
    }

    @Test("A password is not sent in clear text unless that is allowed")
    func cleartextRefused() async throws {
        await #expect(throws: PostgresWireError.cleartextPasswordRefused) {
            try await Dialling.open(RealPostgres.Logins.cleartext)
        }
    }

    @Test("A missing database is the server's own error")
    func missingDatabase() async throws {
        let error = await #expect(throws: PostgresWireError.self) {
            try await Dialling.open(RealPostgres.Logins.scram) { $0.database = "nowhere" }
        }
        guard case .server(let said) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(said.sqlState == "3D000")
        #expect(said.severity == "FATAL")
    }
}
