import NIOCore
import Results
import SourceModel
import Testbed
import Testing

@testable import Drivers
@testable import MongoWire

/// What happens to a command that is given up while the server works on it; the peer here always has its answer first.
@Suite("A statement that is cancelled, at a stand-in")
struct MongoCancellationTests {
    private let statement = Statement(#"{"find": "c"}"#)
    private let interrupted: BSONDocument = [
        "ok": 0, "code": 11601, "codeName": "Interrupted", "errmsg": "operation was interrupted",
    ]

    @Test("It is ended by killSessions of its own session, and the connection goes on with another one")
    func killed() async throws {
        let server = try await MongoStandIn.start(MongoStandIn.member(.primary, "m:1", members: []))
        let session = try await MongoBench.open(MongoBench.source(server.port, nil))
        server.hold(.init("find", until: "killSessions", answer: interrupted))
        let task = Task { _ = try await session.query(statement) }
        try await eventually("the command has come") { !server.commands("find").isEmpty }
        task.cancel()
        await #expect { try await task.value } throws: { ($0 as? SourceFailure)?.code == .statementCancelled }
        await session.endQuery()
        let logical = try #require(server.commands("find").first?["lsid"])
        #expect(server.commands("killSessions").first?["killSessions"] == .array(.list([logical])))
        #expect(session.connection.channel.isActive)
        #expect(try await session.result(statement).text == "{\"name\":\"m:1\"}\n")
        #expect(server.commands("find").last?["lsid"] != logical)
        await session.close()
        await server.stop()
    }

    @Test("Where the server refuses to end it, the connection is closed", .timeLimit(.minutes(2)))
    func refused() async throws {
        let member = MongoStandIn.member(.primary, "m:1", members: [])
        let server = try await MongoStandIn.start { name, command in
            name == "killSessions"
                ? ["ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized"] : member(name, command)
        }
        let session = try await MongoBench.open(MongoBench.source(server.port, nil))
        server.hold(.init("find", until: "never", answer: interrupted))
        let task = Task { _ = try await session.query(statement) }
        try await eventually("the command has come") { !server.commands("find").isEmpty }
        task.cancel()
        await #expect { try await task.value } throws: { ($0 as? SourceFailure)?.code == .statementCancelled }
        await session.endQuery()
        #expect(server.commands("killSessions").count == 1)
        #expect(!session.connection.channel.isActive)
        await server.stop()
    }
}
