import ArgumentParser
import NIOHTTP1

/// `wellhead remove`: disconnects a data source and erases its login data.
struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Disconnects a data source and erases its login data beyond recovery.",
        discussion: "Example: wellhead remove shop")

    @Argument(help: "The data source's name or id.", completion: .sources)
    var source: String

    @Flag(help: "Does not ask whether it is meant.")
    var yes = false

    @Flag(help: "Writes the answer as JSON.")
    var json = false

    @OptionGroup var server: ServerOption

    func run() async throws {
        let client = try server.client()
        let path = "/datasources/\(try await client.sourceID(source))"
        let name = try await client.json(.GET, path)["name"].text ?? source
        guard try yes || Terminal.confirm("Remove \(name.onOneLine) and erase its login data? Write its name: ", name)
        else {
            throw CommandFailure("Nothing was removed.")
        }
        let answer = try await client.json(.DELETE, path)
        if json { return print(answer.document) }
        print("Removed \(name.onOneLine).")
    }
}

extension CompletionKind {
    /// The names of the service's data sources.
    static var sources: CompletionKind { .shellCommand("wellhead list --names 2>/dev/null") }
}
