import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import Registry
import SourceModel

/// `GET /metrics`: every data source's state, what was asked of the service, and what the process takes.
struct MetricsRoute: Sendable {
    let gateway: Gateway
    let meter: RequestMeter
    let started: Date

    func show(_ request: Request) async throws -> Response {
        try QueryParameters(request).require(only: Endpoint.metrics.parameters)
        var text = Exposition()
        text.begin("wellhead_info", .gauge, "The program that runs.")
        text.add(1, ["version": OpenAPIDocument.version])
        Self.write(try await gateway.overview(), to: &text)
        text.begin("wellhead_queries_running", .gauge, "Statements that run.")
        text.add(Double(gateway.queries.count))
        Self.write(meter.counts, to: &text)
        ProcessFigures(started: started).write(to: &text)
        return Response(
            status: .ok, headers: [.contentType: Exposition.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
    }

    private static func write(_ sources: [(record: RecordLabel, status: LiveStatus)], to text: inout Exposition) {
        text.begin("wellhead_sources", .gauge, "Data sources by driver and status.")
        for (driver, own) in Dictionary(grouping: sources, by: \.record.driver).sorted(by: { $0.key < $1.key }) {
            for status in SourceStatus.allCases {
                let number = own.count { $0.status.status == status }
                text.add(Double(number), ["driver": driver, "status": status.rawValue])
            }
        }
        // A draft is connected to nothing, so there is nothing to measure.
        let live = sources.filter { $0.status.status != .draft }
        func each(_ name: String, _ help: String, _ value: (LiveStatus) -> Double?) {
            text.begin(name, .gauge, help)
            for (record, status) in live {
                guard let number = value(status) else { continue }
                text.add(number, ["source": record.id.text, "name": record.name, "driver": record.driver])
            }
        }
        each("wellhead_source_up", "Whether the data source is connected.") { $0.status == .connected ? 1 : 0 }
        each("wellhead_source_latency_seconds", "Round trip of the last check.") { $0.latency.map(\.seconds) }
        each("wellhead_source_last_check_timestamp_seconds", "When the data source last answered a check.") {
            $0.lastCheck?.timeIntervalSince1970
        }
        each("wellhead_source_reconnect_attempts", "Attempts to connect since the last one that succeeded.") {
            Double($0.reconnectAttempts)
        }
        each("wellhead_source_certificate_expiry_timestamp_seconds", "When the server's certificate ends.") {
            $0.certificateExpires?.timeIntervalSince1970
        }
        each("wellhead_source_waiting", "Callers that wait for a connection.") { Double($0.waiting) }
        text.begin("wellhead_source_connections", .gauge, "Connections of the pool by state.")
        for (record, status) in live {
            for (state, number) in [("idle", status.idle), ("busy", status.busy)] {
                text.add(
                    Double(number),
                    [
                        "source": record.id.text, "name": record.name, "driver": record.driver,
                        "state": state,
                    ])
            }
        }
    }

    private static func write(_ counts: RequestMeter.Counts, to text: inout Exposition) {
        text.begin("wellhead_failures_total", .counter, "Tests and statements that failed, by stage and code.")
        for (refusal, number) in counts.refusals.sorted(by: { $0.key < $1.key }) {
            text.add(Double(number), ["stage": refusal.stage, "code": refusal.code])
        }
        text.begin("wellhead_http_requests_total", .counter, "Requests by route, method and status.")
        for (call, number) in counts.calls.sorted(by: { $0.key < $1.key }) {
            text.add(Double(number), ["route": call.route, "method": call.method, "status": String(call.status)])
        }
        text.begin(
            "wellhead_http_request_duration_seconds", .histogram,
            "From the request to the head of its answer, by route.")
        for (route, durations) in counts.durations.sorted(by: { $0.key < $1.key }) {
            var below = 0
            for (bound, number) in zip(RequestMeter.bounds.map { "\($0)" } + ["+Inf"], durations.counts) {
                below += number
                text.add(Double(below), part: "_bucket", ["route": route, "le": bound])
            }
            text.add(durations.sum, part: "_sum", ["route": route])
            text.add(Double(below), part: "_count", ["route": route])
        }
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
