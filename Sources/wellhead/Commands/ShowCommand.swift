import ArgumentParser
import NIOHTTP1

/// `wellhead show`: one data source, and how it is now.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a data source and how it is now; secrets as ********.",
        discussion: "Example: wellhead show shop")

    @Argument(help: "The data source's name or id.", completion: .sources)
    var source: String

    @Flag(help: "Writes the record, and its state as \"live\", as JSON.")
    var json = false

    @OptionGroup var server: ServerOption

    func run() async throws {
        let client = try server.client()
        let path = "/datasources/\(try await client.sourceID(source))"
        let record = try await client.json(.GET, path)
        let live = try await client.json(.GET, "\(path)/status")
        guard case .object(var fields) = record else { return }
        fields["live"] = live
        if json { return print(JSONValue.object(fields).document) }
        fields["live"] = nil
        let state = Self.lines(of: live)
        for line in Terminal.columns(Self.lines(of: record) + (state.isEmpty ? [] : [["", ""]]) + state) { print(line) }
    }

    /// The fields that are set, by name; long texts such as certificates by their first line.
    private static func lines(of value: JSONValue) -> [[String]] {
        guard case .object(let fields) = value else { return [] }
        return fields.sorted { $0.key < $1.key }.compactMap { name, value in
            switch value {
            case .null: nil
            case .text(let text):
                [name, text.contains("\n") ? "\(text.prefix { $0 != "\n" }) …" : text]
            case .object(let inner) where name == "connections":
                [
                    name,
                    inner.sorted { $0.key < $1.key }.map { "\($0.value.document) \($0.key)" }.joined(separator: ", "),
                ]
            case .object where name == "last_error":
                [name, "\(value["message"].text ?? "") \(value["hint"].text ?? "")"]
            case .flag, .whole, .number, .list, .object: [name, value.document]
            }
        }
    }
}
