import ArgumentParser
import Foundation
import NIOHTTP1

/// `wellhead query`: runs a statement that reads on a data source of a running service.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Runs a statement that reads.",
        discussion: """
            Example: wellhead query example-orders 'select * from orders' --limit 20

            Without a statement it is read from standard input. What is shown is a table for people; with --format csv or \
            ndjson the rows are written as they come.
            """)

    /// How the rows are written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, json, ndjson, csv
    }

    @Argument(help: "The data source's name or id.", completion: .sources)
    var source: String

    @Argument(help: "The statement; without one it is read from standard input.")
    var statement: String?

    @Option(name: .customLong("parameter"), help: "A value for the statement's next placeholder; repeat it for more.")
    var parameters: [String] = []

    @Option(help: "Rows at most (default: 1000).")
    var limit: Int?

    @Option(help: "Seconds at most (default: 30).")
    var timeout: Double?

    @Option(help: "table, json, ndjson or csv (default: table).")
    var format: Format?

    @Flag(help: "Writes the result as JSON; the same as --format json.")
    var json = false

    @OptionGroup var server: ServerOption

    func run() async throws {
        let client = try server.client()
        let path = "/datasources/\(try await client.sourceID(source))/query"
        var body: [String: JSONValue] = [
            "statement": .text(try text()), "parameters": .list(parameters.map { .text($0) }),
        ]
        if let limit { body["limit"] = .whole(Int64(limit)) }
        if let timeout { body["timeout"] = .number(timeout) }
        switch format ?? (json ? .json : .table) {
        case .table: try show(try await client.json(.POST, path, body: body))
        case .json: try await copy(client, path, body, "application/json")
        case .ndjson: try await copy(client, path, body, "application/x-ndjson")
        case .csv: try await copy(client, path, body, "text/csv")
        }
    }

    private func text() throws -> String {
        if let statement { return statement }
        let read = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        guard read.contains(where: { !$0.isWhitespace }) else {
            throw CommandFailure.setting("There is no statement; give it as an argument or on standard input.")
        }
        return read
    }

    private func copy(
        _ client: ServiceClient, _ path: String, _ body: [String: JSONValue], _ type: String
    ) async throws {
        try await client.stream(
            .POST, path, body: body, accept: type, brokenOff: "The answer broke off: rows are missing."
        ) { part in
            do {
                try FileHandle.standardOutput.write(contentsOf: part)
            } catch {
                throw CommandFailure("The rows cannot be written to standard output: \(error.localizedDescription)")
            }
        }
    }

    /// A table, and how many rows there were.
    private func show(_ answer: JSONValue) throws {
        let heading = answer["columns"].list.map { ($0["name"].text ?? "").uppercased() }
        let rows = answer["rows"].list.map { $0.list.map(Self.shown) }
        for line in Terminal.table(heading, rows) { print(line) }
        if let message = answer["error"]["message"].text { throw CommandFailure(message) }
        let more = answer["statistics"]["cut"] == .null ? "" : ", and there are more; raise --limit"
        Terminal.error("\(rows.count) \(rows.count == 1 ? "row" : "rows")\(more)")
    }

    /// A value of a table.
    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .null: "NULL"
        case .text(let text): text
        case .flag, .whole, .number, .list, .object: value.document
        }
    }
}
