import ArgumentParser
import WebAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where the program begins: parses, runs, and ends with 0, 1 (failed), 2 (usage) or, by a signal, 128 and its number.
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
            end(0)
        } catch let failure as CommandFailure {
            Terminal.error("wellhead: \(failure.message.onOneLine)")
            end(failure.status)
        } catch {
            let code = Wellhead.exitCode(for: error)
            let message = Wellhead.fullMessage(for: error)
            if code.isSuccess {
                print(message)
                end(0)
            }
            Terminal.error(message)
            end(code == .validationFailure ? 2 : 1)
        }
    }

    /// Ends the process at once, with what was written. `exit` would first run OpenSSL's clean-up, which takes its locks
    /// away; a thread of an SSH session that is done, and waited for, yet takes one when the system ends it.
    private static func end(_ status: CInt) -> Never {
        fflush(nil)
        _exit(status)
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
    let message: String
    /// What the program ends with.
    let status: Int32

    /// - Parameter status: 1 for what failed.
    init(_ message: String, status: Int32 = 1) { (self.message, self.status) = (message, status) }

    /// A setting that cannot be used.
    static func setting(_ message: String) -> CommandFailure { CommandFailure(message, status: 2) }

    /// The end that a signal asked for, with the status that shells give it.
    static func interrupted(by signal: Int32) -> CommandFailure {
        CommandFailure("It was interrupted, and nothing was kept.", status: 128 + signal)
    }
}
