import Foundation
import HTTPTypes
import HummingbirdTesting
import SourceModel
import Testing

@testable import WebAPI

@Suite("Metrics")
struct MetricsTests {
    @Test("A label's backslashes, quotes and line ends are escaped, and numbers are written as Prometheus reads them")
    func exposition() {
        var text = Exposition()
        text.begin("a_total", .counter, "Some.")
        text.add(3, ["name": "a\\b\"c\nd – é"])
        text.add(0.25, part: "_sum")
        text.add(1e20)
        text.add(-0.0)
        #expect(
            text.text == """
                # HELP a_total Some.
                # TYPE a_total counter
                a_total{name="a\\\\b\\"c\\nd – é"} 3
                a_total_sum 0.25
                a_total 1e+20
                a_total 0

                """)
    }

    @Test("Durations are counted by bucket, and what a caller made up is no label")
    func meter() {
        let meter = RequestMeter()
        meter.note(.get, route: "/x", status: 200, duration: .milliseconds(5))
        meter.note(.get, route: "/x", status: 200, duration: .milliseconds(6))
        meter.note(.init("BREW")!, route: nil, status: 404, duration: .seconds(3600))
        let counts = meter.counts
        #expect(
            counts.calls == [
                .init(method: "GET", route: "/x", status: 200): 2,
                .init(method: "other", route: "none", status: 404): 1,
            ])
        #expect(counts.durations["/x"]?.counts.prefix(2) == [1, 1])
        #expect(counts.durations["none"]?.counts.last == 1)
    }

    @Test("What is asked for is counted by route, not by address", arguments: Transport.allCases)
    func counted(transport: Transport) async throws {
        try await TestService.run(transport) { client, service in
            try service.write("a.csv", "id\n1\n")
            let sent = try await client.call(
                "POST /datasources", HTTPTests.json, body: #"{"name":"a","driver":"csv","database":"a.csv"}"#)
            let id = try #require(try sent.object["id"] as? String)
            for name in [id, "none", "nobody"] { _ = try await client.call("GET /datasources/\(name)") }
            let draft = #"{"name":"b","driver":"csv","database":"none.csv"}"#
            #expect(try await client.call("POST /datasources", HTTPTests.json, body: draft).status.code == 422)
            let answer = try await client.call("GET /metrics")
            #expect(answer.headers[.contentType] == Exposition.contentType)
            for line in [
                #"wellhead_source_up{source="\#(id)",name="a",driver="csv"} 1"#,
                #"wellhead_sources{driver="csv",status="connected"} 1"#,
                #"wellhead_http_requests_total{route="/datasources/{id}",method="GET",status="200"} 1"#,
                #"wellhead_http_requests_total{route="/datasources/{id}",method="GET",status="404"} 2"#,
                #"wellhead_failures_total{stage="open",code="file_not_found"} 1"#,
            ] {
                #expect(answer.text.contains(line + "\n"), "\(line)")
            }
            #expect(!answer.text.contains("nobody"))
            #expect(try await client.call("GET /metrics?x=1").status == .badRequest)
            #expect(try await client.call("GET /metrics", authorization: nil).status == .forbidden)
        }
    }

    @Test("The document has the program's version")
    func version() throws {
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.bytes)) as? [String: Any])
        #expect((document["info"] as? [String: Any])?["version"] as? String == OpenAPIDocument.version)
    }
}
