import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testbed
import Testing

/// However a statement ends early, the server is told, and the connection is there for the next.
@Suite("Queries that end early")
struct QueryEndTests {
    /// Something that runs for a minute unless it is ended.
    static func sleeps(_ kind: Database.Kind) -> String {
        kind == .postgres ? "select pg_sleep(60)" : "select sleep(60)"
    }

    /// How many statements run at the server, besides the one that asks.
    static func running(_ database: Database) async throws -> Int {
        switch database {
        case .postgres(let server):
            try await server.admin(
                "select count(*) from pg_stat_activity where state = 'active' and query like '%sleep%' "
                    + "and pid <> pg_backend_pid()"
            ).first?.first.flatMap { Int($0) } ?? -1
        case .mariaDB(let server): try await count(server.admin(processes))
        case .mySQL(let server): try await count(server.admin(processes))
        }
    }

    private static let processes =
        "select count(*) from information_schema.processlist where command in ('Query', 'Execute') "
        + "and info like '%sleep%' and id <> connection_id()"

    private static func count(_ rows: [[String]]) -> Int { rows.first?.first.flatMap { Int($0) } ?? -1 }

    @Test("The time is over: 422, the server has ended it, and the session is kept", arguments: Database.Kind.here)
    func timeout(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let service = try await WellheadService.start()
        let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
        let sessions = try await database.sessions(of: database.login.username)
        let answer = try await service.query(
            source, ["statement": .text(Self.sleeps(kind)), "timeout": .number(0.5)])
        #expect(answer.status == 422, "\(answer)")
        #expect(try answer.json["error"]["code"].text == "statement_timeout")
        try await eventually("the server has ended it") { try await Self.running(database) == 0 }
        #expect(try await service.rows(source, "select 1").count == 1)
        #expect(try await database.sessions(of: database.login.username) == sessions)
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("The caller hangs up before the first row", arguments: Database.Kind.here)
    func hangUp(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let service = try await WellheadService.start()
        let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
        let call = Task { try await service.query(source, ["statement": .text(Self.sleeps(kind)), "timeout": 60]) }
        try await eventually("the statement runs") { try await Self.running(database) == 1 }
        #expect(try await service.call("GET /queries").json.list.map { $0["started_by"].text } == ["admin"])
        call.cancel()
        try await eventually("the server has ended it") { try await Self.running(database) == 0 }
        try await eventually("nothing is listed") { try await service.call("GET /queries").json.list.isEmpty }
        #expect(try await service.rows(source, "select 1").count == 1)
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("Somebody cancels it by its name", arguments: Database.Kind.here)
    func cancelled(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let service = try await WellheadService.start()
        let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
        async let answer = service.beginQuery(
            source, Self.sleeps(kind), accept: "application/json", name: "mine-1")
        try await eventually("the statement runs") { try await Self.running(database) == 1 }
        #expect(try await service.query(source, ["statement": "select 1"], accept: nil).status == 503)
        #expect(try await service.call("DELETE /queries/mine-1").status == 200)
        let refused = try await answer
        #expect(refused.status == .unprocessableEntity)
        let body = try JSON(parsing: String(buffer: try await refused.body.collect(upTo: 1 << 20)))
        #expect(body["error"]["code"].text == "statement_cancelled")
        #expect(body["message"].text?.contains("admin") == true)
        try await eventually("the server has ended it") { try await Self.running(database) == 0 }
        #expect(try await service.call("DELETE /queries/mine-1").status == 404)
        #expect(try await service.rows(source, "select 1").count == 1)
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("The caller hangs up in the middle of many rows", arguments: Database.Kind.here)
    func inTheMiddle(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let service = try await WellheadService.start()
        let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
        let client = HTTPClient()
        let answer = try await service.beginQuery(
            source, Self.manyRows(kind), limit: 1_000_000, accept: "application/x-ndjson", with: client)
        var iterator = answer.body.makeAsyncIterator()
        #expect(try await iterator.next()?.readableBytes ?? 0 > 0)
        // The first rows are here while the statement still runs there.
        #expect(try await service.call("GET /queries").json.list.count == 1)
        try await client.shutdown()
        try await eventually("nothing is listed") { try await service.call("GET /queries").json.list.isEmpty }
        #expect(try await service.rows(source, "select 1").count == 1)
        #expect(await service.stop() == 0)
        await database.stop()
    }

    /// 400,000 rows of about 200 bytes.
    static func manyRows(_ kind: Database.Kind) -> String {
        switch kind {
        case .postgres: "select i, repeat('x', 200) as t from generate_series(1, 400000) i"
        case .mariaDB: "select seq as i, repeat('x', 200) as t from seq_1_to_400000"
        case .mySQL:
            "select /*+ set_var(cte_max_recursion_depth = 1000000) */ i, repeat('x', 200) as t from "
                + "(with recursive n(i) as (select 1 union all select i + 1 from n where i < 400000) select i from n) n"
        }
    }

    @Test("The server is killed in the middle: JSON says so and ends, NDJSON says so and breaks off")
    func serverDies() async throws {
        for (accept, status) in [("application/json", Int32(0)), ("application/x-ndjson", 18)] {
            let database = try await Database.Kind.postgres.start()
            let service = try await WellheadService.start()
            let source = try await service.create(database.body)
            let folder = Workspace.makeFolder(for: "curl")
            let header = try Workspace.write(
                "Authorization: Bearer \(service.token)\n", to: folder.appending(path: "header"))
            let body: JSON = ["statement": .text(Self.manyRows(.postgres)), "limit": 1_000_000, "timeout": 60]
            let rows = folder.appending(path: "rows")
            // So slow that the rows cannot have come to their end before the server has.
            let curl = [
                "curl", "--silent", "--limit-rate", "4M", "--output", rows.path, "--header", "@\(header.path)",
                "--header", "Content-Type: application/json", "--header", "Accept: \(accept)", "--data",
                try body.document, "\(service.address)/datasources/\(source["id"].text ?? "")/query",
            ]
            let call = Task { try await Command.run(curl) }
            try await eventually("the first rows are there") {
                (try? FileManager.default.attributesOfItem(atPath: rows.path)[.size] as? Int) ?? 0 > 0
            }
            await database.stop(.killed)
            #expect(try await call.value.status == status, "\(accept)")
            let text = String(decoding: FileManager.default.contents(atPath: rows.path) ?? Data(), as: UTF8.self)
            #expect(text.suffix(1000).contains("\"error\":{"), "\(accept): \(text.suffix(300))")
            #expect(text.hasSuffix("}\n"))
            #expect(await service.stop() == 0)
        }
    }

    @Test("The server's administrator ends the session: 503 with the server's words, and the next statement works")
    func terminated() async throws {
        let database = try await Database.Kind.postgres.start()
        guard case .postgres(let server) = database else { return }
        let service = try await WellheadService.start()
        let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
        async let answer = service.query(source, ["statement": .text(Self.sleeps(.postgres)), "timeout": 60])
        try await eventually("the statement runs") { try await Self.running(database) == 1 }
        _ = try await server.admin(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' "
                + "and pid <> pg_backend_pid()")
        let refused = try await answer
        #expect(refused.status == 503)
        let error = try refused.json["error"]
        #expect(error["stage"].text == "query")
        #expect(error["code"].text == "server_closed")
        #expect(error["server"]["code"].text == "57P01")
        try await eventually("it is connected again") {
            try await service.query(source, ["statement": "select 1"]).status == 200
        }
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("A row that is longer than any is taken: the statement is refused, and the next one works")
    func longRow() async throws {
        let service = try await WellheadService.start()
        let source = try await service.create(try await Database.Kind.postgres.shared().body)
        let answer = try await service.query(source, ["statement": "select repeat('x', 70000000)"])
        #expect(answer.status == 422)
        let body = try answer.json
        #expect(body["message"].text?.contains("64 MiB") == true, "\(body)")
        #expect(body["error"]["stage"].text == "query")
        #expect(body["error"]["code"].text == "statement_refused")
        try await eventually("it is connected again") {
            try await service.query(source, ["statement": "select 1"]).status == 200
        }
        #expect(await service.stop() == 0)
    }
}
