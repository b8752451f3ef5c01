import AsyncHTTPClient
import Foundation
import NIOCore
import Testbed
import Testing

@Suite("Statements of MongoDB through the service", .serialized, .enabled(if: MongoServer.availability == nil))
struct MongoQueryTests {
    @Test("A hundred thousand documents stream through getMore, and the service's memory does not grow")
    func stream() async throws {
        let server = try await MongoServer.start()
        let service = try await WellheadService.start()
        let source = try await service.create(server.body().with(["options": ["poolMax": 1]]))
        let many =
            #"{"aggregate": "orders", "pipeline": [{"$limit": 100}, {"$lookup": {"from": "orders", "pipeline": [], "as": "a"}}, {"$unwind": "$a"}, {"$project": {"_id": 0, "n": "$a.number", "pad": {"$literal": "\#(String(repeating: "x", count: 400))"}, "copies": {"$range": [0, 10]}}}, {"$unwind": "$copies"}]}"#
        _ = try await service.query(source, ["statement": .text(many), "limit": 10_000, "timeout": 120])
        let before = ProcessTable.residentBytes(of: service.pid)
        let answer = try await service.beginQuery(
            source, many, limit: 1_000_000, timeout: 300, accept: "application/x-ndjson")
        var (lines, size, peak, parts) = (0, 0, 0, 0)
        for try await part in answer.body {
            lines += part.readableBytesView.count { $0 == 0x0A }
            size += part.readableBytes
            parts += 1
            if parts % 32 == 0 { peak = max(peak, ProcessTable.residentBytes(of: service.pid)) }
        }
        #expect(lines == 100_000)
        #expect(size > 40_000_000)
        #expect(peak - before < 40 << 20, "\((peak - before) >> 20) MiB for \(size >> 20) MiB")
        #expect(await service.stop() == 0)
        await server.stop()
    }

    @Test("Nothing that writes is run, whoever logs in, and the failure says so")
    func readOnly() async throws {
        let server = try await Testbed.shared.mongo()
        let service = try await WellheadService.start()
        let source = try await service.create(server.body(as: MongoServer.Logins.superuser))
        for (statement, code) in [
            (#"{"aggregate": "orders", "pipeline": [{"$out": "stolen"}]}"#, "statement_writes"),
            (#"{"insert": "orders", "documents": [{"a": 1}]}"#, "statement_refused"),
            (#"{"find": "orders", "filter": {"$where": "1"}}"#, "statement_refused"),
            (#"{"find": "orders", "filter": {"a": {"$param": 1}}}"#, "parameters_mismatch"),
        ] {
            let answer = try await service.query(source, ["statement": .text(statement)])
            #expect(answer.status == 422, "\(answer)")
            #expect(try answer.json["error"]["code"].text == code)
        }
        #expect(try await server.admin(#"{"count": "orders"}"#)["n"].number == 100)
        #expect(await service.stop() == 0)
    }

    @Test("The schema and a query come in every format")
    func formats() async throws {
        let server = try await Testbed.shared.mongo()
        let service = try await WellheadService.start()
        let source = try await service.create(server.body())
        let schema = try await service.call("GET /datasources/\(source["id"].text ?? "")/schema").json
        let orders = schema["tables"].list.first { $0["name"].text == "orders" }
        #expect(orders?["kind"].text == "collection")
        #expect(
            orders?["columns"].list.contains { $0["name"].text == "lines.sku" && $0["type"].text == "string" } == true)
        let statement = #"{"find": "orders", "filter": {"number": 5}, "projection": {"_id": 0, "lines": 0}}"#
        let json = try await service.query(source, ["statement": .text(statement)]).json
        #expect(json["columns"].list.compactMap { $0["name"].text } == ["number", "total", "city"])
        #expect(json["rows"].list.first == [5, "5.50", "Ulm"])
        #expect(await service.stop() == 0)
    }
}
