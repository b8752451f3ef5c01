import ArgumentParser
import WebAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where the program begins: parses, runs, and ends with 0, 1 (failed) or 2 (usage).
@main
struct Program {
    static func main() async {
        do {
            var command = try Wellhead.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Terminal.error("wellhead: \(failure.message.onOneLine)")
            exit(failure.isUsage ? 2 : 1)
        } catch {
            let code = Wellhead.exitCode(for: error)
            let message = Wellhead.fullMessage(for: error)
            if code.isSuccess {
                print(message)
                exit(0)
            }
            Terminal.error(message)
            exit(code == .validationFailure ? 2 : 1)
        }
    }
}

/// The root command.
struct Wellhead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wellhead",
        abstract: "Creates, tests and connects data sources.",
        discussion: """
            Example: wellhead serve --data /var/lib/wellhead --port 1337

            Ends with 0 when it did what was asked, 1 when that failed, 2 when the arguments cannot be used.
            """,
        version: OpenAPIDocument.version,
        subcommands: [
            ServeCommand.self, AddCommand.self, TestCommand.self, ListCommand.self, ShowCommand.self, QueryCommand.self,
            SchemaCommand.self, RemoveCommand.self, TokenCommand.self, UserCommand.self, KeyCommand.self,
            DriversCommand.self,
        ])
}

/// A failure that a person can act on: one line on standard error.
struct CommandFailure: Error {
    var message: String
    /// Whether the command was told something that cannot be used.
    var isUsage = false

    init(_ message: String) { self.message = message }

    /// A setting that cannot be used.
    static func setting(_ message: String) -> CommandFailure {
        var failure = CommandFailure(message)
        failure.isUsage = true
        return failure
    }
}
