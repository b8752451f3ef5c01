import Foundation
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("The life of a session")
struct LifeTests {
    @Test("It is the only one at the server, and none once it is closed", arguments: Database.Kind.here)
    func count(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let user = database.login.username
        let opened = try await OpenSource.open(database.body)
        #expect(try await database.sessions(of: user) == 1)
        try await opened.session.ping()
        await opened.session.close()
        await opened.session.close()
        try await eventually("the server has none") { try await database.sessions(of: user) == 0 }
        await database.stop()
    }

    @Test("After the server was killed a ping fails and says why", arguments: Database.Kind.here)
    func killed(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let opened = try await OpenSource.open(database.body)
        let tally = Tally()
        opened.session.whenClosed { tally.tell($0) }
        try await opened.session.ping()
        await database.stop(.killed)
        let failure = await #expect(throws: SourceFailure.self) { try await opened.session.ping() }
        #expect(failure?.code == .serverClosed || failure?.code == .connectionReset, "\(String(describing: failure))")
        #expect(failure?.hint.isEmpty == false)
        try await eventually("its end is told") { tally.told.count == 1 }
        await opened.session.close()
        #expect(tally.told.count == 1)
    }

    @Test("Its end is told once, whoever ends it, and to who comes late", arguments: Database.Kind.here)
    func told(kind: Database.Kind) async throws {
        let database = try await kind.shared()
        let opened = try await OpenSource.open(database.body)
        let tally = Tally()
        opened.session.whenClosed { tally.tell($0) }
        #expect(tally.told.isEmpty)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await opened.session.close() } }
        }
        try await eventually("its end is told") { tally.told.count >= 1 }
        #expect(tally.told == [nil])
        opened.session.whenClosed { tally.tell($0) }
        try await eventually("it is told to who comes late") { tally.told.count == 2 }
        #expect(tally.told == [nil, nil])
    }

    @Test("An administrator who ends it is told of, where the server says so")
    func ended() async throws {
        let database = try await Database.Kind.postgres.start()
        let opened = try await OpenSource.open(database.body)
        let tally = Tally()
        opened.session.whenClosed { tally.tell($0) }
        try await database.admin(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = '\(database.login.username)'")
        try await eventually("its end is told") { tally.told.count == 1 }
        #expect(tally.told.first??.code == .serverClosed)
        #expect(tally.told.first??.server?.code == "57P01")
        await database.stop()
    }

    @Test("A file's end is told once, too")
    func file() async throws {
        let folder = Workspace.makeFolder(for: "csv")
        try Workspace.write("a\n1\n", to: folder.appending(path: "x.csv"))
        let draft = DataSourceDraft(values: [.driver: .text("csv"), .database: .text("x.csv")])
        let session = try await Drivers(
            route: .loopback, files: folder, cache: Workspace.makeFolder(for: "cache")
        ).open(draft.validated(), for: .test, journal: StageJournal())
        let tally = Tally()
        session.whenClosed { tally.tell($0) }
        await session.close()
        await session.close()
        #expect(tally.told == [nil])
        session.whenClosed { tally.tell($0) }
        #expect(tally.told == [nil, nil])
    }
}
