import HTTPWire
import JSONQuery
import NIOConcurrencyHelpers
import NIOCore
import Results
import SourceModel

/// An HTTP API that has answered. A connection is kept where the server keeps it; one that the server has closed while it
/// idled is no loss of the session, the next call opens another.
final class RESTSession: Session {
    /// The longest page, in bytes: what a statement holds in memory.
    static let pageLimit = 64 << 20
    /// What is asked for.
    static let accepted = [
        (name: "Accept", value: "application/json, application/x-ndjson;q=0.9, */*;q=0.5")
    ]

    let facts: SessionFacts
    private let client: HTTPClient
    private let base: RESTBase
    private let end = NIOLockedValueBox(SessionEnd())

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
            if answer.isSuccess { return try await answer.discard(in: .probe) }
            guard method == .get else {
                try await answer.discard(in: .probe)
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
        let page = try await page(try base.probe(options.probe), rows: try places(nil, stage: .schema), stage: .schema)
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
        let rows = try places(asked.rows, stage: .query)
        var page = try await page(pages.begin(), rows: rows, stage: .query)
        let fetch: RESTRows.Fetcher = { [pages] target throws(SourceFailure) in
            try await self.page(target, rows: rows, stage: .query, isLast: pages.isBehindTheLast)
        }
        // Columns are what rows have: pages without any are passed over.
        var waiting: String?
        while page.rows.isEmpty {
            waiting = try pages.target(after: page)
            guard let target = waiting, !pages.isAtLimit else { break }
            page = try await fetch(target)
            waiting = nil
        }
        return RESTRows(
            page.rows.isEmpty ? nil : page, waiting: waiting, pages: pages,
            columns: try RESTColumns(page.rows, in: page.document, stage: .query), statement: statement, fetch: fetch)
    }

    /// Nothing of a statement outlives it: a page that was not read to its end has closed its connection.
    func endQuery() async {}

    private func places(_ own: RowPlaces?, stage: Stage) throws(SourceFailure) -> RowPlaces {
        if let own { return own }
        do throws(RowPlaces.Malformed) {
            return try RowPlaces(options.rows)
        } catch {
            throw RESTFailures.answer(
                "options.rows is no place in an answer: \(error.reason).", "Correct options.rows.", stage: stage)
        }
    }

    /// Fetches one page.
    ///
    /// - Parameter isLast: whether a status that is no success says that there is no such page, and so no more rows.
    private func page(
        _ target: String, rows: RowPlaces, stage: Stage, isLast: (Int) -> Bool = { _ in false }
    ) async throws(SourceFailure) -> RESTPage {
        let answer = try await client.send(
            HTTPClient.Call(target: target, fields: Self.accepted), stage: stage, journal: StageJournal())
        let isEmpty = isLast(answer.status) || answer.status == 204 || answer.status == 205
        guard answer.isSuccess || isEmpty else {
            if stage == .query { throw await RESTFailures.statement(answer) }
            let said = await HTTPRefusals.words(of: answer)
            throw SourceFailure(
                .schema, .schemaUnavailable, "\(answer.location.origin) answered \(answer.statusLine).",
                hint: "Set options.probe to a path that gives rows.", server: said)
        }
        let type = answer.mediaType ?? ""
        let isSequence = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"]
            .contains(type)
        var bytes = Array("[]".utf8)
        if isEmpty {
            try await answer.discard(in: stage)
        } else {
            try await checkForm(of: answer, stage)
            bytes = Array(try await answer.collect(upTo: Self.pageLimit, in: stage).readableBytesView)
        }
        let document: JSONDocument
        do throws(JSONDocument.Malformed) {
            document = try JSONDocument(bytes, isSequence: isSequence)
        } catch {
            throw RESTFailures.answer(
                "\(answer.location.origin) answered with something that is no JSON at byte \(error.offset + 1) of "
                    + "\(bytes.count).",
                "Correct the path, or look at what the server says there.", stage: stage)
        }
        return RESTPage(
            document: document, rows: isEmpty ? [] : try rows.rows(in: document, stage: stage),
            location: answer.location, links: answer.fields["Link"])
    }

    /// Refuses what says of itself that it is no JSON.
    private func checkForm(of answer: HTTPAnswer, _ stage: Stage) async throws(SourceFailure) {
        let origin = "\(answer.location.origin)"
        if let coding = answer.contentCodings.first {
            throw RESTFailures.answer(
                "\(origin) answered in the coding \(coding), which nobody had asked for.",
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
    }

    // MARK: End

    func close() async {
        let bodies = end.withLockedValue { $0.come() }
        await client.close()
        for body in bodies { body(nil) }
    }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        if !end.withLockedValue({ $0.keep(body) }) { body(nil) }
    }
}
