import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Calls a running service.
struct ServiceClient: Sendable {
    let address: URL
    let token: String

    /// Lives as long as the program. A service that is not there is told at once.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(10)))
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Calls and gives the whole answer, which is JSON.
    ///
    /// - Throws: `CommandFailure` with the service's own sentence where it refused.
    func json(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: [String: JSONValue]? = nil
    ) async throws -> JSONValue {
        let response = try await call(method, path, query: query, body: body, accept: "application/json")
        let bytes = try await response.body.collect(upTo: 256 << 20)
        do {
            return try JSONDecoder().decode(JSONValue.self, from: Data(buffer: bytes))
        } catch {
            throw CommandFailure("\(address) answered something that is no JSON; is it a Wellhead service?")
        }
    }

    /// Calls and hands on the answer's bytes as they come.
    ///
    /// - Parameter brokenOff: what is said where the answer ends before its end.
    /// - Throws: `CommandFailure`, or what the sink throws.
    func stream(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: [String: JSONValue]? = nil,
        accept: String, brokenOff: String, to sink: (Data) throws -> Void
    ) async throws {
        let response = try await call(method, path, query: query, body: body, accept: accept)
        var parts = response.body.makeAsyncIterator()
        while true {
            let part: ByteBuffer?
            do {
                part = try await parts.next()
            } catch {
                throw CommandFailure(brokenOff)
            }
            guard let part else { return }
            try sink(Data(buffer: part))
        }
    }

    /// A data source's identifier, by identifier or name.
    func sourceID(_ text: String) async throws -> String {
        if text.wholeMatch(of: /[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/) != nil { return text }
        let found = try await json(.GET, "/datasources", query: [("name", text), ("_limit", "1")])
        guard let id = found.list.first?["id"].text else {
            throw CommandFailure("There is no data source \"\(text)\".")
        }
        return id
    }

    private func call(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: [String: JSONValue]? = nil,
        accept: String
    ) async throws -> HTTPClientResponse {
        var parts = URLComponents(url: address.appending(path: path), resolvingAgainstBaseURL: false)
        if !query.isEmpty { parts?.queryItems = query.map { URLQueryItem(name: $0, value: $1) } }
        // In queries a plus sign is a blank, and Foundation leaves it as it is.
        let encoded = parts?.percentEncodedQuery?.replacing("+", with: "%2B")
        parts?.percentEncodedQuery = encoded
        guard let url = parts?.string else { throw CommandFailure.setting("\(address) is no address of a service.") }
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Accept", value: accept)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        }
        let response: HTTPClientResponse
        do {
            // Long statements answer late: how long is the service's to decide.
            response = try await Self.http.execute(request, timeout: .hours(24))
        } catch {
            throw CommandFailure("\(address) cannot be reached; is the service running? (\(error))")
        }
        guard (200..<300).contains(response.status.code) else { throw await refusal(response) }
        return response
    }

    /// The service's own words.
    private func refusal(_ response: HTTPClientResponse) async -> CommandFailure {
        let bytes = try? await response.body.collect(upTo: 1 << 20)
        let answer = bytes.flatMap { try? JSONDecoder().decode(JSONValue.self, from: Data(buffer: $0)) } ?? .null
        guard let message = answer["message"].text else {
            return CommandFailure("\(address) answered with status \(response.status.code).")
        }
        if response.status == .forbidden { return CommandFailure("The service does not know this token.") }
        return CommandFailure(answer["error"]["hint"].text.map { "\(message) \($0)" } ?? message)
    }
}
