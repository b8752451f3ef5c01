import ArgumentParser
import NIOHTTP1

/// `wellhead list`: the data sources of a running service.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the data sources with their status.",
        discussion: "Example: wellhead list --driver postgres")

    @Option(help: "Those of this driver only.")
    var driver: String?

    @Option(help: "Those whose name contains this text.")
    var contains: String?

    @Flag(help: "Writes the names only, one a line.")
    var names = false

    @Flag(help: "Writes the records as JSON.")
    var json = false

    @OptionGroup var server: ServerOption

    /// Records of one call, the most that the service gives.
    private static let page = 1000

    func run() async throws {
        let client = try server.client()
        var records: [JSONValue] = []
        while true {
            var query = [("_start", "\(records.count)"), ("_limit", "\(Self.page)"), ("_sort", "name:ASC")]
            if let driver { query.append(("driver", driver)) }
            if let contains { query.append(("name_contains", contains)) }
            let page = try await client.json(.GET, "/datasources", query: query).list
            records += page
            if page.count < Self.page { break }
        }
        if json { return print(JSONValue.list(records).document) }
        if names { return records.forEach { print(($0["name"].text ?? "").onOneLine) } }
        let rows = records.map { record in
            [record["name"].text ?? "", record["driver"].text ?? "", record.place, record["status"].text ?? ""]
        }
        for line in Terminal.table(["NAME", "DRIVER", "WHERE", "STATUS"], rows) { print(line) }
        Terminal.error("\(records.count) \(records.count == 1 ? "data source" : "data sources")")
    }
}

extension JSONValue {
    /// Where a record's data source is, in a word: its server and database, and the SSH host before them.
    var place: String {
        let host = self["host"].text.map { host in
            "\(host.contains(":") ? "[\(host)]" : host)\(self["port"].text.map { ":\($0)" } ?? "")"
        }
        let database = self["database"].text
        let end =
            switch (host, database) {
            case (let host?, let database?): "\(host)\(database.hasPrefix("/") ? "" : "/")\(database)"
            case (let place?, nil), (nil, let place?): place
            case (nil, nil): ""
            }
        guard self["ssh"].flag == true, let bastion = self["sshHost"].text else { return end }
        return "\(bastion) → \(end)"
    }
}
