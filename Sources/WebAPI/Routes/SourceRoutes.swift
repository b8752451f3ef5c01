import Gateway
import HTTPTypes
import Hummingbird
import SourceModel

/// What `/datasources` and the addresses below it do.
struct SourceRoutes: Sendable {
    let gateway: Gateway
    let slots: TestSlots
    let departures: Departures
    let bodyTime: Duration
    let meter: RequestMeter

    func create(_ request: Request, _ context: WebContext) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.require(only: Endpoint.createSource.parameters)
        let connect = try parameters.flag("connect", default: true)
        let deadline = try parameters.deadline()
        let draft = try await draft(in: request)
        let create: @Sendable (StageJournal) async throws -> RecordView = { [gateway] journal in
            try await gateway.create(
                draft, connect: connect, by: context.caller, deadline: deadline, journal: journal)
        }
        if request.asksForEvents { return watched(context) { journal in .record(try await create(journal)) } }
        let view = try await testing(context) { try await create(StageJournal()) }
        return view.response(request.answerFormat, headers: [.location: "/datasources/\(view.record.id)"])
    }

    func testDraft(_ request: Request, _ context: WebContext) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.require(only: Endpoint.testDraft.parameters)
        let deadline = try parameters.deadline()
        let draft = try await draft(in: request)
        let test: @Sendable (StageJournal) async throws -> TestOutcome = { [gateway] journal in
            try await gateway.test(draft, deadline: deadline, journal: journal)
        }
        if request.asksForEvents { return watched(context) { journal in .report(try await test(journal)) } }
        let outcome = try await testing(context) { try await test(StageJournal()) }
        return report(outcome, request, context)
    }

    func test(_ request: Request, _ context: WebContext) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.require(only: Endpoint.testSource.parameters)
        let deadline = try parameters.deadline()
        let id = try id(context)
        let test: @Sendable (StageJournal) async throws -> TestOutcome = { [gateway] journal in
            try await gateway.test(id, deadline: deadline, journal: journal)
        }
        if request.asksForEvents { return watched(context) { journal in .report(try await test(journal)) } }
        let outcome = try await testing(context) { try await test(StageJournal()) }
        return report(outcome, request, context)
    }

    func list(_ request: Request, _ context: WebContext) async throws -> Response {
        let (query, rows) = try await rows(request)
        let matching = query.matching(rows)
        return request.answerFormat.response(
            .list(element: "item", query.page(of: matching)), root: "items",
            headers: [.totalCount: String(matching.count)])
    }

    func count(_ request: Request, _ context: WebContext) async throws -> Response {
        let (query, rows) = try await rows(request)
        return request.answerFormat.response(.object([.init("count", .integer(query.matching(rows).count))]))
    }

    func show(_ request: Request, _ context: WebContext) async throws -> Response {
        try QueryParameters(request).require(only: Endpoint.showSource.parameters)
        return try await gateway.record(id(context)).response(request.answerFormat)
    }

    func update(_ request: Request, _ context: WebContext) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.require(only: Endpoint.updateSource.parameters)
        let deadline = try parameters.deadline()
        let id = try id(context)
        let draft = try await draft(in: request, updating: true)
        let expected = Revision.expected(in: request.headers)
        let update: @Sendable (StageJournal) async throws -> RecordView = { [gateway] journal in
            var revision: Int?
            if let expected {
                revision = try await gateway.record(id).record.revision
                guard let revision, expected.contains(revision) else { throw GatewayError.changedMeanwhile(id) }
            }
            return try await gateway.update(
                id, with: draft, by: context.caller, expecting: revision, deadline: deadline, journal: journal)
        }
        if request.asksForEvents { return watched(context) { journal in .record(try await update(journal)) } }
        let view = try await testing(context) { try await update(StageJournal()) }
        return view.response(request.answerFormat)
    }

    func delete(_ request: Request, _ context: WebContext) async throws -> Response {
        try QueryParameters(request).require(only: Endpoint.deleteSource.parameters)
        try await gateway.delete(id(context), by: context.caller)
        return request.answerFormat.response(.object([.init("code", .integer(200)), .init("message", .text("OK"))]))
    }

    func status(_ request: Request, _ context: WebContext) async throws -> Response {
        try QueryParameters(request).require(only: Endpoint.showStatus.parameters)
        return try await request.answerFormat.response(gateway.status(id(context)).answer)
    }

    func history(_ request: Request, _ context: WebContext) async throws -> Response {
        try QueryParameters(request).require(only: Endpoint.showHistory.parameters)
        return try await request.answerFormat.response(gateway.history(id(context)).answer)
    }

    // MARK: Steps

    private func draft(in request: Request, updating: Bool = false) async throws -> DataSourceDraft {
        try DataSourceDraft(body: try await request.bodyFields(within: bodyTime), updating: updating)
    }

    private func id(_ context: WebContext) throws -> RecordID { RecordID(try context.parameters.require("id")) }

    /// Runs what may take as long as a deadline: one of a bounded number, given up when the caller leaves.
    func testing<Value: Sendable>(
        _ context: WebContext, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await slots.withSlot { try await departures.whilePresent(on: context.channel, work) }
    }

    private func rows(_ request: Request) async throws -> (RecordQuery, [AnswerNode]) {
        let parameters = try QueryParameters(request)
        let deleted = try parameters.flag("_deleted", default: false)
        let query = try RecordQuery(parameters.pairs, columns: deleted ? Column.tombstones : Column.records)
        let rows = deleted ? try await gateway.tombstones().map(\.answer) : try await gateway.records().map(\.answer)
        return (query, rows)
    }

    private func report(_ outcome: TestOutcome, _ request: Request, _ context: WebContext) -> Response {
        context.frame.note(failure: outcome.failure)
        return request.answerFormat.response(outcome.answer)
    }
}

extension TestOutcome {
    /// The report, and what failed.
    package var answer: AnswerNode {
        guard case .object(var fields) = report.answer else { return report.answer }
        fields.append(.init("error", failure?.described ?? .null))
        return .object(fields)
    }
}
