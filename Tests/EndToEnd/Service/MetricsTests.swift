import Foundation
import NIOHTTP1
import Testbed
import Testing

@Suite("Metrics", .enabled(if: APIClients.availability == nil))
struct MetricsTests {
    /// One sample as Prometheus' own parser read it.
    private struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private static func samples(_ service: WellheadService) async throws -> [Sample] {
        let answer = try await service.call("GET /metrics")
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == ["text/plain; version=0.0.4; charset=utf-8"])
        let read = try await Command.check(
            [APIClients.python.path, APIClients.script("exposition.py")], input: answer.text)
        return try read.split(separator: "\n").map { line in
            let list = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any])
            return Sample(
                name: try #require(list[0] as? String), labels: try #require(list[1] as? [String: String]),
                value: try #require((list[2] as? NSNumber)?.doubleValue))
        }
    }

    @Test("Prometheus' own parser reads every source's state, and what was counted, and no secret")
    func everything() async throws {
        let database = try await PostgresServer.start()
        let login = PostgresServer.Logins.scram
        let service = try await WellheadService.start()
        let body: JSON = [
            "driver": "postgres", "host": "127.0.0.1", "port": .text(String(database.port)),
            "username": .text(login.username), "password": .text(login.password),
            "database": .text(PostgresServer.database),
        ]
        let record = try await service.create(body.with(["name": "a \"name\" \\ of ours"]))
        #expect(try await service.call("POST /datasources", body.with(["password": "wrong"])).status == 422)
        _ = try await service.call("POST /datasources/test", body.with(["password": "wrong"]))
        #expect(try await service.call("GET /datasources", as: nil).status == 403)

        let samples = try await Self.samples(service)
        func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
            samples.first { sample in
                sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
            }?.value
        }
        let own = ["source": try #require(record["id"].text), "name": "a \"name\" \\ of ours", "driver": "postgres"]
        #expect(value("wellhead_source_up", own) == 1)
        #expect(value("wellhead_sources", ["driver": "postgres", "status": "connected"]) == 1)
        #expect((value("wellhead_source_connections", own.merging(["state": "idle"]) { $1 }) ?? 0) >= 1)
        #expect(value("wellhead_failures_total", ["stage": "login", "code": "login_failed"]) == 2)
        #expect(
            value(
                "wellhead_http_requests_total", ["route": "/datasources", "method": "POST", "status": "200"]) == 1)
        #expect(
            value(
                "wellhead_http_requests_total", ["route": "/datasources", "method": "POST", "status": "422"]) == 1)
        #expect(value("wellhead_http_request_duration_seconds_count", ["route": "/datasources"]) == 3)
        #expect(value("wellhead_http_request_duration_seconds_bucket", ["route": "/datasources", "le": "+Inf"]) == 3)
        #expect((value("process_resident_memory_bytes") ?? 0) > 1_000_000)
        #expect((value("process_cpu_seconds_total") ?? 0) > 0)

        await database.stop()
        try await eventually("the source is told as down") {
            try await Self.samples(service).first { $0.name == "wellhead_source_up" }?.value == 0
        }
        let text = try await service.call("GET /metrics").text
        #expect(!text.contains(login.password))
        #expect(try await service.call("GET /metrics", as: nil).status == 403)
        #expect(await service.stop() == 0)
    }
}
