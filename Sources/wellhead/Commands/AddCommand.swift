import ArgumentParser
import NIOHTTP1

/// `wellhead add`: tests a data source, stores it and connects it.
struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Tests a data source, stores it and connects it.",
        discussion: """
            Example: wellhead add postgres://reader@db.internal/shop --ssh tunnel@bastion.example.com --ssl-ca ca.pem

            Passwords are typed without echo where there is a terminal, or read from a file; they are never arguments. The \
            stages of the test are drawn while it runs. If it fails nothing is stored.
            """)

    @OptionGroup var draft: DraftArguments

    @OptionGroup var time: TimeoutOption

    @Flag(help: "Stores a draft without testing it.")
    var noTest = false

    @Flag(help: "Writes the record as JSON, and draws nothing.")
    var json = false

    @OptionGroup var server: ServerOption

    func run() async throws {
        let client = try server.client()
        let body = try draft.body()
        let record: JSONValue
        if noTest {
            record = try await client.json(.POST, "/datasources", query: [("connect", "false")], body: body)
        } else {
            var test = WatchedTest(isQuiet: json)
            defer { test.leave() }
            try await client.events("/datasources", query: time.query, body: body) { test.take($0) }
            record = try test.result()
        }
        guard !json else { return print(record.document) }
        let state = noTest ? "Stored the draft" : "Connected"
        print(
            "\(state) \(record["name"].text ?? "") (\(record["driver"].text ?? "")), id \(record["id"].text ?? "")"
                .onOneLine)
    }
}
