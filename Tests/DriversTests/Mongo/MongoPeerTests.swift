import Foundation
import MongoWire
import NIOCore
import Results
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("MongoDB's driver at a peer that others wrote", .enabled(if: MongoServer.availability == nil))
struct MongoPeerTests {
    typealias Logins = MongoServer.Logins

    private func session(_ login: MongoTestLogin = Logins.reader) async throws -> MongoSession {
        try await MongoBench.open(MongoBench.source(try await Testbed.shared.mongo().port, login))
    }

    @Test(
        "Every login by password is taken",
        arguments: [
            (Logins.reader, nil), (Logins.reader, MongoOptions.Mechanism.scramSHA256), (Logins.older, nil),
            (Logins.older, .scramSHA1), (Logins.exotic, nil),
        ] as [(MongoTestLogin, MongoOptions.Mechanism?)])
    func logins(login: MongoTestLogin, mechanism: MongoOptions.Mechanism?) async throws {
        var options = MongoOptions()
        options.mechanism = mechanism
        let source = MongoBench.source(try await Testbed.shared.mongo().port, login, options)
        let session = try await MongoBench.open(source)
        #expect(session.facts.serverVersion.hasPrefix("MongoDB "))
        try await session.ping()
        await session.close()
    }

    @Test(
        "What a login may do is warned of",
        arguments: [
            (Logins.reader, nil), (Logins.writer, SourceModel.Warning.Code.loginCanWrite),
            (Logins.superuser, .loginIsSuperuser),
        ] as [(MongoTestLogin, SourceModel.Warning.Code?)])
    func warnings(login: MongoTestLogin, warning: SourceModel.Warning.Code?) async throws {
        let journal = StageJournal()
        let source = MongoBench.source(try await Testbed.shared.mongo().port, login)
        await (try await MongoBench.open(source, journal: journal)).close()
        #expect(journal.report().warnings.map(\.code) == (warning.map { [$0] } ?? []))
        #expect(journal.report().stages.map(\.stage) == [.resolve, .dial, .login, .database, .probe])
    }

