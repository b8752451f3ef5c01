import ArgumentParser
import NIOHTTP1

/// `wellhead schema`: what tables a data source of a running service has.
struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Shows the tables and columns of a data source.",
        discussion: "Example: wellhead schema example-orders --table orders")

    @Argument(help: "The data source's name or id.", completion: .sources)
    var source: String

    @Option(help: "Tables of this schema only.")
    var schema: String?

    @Option(help: "The table of this name only.")
    var table: String?

    @Option(help: "Tables whose name contains this text.")
    var contains: String?

    @Flag(help: "Reads the schema again instead of what is known of it.")
    var refresh = false

    @Flag(help: "Writes the result as JSON.")
    var json = false

    @OptionGroup var server: ServerOption

    func run() async throws {
        let client = try server.client()
        let path = "/datasources/\(try await client.sourceID(source))/schema"
        var query: [(String, String)] = [("_limit", "1000")]
        for (name, value) in [("schema", schema), ("table", table), ("contains", contains)] {
            if let value { query.append((name, value)) }
        }
        if refresh { query.append(("refresh", "true")) }
        let answer = try await client.json(.GET, path, query: query)
        guard !json else { return print(answer.document) }
        let tables = answer["tables"].list
        for table in tables { Self.show(table) }
        let total = Int(answer["total"].whole ?? 0)
        let more = total > tables.count ? ", of which \(tables.count) are shown" : ""
        Terminal.error("\(total) \(total == 1 ? "table" : "tables")\(more)")
    }

    /// One table: its name, and its columns below.
    private static func show(_ table: JSONValue) {
        let name = [table["schema"].text, table["name"].text].compactMap { $0 }.joined(separator: ".")
        let kind = (table["kind"].text ?? "").replacing("_", with: " ")
        let rows = table["row_estimate"].whole.map { ", about \($0) rows" } ?? ""
        print("\(name) (\(kind)\(rows))".onOneLine)
        let key = Set(table["primary_key"].list.compactMap(\.text))
        let columns = table["columns"].list.map { column in
            let name = column["name"].text ?? ""
            return [
                name, column["type"].text ?? "",
                key.contains(name) ? "primary key" : column["nullable"].flag == false ? "not null" : "",
                column["comment"].text ?? "",
            ]
        }
        for line in Terminal.columns(columns) { print("  \(line)") }
    }
}
