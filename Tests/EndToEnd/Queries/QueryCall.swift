import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testbed

/// Statements sent to a service.
extension WellheadService {
    /// Runs a statement and gives the answer, whatever it is.
    func query(_ source: JSON, _ body: JSON, accept: String? = nil) async throws -> Answer {
        try await call(
            "POST /datasources/\(source["id"].text ?? "")/query", body: try body.document, type: "application/json",
            accept: accept)
    }

    /// The rows of a statement that has to work.
    func rows(_ source: JSON, _ statement: String, _ parameters: [JSON] = []) async throws -> [[JSON]] {
        let answer = try await query(source, ["statement": .text(statement), "parameters": .list(parameters)])
        guard answer.status == 200 else { throw TestbedError("\(statement): \(answer)") }
        return try answer.json["rows"].list.map(\.list)
    }

    /// Begins a statement and gives the answer's head; the body is the caller's to read.
    func beginQuery(
        _ source: JSON, _ statement: String, limit: Int = 1000, timeout: Int = 60, accept: String, name: String? = nil,
        with client: HTTPClient = .shared
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: address + "/datasources/\(source["id"].text ?? "")/query")
        request.method = .POST
        let body: JSON = [
            "statement": .text(statement), "limit": .number(Double(limit)), "timeout": .number(Double(timeout)),
        ]
        request.body = .bytes(ByteBuffer(string: try body.document))
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: accept)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let name { request.headers.add(name: "X-Query-Id", value: name) }
        return try await client.execute(request, timeout: .seconds(300))
    }
}