    @Test("Every type's value comes exactly, by the type that pymongo stored")
    func values() async throws {
        let session = try await session()
        let (text, columns, statistics) = try await session.result(Statement(#"{"find": "values"}"#))
        let types = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.type) })
        #expect(types["_id"] == "objectId")
        #expect(types["long"] == "long")
        #expect(types["decimal"] == "decimal")
        #expect(types["uuid"] == "binData")
        #expect(columns.first { $0.name == "long" }?.jsonType == .string)
        #expect(columns.first { $0.name == "int" }?.jsonType == .number)
        #expect(statistics.rows == 1)
        #expect(
            text == """
                {"_id":"56e1fc72e0c917e9c4714161","double":1.5,"nan":"NaN","string":"é\\"\\n😀",\
                "object":{"a":{"$numberLong":"9007199254740993"},"b":[1,"x",null]},\
                "array":[{"$date":"2024-02-29T23:59:59.500Z"},{"$numberDecimal":"1.50"}],"bytes":"AAEC",\
                "uuid":"73ffd264-44b3-4c69-90e8-e7d1dfc035d4","flag":true,"date":"2024-02-29T23:59:59.500Z",\
                "ancient":"0005-04-19T09:46:40Z","nothing":null,\
                "regex":{"$regularExpression":{"pattern":"a+","options":"i"}},"int":7,\
                "timestamp":{"$timestamp":{"t":5,"i":6}},"long":"9007199254740993",\
                "decimal":"123456789012345678901234567890.1234","min":{"$minKey":1},"max":{"$maxKey":1}}

                """)
        await session.close()
    }

    @Test("The four commands answer, with parameters")
    func commands() async throws {
        let session = try await session()
        func text(_ statement: String, _ parameters: [StatementParameter] = []) async throws -> String {
            try await session.result(Statement(statement, parameters: parameters)).text
        }
        let filter = #""filter": {"number": {"$gt": {"$param": 1}}, "city": {"$param": 2}}"#
        #expect(
            try await text(
                #"{"find": "orders", \#(filter), "sort": {"number": 1}, "limit": 2, "projection": {"_id": 0, "number": 1, "total": 1}}"#,
                [.number("97"), .text("Ulm")])
                == "{\"number\":98,\"total\":\"98.50\"}\n{\"number\":99,\"total\":\"99.50\"}\n")
        #expect(try await text(#"{"count": "orders", "query": {"city": {"$exists": false}}}"#) == "{\"n\":10}\n")
        #expect(try await text(#"{"distinct": "orders", "key": "city"}"#) == "{\"city\":\"Ulm\"}\n")
        #expect(
            try await text(
                #"{"aggregate": "orders", "pipeline": [{"$match": {"number": {"$lte": {"$param": 1}}}}, {"$group": {"_id": null, "sum": {"$sum": "$total"}}}]}"#,
                [.number("3")]) == "{\"_id\":null,\"sum\":\"7.50\"}\n")
        #expect(
            try await text(
                #"{"find": "orders", "filter": {"_id": {"$oid": {"$param": 1}}}, "projection": {"number": 1, "_id": 0}}"#,
                [.text("000000000000000000000107")]) == "{\"number\":7}\n")
        #expect(try await text(#"{"find": "nowhere"}"#) == "")
        await session.close()
    }

    @Test("A refused statement leaves the session usable")
    func refused() async throws {
        let session = try await session()
        await #expect {
            try await session.result(Statement(#"{"find": "orders", "filter": {"$nope": 1}}"#))
        } throws: { error in
            (error as? SourceFailure)?.code == .statementRefused && (error as? SourceFailure)?.server != nil
        }
        #expect(try await session.result(Statement(#"{"count": "orders"}"#)).text == "{\"n\":100}\n")
        await session.close()
    }

    @Test("Nothing that writes reaches the server, whoever logs in")
    func readOnly() async throws {
        let server = try await Testbed.shared.mongo()
        let session = try await session(Logins.superuser)
        for statement in [
            #"{"insert": "orders", "documents": [{"a": 1}]}"#,
            #"{"aggregate": "orders", "pipeline": [{"$out": "stolen"}]}"#,
            #"{"aggregate": "orders", "pipeline": [{"$merge": {"into": "stolen"}}]}"#, #"{"drop": "orders"}"#,
            #"{"findAndModify": "orders", "remove": true}"#, #"{"find": "orders", "filter": {"$where": "1"}}"#,
        ] {
            await #expect(throws: SourceFailure.self) { try await session.result(Statement(statement)) }
        }
        let names = try await server.admin(#"{"listCollections": 1, "nameOnly": true}"#)["cursor"]["firstBatch"].list
        #expect(!names.contains { $0["name"].text == "stolen" })
        #expect(try await server.admin(#"{"count": "orders"}"#)["n"].number == 100)
        await session.close()
    }

    @Test("A login that only reads is refused by the server itself, past the driver's own refusal")
    func byRole() async throws {
        let session = try await session()
        await #expect {
            try await session.run(
                ["insert": "orders", "documents": .array(.list([.document(["a": 1])]))], in: .query)
        } throws: { ($0 as? SourceFailure)?.server?.code == "13 Unauthorized" }
        await session.close()
    }

    @Test("The schema tells collections, views, fields, their share, and indexes")
    func schema() async throws {
        let session = try await session()
        let tables = try await session.tables()
        #expect(tables.tables.map(\.name).filter { !$0.hasPrefix("made_") } == ["big_orders", "orders", "values"])
        #expect(tables.tables.first?.kind == .view)
        let wanted = tables.tables.filter { $0.name != "values" && !$0.name.hasPrefix("made_") }
        let details = try await session.details(of: wanted)
        #expect(
            Set(details[1].columns.map(\.name)) == [
                "_id", "number", "total", "city", "lines", "lines.sku", "lines.count",
            ])
        let city = details[1].columns.first { $0.name == "city" }
        #expect(city?.isNullable == true)
        #expect(city?.comment == "in 90 of 100 sampled documents")
        #expect(details[1].columns.first { $0.name == "total" }?.type == "decimal")
        #expect(details[1].primaryKey == ["_id"])
        #expect(
            details[1].indexes.first { $0.name == "by_number" }
                == TableIndex(name: "by_number", columns: ["number"], isUnique: true))
        #expect(details[1].indexes.first { $0.name == "by_city" }?.columns == ["city", "total descending"])
        #expect(details[0].columns.contains { $0.name == "number" })
        #expect(details[0].indexes.isEmpty)
        await session.close()
    }

    @Test("Many documents come in batches, and a cursor that is given up is killed")
    func batches() async throws {
        let server = try await Testbed.shared.mongo()
        let session = try await session()
        // A hundred orders times a hundred.
        let many =
            #"{"aggregate": "orders", "pipeline": [{"$lookup": {"from": "orders", "pipeline": [], "as": "o"}}, {"$unwind": "$o"}, {"$project": {"_id": 0, "n": "$o.number"}}]}"#
        let whole = try await session.result(Statement(many, rowLimit: 20_000))
        #expect(whole.statistics.rows == 10_000)
        #expect(whole.statistics.cut == nil)
        #expect(whole.columns.map(\.name) == ["n", "$rest"])
        let part = try await session.result(Statement(many, rowLimit: 2500))
        #expect(part.statistics.rows == 2500)
        #expect(part.statistics.cut == .rows)
        let bytes = try await session.result(Statement(many, rowLimit: 20_000, byteLimit: 50_000))
        #expect(bytes.statistics.cut == .bytes)
        let idle = try await server.admin(#"{"currentOp": 1}"#, on: "admin")["inprog"].list
            .filter { $0["type"].text == "idleCursor" && $0["ns"].text == "wellhead.orders" }
        #expect(idle.isEmpty)
        await session.close()
    }

    @Test("A statement that is cancelled while the server works ends, and nothing of it is left")
    func cancelled() async throws {
        let server = try await Testbed.shared.mongo()
        let session = try await session()
        let slow =
            #"{"aggregate": "orders", "pipeline": [{"$lookup": {"from": "orders", "pipeline": [], "as": "a"}}, {"$unwind": "$a"}, {"$lookup": {"from": "orders", "pipeline": [], "as": "b"}}, {"$unwind": "$b"}, {"$group": {"_id": null, "n": {"$sum": 1}}}]}"#
        let task = Task { try await session.result(Statement(slow, timeout: .seconds(60))) }
        try await eventually("the command is under way") { await session.connection.isRunning }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        // Either the server has answered, or the session has closed itself.
        if session.connection.channel.isActive {
            #expect(try await session.result(Statement(#"{"count": "orders"}"#)).text == "{\"n\":100}\n")
        }
        await session.close()
        _ = server
    }

    @Test("A server that wants a login, and one that knows none, are told apart")
    func withoutLogin() async throws {
        let guarded = try await Testbed.shared.mongo()
        let failure = await MongoBench.failure(MongoBench.source(guarded.port, nil))
        #expect(failure?.stage == .login)
        #expect(failure?.code == .loginFailed)
        let open = try await MongoServer.start(.init(isOpen: true))
        let journal = StageJournal()
        await (try await MongoBench.open(MongoBench.source(open.port, nil), journal: journal)).close()
        #expect(journal.report().warnings.map(\.code) == [.loginIsSuperuser])
        await open.stop()
    }

    @Test("A replica set of one is found by its name, and by no other")
    func replicaSet() async throws {
        let server = try await MongoServer.start(.init(isReplicaSet: true))
        var options = MongoOptions()
        options.replicaSet = "secantus"
        let session = try await MongoBench.open(MongoBench.source(server.port, Logins.reader, options))
        #expect(session.connection.server.kind == .primary)
        try await session.ping()
        #expect(try await session.result(Statement(#"{"count": "orders"}"#)).text == "{\"n\":100}\n")
        await session.close()
        options.replicaSet = "other"
        #expect(
            await MongoBench.failure(MongoBench.source(server.port, Logins.reader, options))?.code
                == .replicaSetMismatch)
        options.replicaSet = "secantus"
        options.readPreference = .secondary
        #expect(
            await MongoBench.failure(MongoBench.source(server.port, Logins.reader, options))?.code == .noSuitableMember)
        await server.stop()
    }

    @Test("After the server was killed a ping fails, and the session's end is told")
    func killed() async throws {
        let server = try await MongoServer.start()
        let session = try await MongoBench.open(MongoBench.source(server.port, Logins.reader))
        let tally = Tally()
        session.whenClosed { tally.tell($0) }
        await server.stop(.killed)
        await #expect(throws: SourceFailure.self) { try await session.ping() }
        try await eventually("the end is told") { tally.told.count == 1 }
    }
}
