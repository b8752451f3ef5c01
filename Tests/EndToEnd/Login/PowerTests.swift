import Testbed
import Testing

@Suite("A login that may do too much", .serialized)
struct PowerTests {
    private static func logins(_ kind: Database.Kind) -> (chief: Login, reader: Login) {
        switch kind {
        case .postgres: (PostgresServer.Logins.superuser, PostgresServer.Logins.readOnly)
        case .mariaDB: (MariaDBServer.Logins.superuser, MariaDBServer.Logins.readOnly)
        case .mySQL: (MySQLServer.Logins.superuser, MySQLServer.Logins.readOnly)
        }
    }

    @Test("is named in the report of the test; one that only reads is not", arguments: Database.Kind.here)
    func warnings(kind: Database.Kind) async throws {
        let database = try await kind.shared()
        let service = try await WellheadService.start()
        let (chief, reader) = Self.logins(kind)
        for (login, codes) in [
            (chief, ["login_is_superuser"]), (database.login, ["login_can_write"]), (reader, []),
        ] {
            let report = try await service.call("POST /datasources/test", database.body(as: login)).json
            #expect(report["ok"].flag == true)
            #expect(report["warnings"].list.compactMap { $0["code"].text } == codes, "\(login.username)")
        }
        #expect(await service.stop() == 0)
    }
}
