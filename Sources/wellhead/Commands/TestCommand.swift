import ArgumentParser

/// `wellhead test`: tests a stored data source afresh, or one that is not stored.
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Tests a data source, a stored one or one that is described here, and stores nothing.",
        discussion: """
            Example: wellhead test shop
            Example: wellhead test postgres://reader@db.internal/shop --ssl --local

            A name or an id is a stored data source; an address describes one. With --local no service is needed: this \
            program tests by itself, from this machine.
            """)

    @OptionGroup var draft: DraftArguments

    @OptionGroup var time: TimeoutOption

    @Flag(help: "Tests from here, without a service.")
    var local = false

    @Flag(help: "Writes the report as JSON, and draws nothing.")
    var json = false

    @OptionGroup var server: ServerOption

    /// Whether a data source is described, and not named.
    private var isAddress: Bool { draft.address.contains("://") || draft.driver != nil }

    func run() async throws {
        var test = WatchedTest(isQuiet: json)
        defer { test.leave() }
        if local {
            try await LocalTest.run(try draft.body(), seconds: time.timeout ?? 10) { test.take($0) }
        } else {
            let client = try server.client()
            let path =
                isAddress ? "/datasources/test" : "/datasources/\(try await client.sourceID(draft.address))/test"
            let body = isAddress ? try draft.body() : nil
            try await client.events(path, query: time.query, body: body) { test.take($0) }
        }
        let report = try test.result()
        if json { print(report.document) }
        if let failure = WatchedTest.failure(in: report) { throw failure }
        if !json { print("The test passed in \(report["elapsed_ms"].document) ms.") }
    }
}
