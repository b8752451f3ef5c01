import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("What a test warns of")
struct WarningTests {
    /// The logins of a server by what they may do.
    private static func logins(_ kind: Database.Kind) -> (chief: TestbedLogin, reader: TestbedLogin) {
        switch kind {
        case .postgres: (PostgresServer.Logins.superuser, PostgresServer.Logins.readOnly)
        case .mariaDB: (MariaDBServer.Logins.superuser, MariaDBServer.Logins.readOnly)
        case .mySQL: (MySQLServer.Logins.superuser, MySQLServer.Logins.readOnly)
        }
    }

    @Test("A superuser and a login that can write are warned of, a reader is not", arguments: Database.Kind.here)
    func power(kind: Database.Kind) async throws {
        let database = try await kind.shared()
        let (chief, reader) = Self.logins(kind)
        for (login, warnings) in [
            (chief, [.loginIsSuperuser]), (database.login, [.loginCanWrite]), (reader, []),
        ] as [(TestbedLogin, [SourceModel.Warning.Code])] {
            let opened = try await OpenSource.open(database.body(as: login))
            #expect(opened.warnings == warnings, "\(login.username)")
            await opened.session.close()
        }
    }

    @Test("A pool that opens one more looks no closer than at a sign of life", arguments: Database.Kind.here)
    func pool(kind: Database.Kind) async throws {
        let database = try await kind.shared()
        let opened = try await OpenSource.open(database.body(as: Self.logins(kind).chief), for: .pool)
        #expect(opened.warnings.isEmpty)
        await opened.session.close()
    }

    @Test("MariaDB under MySQL's name works with a warning, and the other way round", arguments: Database.Kind.here)
    func flavour(kind: Database.Kind) async throws {
        let database = try await kind.shared()
        for driver in ["mysql", "mariadb"] where kind != .postgres {
            let opened = try await OpenSource.open(database.body.with(["driver": .text(driver)]))
            #expect(opened.warnings.contains(.otherFlavour) == (driver != database.driver))
            if driver != database.driver {
                let warning = try #require(opened.report.warnings.first { $0.code == .otherFlavour })
                #expect(warning.message.contains("driver to \(database.driver) "))
            }
            let name = kind == .mariaDB ? "MariaDB" : "MySQL"
            #expect(opened.session.facts.serverVersion.hasPrefix("\(name) "))
            try await opened.session.ping()
            await opened.session.close()
        }
    }

    @Test("A password that crossed the network readable is warned of, unless TLS hid it")
    func clear() async throws {
        let database = try await Database.Kind.postgres.shared()
        let body = database.body(as: PostgresServer.Logins.cleartext)
        let cases: [([String: JSON], Bool)] = [([:], true), (["ssl": true, "sslMode": "require"], false)]
        for (fields, isWarned) in cases {
            let opened = try await OpenSource.open(body.with(fields))
            #expect(opened.warnings.contains(.passwordInClear) == isWarned)
            await opened.session.close()
        }
    }

    @Test("A report has each stage once, in the order in which they are travelled", arguments: Database.Kind.here)
    func stages(kind: Database.Kind) async throws {
        let database = try await kind.shared()
        let cases: [([String: JSON], [Stage])] = [([:], []), (["ssl": true, "sslMode": "require"], [.tls])]
        for (fields, tls) in cases {
            let opened = try await OpenSource.open(database.body.with(fields))
            #expect(opened.report.stages.map(\.stage) == [.resolve, .dial] + tls + [.login, .database, .probe])
            #expect(opened.report.stages.allSatisfy { $0.ok })
            await opened.session.close()
        }
    }
}
