import ArgumentParser
import Foundation
import Registry
import WebAPI

/// `wellhead token`: the named tokens of programs that call the service.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Creates, lists and revokes API tokens.",
        discussion: "Example: wellhead token create backup-job --days 90",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token and shows it, once.",
            discussion: "Example: wellhead token create backup-job --days 90")

        @Argument(help: "A name; records show it as created_by and updated_by.")
        var name: String

        @Option(help: "Days until it expires (default: it does not).")
        var days: Int?

        @OptionGroup var house: DataOption

        func validate() throws {
            guard days.map({ (1...3650).contains($0) }) ?? true else {
                throw ValidationError("--days takes a number from 1 to 3650.")
            }
        }

        func run() async throws {
            let expires = days.map { Date().addingTimeInterval(Double($0) * 86_400) }
            let token = try await House.open(house.directory()).createToken(named: name, expires: expires)
            Terminal.show(
                .object([.init("name", .text(name)), .init("token", .text(token)), .init("expires_at", .date(expires))]
                ),
                asJSON: house.json, lines: [token])
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tokens, without showing them.", discussion: "Example: wellhead token list --json")

        @OptionGroup var house: DataOption

        func run() async throws {
            let tokens = try await House.open(house.directory()).tokens()
            let rows = tokens.map { token in
                AnswerNode.object([
                    .init("name", .text(token.name)), .init("created_at", .date(token.createdAt)),
                    .init("expires_at", .date(token.expiresAt)),
                ])
            }
            Terminal.show(
                .list(element: "item", rows), asJSON: house.json,
                lines: Terminal.table(
                    ["NAME", "CREATED", "EXPIRES"],
                    tokens.map {
                        [$0.name, $0.createdAt.formatted(.iso8601), $0.expiresAt?.formatted(.iso8601) ?? "never"]
                    }
                ))
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token worthless at once.", discussion: "Example: wellhead token revoke backup-job")

        @Argument(help: "The token's name.")
        var name: String

        @OptionGroup var house: DataOption

        func run() async throws {
            guard try await House.open(house.directory()).revokeToken(named: name) else {
                throw CommandFailure("There is no token \"\(name)\".")
            }
            Terminal.show(
                .object([.init("revoked", .text(name))]), asJSON: house.json, lines: ["Revoked \(name)."])
        }
    }
}
