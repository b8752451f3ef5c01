import HTTPTypes

/// Every address and method that the service answers: the router, `Allow` and the OpenAPI document's test read this
/// list.
package enum Endpoint: String, CaseIterable, Sendable {
    case createSource = "POST /datasources"
    case testDraft = "POST /datasources/test"
    case listSources = "GET /datasources"
    case countSources = "GET /datasources/count"
    case showSource = "GET /datasources/{id}"
    case updateSource = "PUT /datasources/{id}"
    case deleteSource = "DELETE /datasources/{id}"
    case testSource = "POST /datasources/{id}/test"
    case showStatus = "GET /datasources/{id}/status"
    case showHistory = "GET /datasources/{id}/history"
    case showSchema = "GET /datasources/{id}/schema"
    case querySource = "POST /datasources/{id}/query"
    case listQueries = "GET /queries"
    case cancelQuery = "DELETE /queries/{id}"
    case uploadFiles = "POST /files"
    case listFiles = "GET /files"
    case deleteFile = "DELETE /files/{name}"
    case listDrivers = "GET /drivers"
    case logIn = "POST /auth/local"
    case live = "GET /health/live"
    case ready = "GET /health/ready"
    case metrics = "GET /metrics"
    case openAPI = "GET /openapi.json"

    /// The method, such as `GET`.
    package var method: HTTPRequest.Method {
        switch self {
        case .createSource, .testDraft, .testSource, .querySource, .uploadFiles, .logIn: .post
        case .listSources, .countSources, .showSource, .showStatus, .showHistory, .showSchema, .listQueries,
            .listFiles, .listDrivers, .live, .ready, .metrics, .openAPI:
            .get
        case .updateSource: .put
        case .deleteSource, .cancelQuery, .deleteFile: .delete
        }
    }

    /// The path, with `{id}` where an identifier stands.
    package var path: String { String(rawValue.drop { $0 != "/" }) }

    /// Whether it answers callers who have not shown who they are.
    package var isOpen: Bool {
        switch self {
        case .logIn, .live, .ready: true
        case .createSource, .testDraft, .listSources, .countSources, .showSource, .updateSource, .deleteSource,
            .testSource, .showStatus, .showHistory, .showSchema, .querySource, .listQueries, .cancelQuery, .uploadFiles,
            .listFiles, .deleteFile, .listDrivers, .metrics, .openAPI:
            false
        }
    }

    /// The query parameters that it takes; a list takes its filters besides.
    var parameters: [String] {
        switch self {
        case .createSource: ["connect", "timeout"]
        case .testDraft, .updateSource, .testSource: ["timeout"]
        case .showSchema: ["schema", "table", "contains", "kind", "refresh", "_start", "_limit"]
        case .uploadFiles: ["replace"]
        case .listFiles: ["_start", "_limit"]
        case .listSources, .countSources, .showSource, .deleteSource, .showStatus, .showHistory, .querySource,
            .listQueries, .cancelQuery, .deleteFile, .listDrivers, .logIn, .live, .ready, .metrics, .openAPI:
            []
        }
    }
}

/// Which methods an address takes.
struct RouteTable: Sendable {
    private let entries: [(segments: [Substring], method: HTTPRequest.Method)]

    init(_ endpoints: [Endpoint] = Endpoint.allCases) {
        entries = endpoints.map { ($0.path.split(separator: "/"), $0.method) }
    }

    /// The value of `Allow` for a path; nil for a path that is not known. An address that is written out wins over one
    /// with a placeholder: `/datasources/count` is no record.
    func allowed(at path: String) -> String? {
        let segments = path.split(separator: "/")
        let fitting = entries.filter { entry in
            entry.segments.count == segments.count
                && zip(entry.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        let literal = fitting.filter { $0.segments == segments }
        let methods = (literal.isEmpty ? fitting : literal).map(\.method)
        guard !methods.isEmpty else { return nil }
        let named = ["GET", "HEAD", "POST", "PUT", "DELETE"].filter { name in
            methods.contains { $0.rawValue == name || ($0 == .get && name == "HEAD") }
        }
        return (named + ["OPTIONS"]).joined(separator: ", ")
    }
}
