import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// What the service answered.
package struct Answer: Sendable, CustomStringConvertible {
    /// The HTTP status.
    package let status: Int
    /// The body as text.
    package let text: String
    package let headers: HTTPHeaders

    /// The body.
    package var json: JSON { get throws { try JSON(parsing: text) } }
    package var description: String { "\(status) \(text)" }
}

extension WellheadService {
    /// Sends `METHOD /path`, with the admin's token unless another authorization is given.
    package func call(
        _ call: String, _ body: JSON? = nil, as authorization: Authorization? = .admin
    ) async throws -> Answer {
        try await self.call(
            call, body: try body?.document, type: body == nil ? nil : "application/json", as: authorization)
    }

    /// Sends a body as it stands.
    package func call(
        _ call: String, body: String?, type: String?, accept: String? = nil, as authorization: Authorization? = .admin
    ) async throws -> Answer {
        let parts = call.split(separator: " ", maxSplits: 1).map(String.init)
        var request = HTTPClientRequest(url: address + parts[1])
        request.method = HTTPMethod(rawValue: parts[0])
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        if let type { request.headers.add(name: "Content-Type", value: type) }
        if let accept { request.headers.add(name: "Accept", value: accept) }
        switch authorization {
        case .admin: request.headers.add(name: "Authorization", value: "Bearer \(token)")
        case .token(let token): request.headers.add(name: "Authorization", value: "Bearer \(token)")
        case nil: break
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(90))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return Answer(status: Int(response.status.code), text: String(buffer: bytes), headers: response.headers)
    }

    /// Who calls.
    package enum Authorization: Sendable {
        case admin
        case token(String)
    }

    /// Creates a data source that must be connected; returns its record.
    package func create(_ body: JSON) async throws -> JSON {
        let answer = try await call("POST /datasources", body)
        guard answer.status == 200 else { throw TestbedError("\(answer)") }
        return try answer.json
    }

    /// Deletes a data source.
    package func delete(_ record: JSON) async throws {
        let answer = try await call("DELETE /datasources/\(record["id"].text ?? "")")
        guard answer.status == 200 else { throw TestbedError("\(answer)") }
    }

    /// The live state of a data source.
    package func status(_ record: JSON) async throws -> JSON {
        try await call("GET /datasources/\(record["id"].text ?? "")/status").json
    }

    /// How many records there are.
    package func count() async throws -> Int {
        try await call("GET /datasources/count").json["count"].number.map { Int($0) } ?? -1
    }
}
