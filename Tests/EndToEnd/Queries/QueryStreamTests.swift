import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testbed
import Testing

@Suite("Rows are streamed")
struct QueryStreamTests {
    @Test("A slow reader slows the server, and the service's memory does not grow", arguments: Database.Kind.here)
    func slowReader(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let service = try await WellheadService.start()
        let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
        // What the first result brings along is no later one's.
        _ = try await service.query(source, ["statement": .text(QueryEndTests.manyRows(kind)), "limit": 10_000])
        let before = ProcessTable.residentBytes(of: service.pid)
        let answer = try await service.beginQuery(
            source, QueryEndTests.manyRows(kind), limit: 1_000_000, timeout: 300, accept: "text/csv")
        var iterator = answer.body.makeAsyncIterator()
        var size = try await iterator.next()?.readableBytes ?? 0
        // Nobody reads: soon nothing moves any more, and what is under way lies in the buffers of four sockets.
        var peak = 0
        for _ in 0..<20 {
            _ = try await service.call("GET /queries")
            peak = max(peak, ProcessTable.residentBytes(of: service.pid))
        }
        #expect(try await service.call("GET /queries").json.list.count == 1)
        var parts = 0
        while let part = try await iterator.next() {
            size += part.readableBytes
            parts += 1
            if parts % 64 == 0 { peak = max(peak, ProcessTable.residentBytes(of: service.pid)) }
        }
        #expect(size > 80_000_000)
        #expect(peak - before < 40 << 20, "\((peak - before) >> 20) MiB for \(size >> 20) MiB")
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("A limit ends the rows, is told, and nothing of the rest is fetched", arguments: Database.Kind.here)
    func limits(kind: Database.Kind) async throws {
        let database = try await kind.shared()
        let service = try await WellheadService.start(["--query-rows", "50000", "--query-bytes", "100000"])
        let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
        func statistics(_ statement: String, _ limit: Int) async throws -> JSON {
            let answer = try await service.query(
                source, ["statement": .text(statement), "limit": .number(Double(limit)), "timeout": 60])
            guard answer.status == 200 else { throw TestbedError("\(answer)") }
            let json = try answer.json
            #expect(json["rows"].list.count == Int(json["statistics"]["rows"].number ?? -1))
            return json["statistics"]
        }
        let orders = "select id from orders"
        #expect(try await statistics(orders, 100)["cut"] == .null)
        #expect(try await statistics(orders, 100)["rows"] == 100)
        for limit in [1, 99] {
            let cut = try await statistics(orders, limit)
            #expect(cut["cut"] == "rows")
            #expect(cut["rows"] == .number(Double(limit)))
        }
        let many = try await statistics(QueryEndTests.manyRows(kind), 50_000)
        #expect(many["cut"] == "bytes")
        #expect((many["rows"].number ?? 0) < 5_000)
        let refused = try await service.query(source, ["statement": "select 1", "limit": 50_001])
        #expect(refused.status == 400)
        #expect(try refused.json["error"]["fields"].list.first?["field"].text == "limit")
        #expect(await service.stop() == 0)
    }

    @Test("A body that cannot be used is refused with every field that is wrong")
    func bodies() async throws {
        let service = try await WellheadService.start()
        let source = try await service.create(try await Database.Kind.postgres.shared().body)
        let answer = try await service.query(
            source, ["statment": "select 1", "limit": 0, "timeout": -1, "parameters": "x"])
        #expect(answer.status == 400)
        let named = try answer.json["error"]["fields"].list.compactMap { $0["field"].text }
        #expect(Set(named) == ["statment", "statement", "limit", "timeout", "parameters"])
        #expect(try answer.json["message"].text?.contains("the nearest is statement") == true)
        let draft = try await service.call(
            "POST /datasources?connect=false", ["driver": "postgres", "host": "db", "username": "ann"]
        ).json
        #expect(try await service.query(draft, ["statement": "select 1"]).status == 409)
        #expect(try await service.call("GET /datasources/\(draft["id"].text ?? "")/schema").status == 409)
        #expect(try await service.query(["id": "nobody"], ["statement": "select 1"]).status == 404)
        #expect(await service.stop() == 0)
    }

    @Test("Where every connection is busy, and where there is none, 503 says how long was waited")
    func busy() async throws {
        let database = try await Database.Kind.postgres.start()
        let service = try await WellheadService.start()
        let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
        let long = Task { try await service.query(source, ["statement": "select pg_sleep(60)", "timeout": 60]) }
        try await eventually("the statement runs") { try await QueryEndTests.running(database) == 1 }
        let answer = try await service.query(source, ["statement": "select 1", "timeout": 1])
        #expect(answer.status == 503)
        #expect(try answer.json["message"].text?.contains("busy for 1.") == true, "\(answer)")
        #expect(answer.headers["Retry-After"] == ["1"])
        long.cancel()
        await database.stop()
        try await service.until(source, is: "reconnecting")
        let gone = try await service.query(source, ["statement": "select 1", "timeout": 1])
        #expect(gone.status == 503)
        #expect(try gone.json["message"].text?.contains("reconnecting") == true, "\(gone)")
        #expect(await service.stop() == 0)
    }
}
