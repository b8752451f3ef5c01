import HTTPWire
import JSONQuery
import NIOConcurrencyHelpers
import NIOCore
import Results
import SourceModel

/// An HTTP API that has answered. A connection is kept where the server keeps it; one that the server has closed while it
/// idled is no loss of the session, the next call opens another.
final class RESTSession: Session {
    private struct State {
        var isEnded = false
        var bodies: [@Sendable (SourceFailure?) -> Void] = []
    }

    /// The longest page, in bytes: what a statement holds in memory.
    static let pageLimit = 64 << 20
    /// What is asked for.
    static let accepted = [
        (name: "Accept", value: "application/json, application/x-ndjson;q=0.9, */*;q=0.5")
    ]

    let facts: SessionFacts
    private let client: HTTPClient
    private let base: RESTBase
    private let state = NIOLockedValueBox(State())

    private var options: RESTOptions { client.source.options.rest }

    init(_ client: HTTPClient, base: RESTBase, facts: SessionFacts) {
        self.client = client
        self.base = base
        self.facts = facts
    }

    /// Asks for the head of the probe's answer; where the server has no heads to give alone, for all of it.
    func ping() async throws(SourceFailure) {
        let target = try base.probe(options.probe)
        for method in [HTTPClient.Call.Method.head, .get] {
            let answer = try await client.send(
                HTTPClient.Call(method: method, target: target, fields: Self.accepted), stage: .probe,
                journal: StageJournal())
            if answer.isSuccess {
                await answer.discard(upTo: 1 << 20)
                return
            }
            guard method == .get else {
                await answer.discard()
                continue
            }
            if answer.isLoginRefusal { throw await RESTFailures.login(answer, client) }
            throw HTTPRefusals.status(answer, await HTTPRefusals.words(of: answer))
        }
    }

    // MARK: Schema

    func tables() async throws(SourceFailure) -> TableList {
        TableList(tables: [TableHeading(name: options.probe, kind: .collection)])
    }

    func details(of tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails] {
        guard tables.contains(where: { $0.name == options.probe }) else { return tables.map { _ in TableDetails() } }
        let page = try await page(try base.probe(options.probe), rows: try places(nil), stage: .schema)
        let shown = try RESTColumns(page.rows, in: page.document, stage: .schema)
        let columns = zip(shown.columns, shown.areNullable).map { column, isNullable in
            TableColumn(name: column.name, type: column.type, jsonType: column.jsonType, isNullable: isNullable)
        }
        return tables.map { TableDetails(columns: $0.name == options.probe ? columns : []) }
    }

    // MARK: Queries

    func query(_ statement: Statement) async throws(SourceFailure) -> any RowSource {
        let asked = try RESTStatement(statement)
        guard let origin = client.origin else {
            throw SourceFailure(.validate, .missingField, "REST needs a host.", hint: "Set host.")
        }
        var pages = try RESTPages(asked.path, options, base: base, origin: origin)
        let rows = try places(asked.rows)
        let first = try await page(pages.begin(), rows: rows, stage: .query)
        let columns = try RESTColumns(first.rows, in: first.document)
        return RESTRows(first, pages: pages, columns: columns, statement: statement) { target throws(SourceFailure) in
            try await self.page(target, rows: rows, stage: .query)
        }
    }

    /// Nothing of a statement outlives it: a page that was not read to its end has closed its connection.
    func endQuery() async {}

    private func places(_ own: RowPlaces?) throws(SourceFailure) -> RowPlaces {
        if let own { return own }
        do throws(RowPlaces.Malformed) {
            return try RowPlaces(options.rows)
        } catch {
            throw RESTFailures.answer(
                "options.rows is no place in an answer: \(error.reason).", "Correct options.rows.")
        }
    }

    /// Fetches one page.
    private func page(_ target: String, rows: RowPlaces, stage: Stage) async throws(SourceFailure) -> RESTPage {
        let answer = try await client.send(
            HTTPClient.Call(target: target, fields: Self.accepted), stage: stage, journal: StageJournal())
        guard answer.isSuccess else {
            if stage == .query { throw await RESTFailures.statement(answer) }
            let said = await HTTPRefusals.words(of: answer)
            throw SourceFailure(
                .schema, .schemaUnavailable, "\(answer.location.origin) answered \(answer.statusLine).",
                hint: "Set options.probe to a path that gives rows.", server: said)
        }
        let origin = "\(answer.location.origin)"
        if let coding = answer.contentCodings.first {
            throw RESTFailures.answer(
                "\(origin) answered in the coding \(coding.prefix(32)), which nobody had asked for.",
                "Let the server keep to Accept-Encoding.", stage: stage)
        }
        let type = answer.mediaType ?? ""
        guard !type.hasSuffix("html"), !type.hasSuffix("/xml"), !type.hasSuffix("+xml"), !type.hasPrefix("image/")
        else {
            let words = await answer.firstWords()
            throw RESTFailures.answer(
                "\(origin) answered with \(type), not with JSON\(words.isEmpty ? "" : ": \(words.prefix(120))").",
                "Correct the path; a page for people mostly means that the API is elsewhere, or wants a login.",
                stage: stage)
        }
        let isSequence = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"]
            .contains(type)
        let links = answer.fields["Link"]
        let body = try await answer.collect(upTo: Self.pageLimit, in: stage)
        let bytes = Array(body.readableBytesView)
        let isEmpty = answer.status == 204 || answer.status == 205
        let document: JSONDocument
        do throws(JSONDocument.Malformed) {
            document = try JSONDocument(isEmpty ? Array("[]".utf8) : bytes, isSequence: isSequence)
        } catch {
            throw RESTFailures.answer(
                "\(origin) answered with something that is no JSON at byte \(error.offset + 1) of \(bytes.count).",
                "Correct the path, or look at what the server says there.", stage: stage)
        }
        let found = isEmpty ? [] : try rows.rows(in: document)
        return RESTPage(document: document, rows: found, location: answer.location, links: links)
    }

    // MARK: End

    func close() async {
        let bodies = state.withLockedValue { state in
            defer { (state.isEnded, state.bodies) = (true, []) }
            return state.bodies
        }
        await client.close()
        for body in bodies { body(nil) }
    }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        let ended = state.withLockedValue { state in
            if !state.isEnded { state.bodies.append(body) }
            return state.isEnded
        }
        if ended { body(nil) }
    }
}
