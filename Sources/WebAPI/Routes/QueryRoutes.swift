import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import Results
import SourceModel

/// Looking into a connected data source: its schema, and statements that read.
struct QueryRoutes: Sendable {
    let gateway: Gateway
    let departures: Departures
    let bodyTime: Duration
    let limits: QueryLimits

    func schema(_ request: Request, _ context: WebContext) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.require(only: Endpoint.showSchema.parameters)
        var question = SchemaQuery()
        question.schema = parameters.value("schema")
        question.table = parameters.value("table")
        question.contains = parameters.value("contains")
        question.refresh = try parameters.flag("refresh", default: false)
        question.start = try parameters.number("_start", in: 0...Int(Int32.max)) ?? 0
        question.limit = try parameters.number("_limit", in: 0...SchemaQuery.maximumLimit) ?? SchemaQuery.defaultLimit
        if let kind = parameters.value("kind") {
            guard let known = TableHeading.Kind(rawValue: kind) else {
                let kinds = TableHeading.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw SourceFailure.parameter("kind", "takes one of \(kinds), not", kind)
            }
            question.kind = known
        }
        let id = RecordID(try context.parameters.require("id"))
        let page = try await departures.whilePresent(on: context.channel) { [gateway, question] in
            try await gateway.schema(id, question)
        }
        return request.answerFormat.response(
            page.answer, root: "schema", headers: [.totalCount: String(page.total)])
    }

    func query(_ request: Request, _ context: WebContext) async throws -> Response {
        try QueryParameters(request).require(only: Endpoint.querySource.parameters)
        let id = RecordID(try context.parameters.require("id"))
        let name = try queryName(in: request)
        let statement = try Statement(body: try await request.bodyFields(within: bodyTime), limits: limits)
        let format = ResultFormat(accept: request.headers[.accept])
        let caller = context.caller
        let result = try await departures.whilePresent(on: context.channel) { [gateway] in
            try await gateway.query(id, statement, format: format, name: name, by: caller) { failure in
                JSONWriter.bytes(of: failure.described)
            }
        }
        return Response(
            status: .ok,
            headers: [.contentType: format.contentType, .vary: "Accept", .queryID: result.query.id.text],
            body: body(of: result, context))
    }

    func list(_ request: Request, _ context: WebContext) throws -> Response {
        try QueryParameters(request).require(only: Endpoint.listQueries.parameters)
        return request.answerFormat.response(
            .list(element: "item", gateway.queries.map(\.answer)), root: "items")
    }

    func cancel(_ request: Request, _ context: WebContext) throws -> Response {
        try QueryParameters(request).require(only: Endpoint.cancelQuery.parameters)
        let text = try context.parameters.require("id")
        guard let id = QueryID(text), gateway.cancelQuery(id, by: context.caller) else {
            throw ErrorAnswer(.notFound, "No query \(SourceFailure.quoted(text)) runs.")
        }
        return request.answerFormat.response(.object([.init("code", .integer(200)), .init("message", .text("OK"))]))
    }

    // MARK: Steps

    /// The rows as they come. The reader sets the pace: the next bytes are asked for when these have left.
    private func body(of result: QueryResult, _ context: WebContext) -> ResponseBody {
        ResponseBody { [departures] writer in
            do {
                while let bytes = try await departures.whilePresent(on: context.channel, { try await result.next() }) {
                    if bytes.readableBytes > 0 { try await writer.write(bytes) }
                }
            } catch GatewayError.statement where result.query.format == .json {
                // The object is whole and says in `error` what happened.
            } catch {
                // Other formats cannot say that rows are missing: an answer without its end does.
                await Lingering.cut(context.channel)
                throw error
            }
            try await writer.finish(nil)
        }
    }

    /// The caller's own name for the query, by which it can be cancelled before the first row.
    private func queryName(in request: Request) throws -> QueryID? {
        guard let text = request.headers[.queryID] else { return nil }
        guard let name = QueryID(text) else {
            throw SourceFailure.body(
                "X-Query-Id is \(SourceFailure.quoted(text)).",
                hint: "Name the query with letters, digits, - _ and ., \(QueryID.maximumLength) at most.")
        }
        return name
    }
}

extension ResultFormat {
    /// Chooses by the request's `Accept` (RFC 9110, section 12.5.1): NDJSON or CSV where one is preferred, else JSON.
    init(accept: String?) {
        self = .json
        var best = 0.0
        for part in (accept ?? "").split(separator: ",").prefix(64) {
            let parameters = part.split(separator: ";").map { $0.trimmed.lowercased() }
            let format: ResultFormat
            switch parameters.first {
            case "application/json", "application/*", "*/*": format = .json
            case "application/x-ndjson", "application/ndjson", "application/jsonl": format = .ndjson
            case "text/csv", "text/*": format = .csv
            default: continue
            }
            let quality = parameters.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if quality > best { (self, best) = (format, quality) }
        }
    }

    var contentType: String {
        switch self {
        case .json: "application/json; charset=utf-8"
        case .ndjson: "application/x-ndjson; charset=utf-8"
        case .csv: "text/csv; charset=utf-8; header=present"
        }
    }
}

extension HTTPField.Name {
    /// `X-Query-Id`. The name is a constant that is a valid token, which is all that the initialiser checks.
    static let queryID = HTTPField.Name("X-Query-Id")!
}
