import ArgumentParser
import Foundation
import Registry
import WebAPI

/// `wellhead user`: the people who log in with a password.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Adds, lists and removes users, and sets passwords.",
        discussion: """
            Example: wellhead user add ada

            Passwords are typed at the terminal or read from standard input, never taken as an argument.
            """,
        subcommands: [Add.self, List.self, Remove.self, Password.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a user.", discussion: "Example: wellhead user add ada < password.txt")

        @Argument(help: "The user's name.")
        var name: String

        @OptionGroup var house: DataOption

        func run() async throws {
            let open = try House.open(house.directory())
            try await open.addUser(named: name, password: Terminal.newPassword(for: name))
            Terminal.show(.object([.init("added", .text(name))]), asJSON: house.json, lines: ["Added \(name)."])
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the users.", discussion: "Example: wellhead user list --json")

        @OptionGroup var house: DataOption

        func run() async throws {
            let users = try await House.open(house.directory()).users()
            let rows = users.map { user in
                AnswerNode.object([.init("name", .text(user.name)), .init("created_at", .date(user.createdAt))])
            }
            Terminal.show(
                .list(element: "item", rows), asJSON: house.json,
                lines: Terminal.table(
                    ["NAME", "CREATED"], users.map { [$0.name, $0.createdAt.formatted(.iso8601)] }))
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a user; their logins end at once.", discussion: "Example: wellhead user remove ada")

        @Argument(help: "The user's name.")
        var name: String

        @OptionGroup var house: DataOption

        func run() async throws {
            guard try await House.open(house.directory()).removeUser(named: name) else {
                throw CommandFailure("There is no user \"\(name)\".")
            }
            Terminal.show(.object([.init("removed", .text(name))]), asJSON: house.json, lines: ["Removed \(name)."])
        }
    }

    struct Password: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets a user's password; earlier logins end at once.",
            discussion: "Example: wellhead user password ada")

        @Argument(help: "The user's name.")
        var name: String

        @OptionGroup var house: DataOption

        func run() async throws {
            let open = try House.open(house.directory())
            guard try await open.setPassword(Terminal.newPassword(for: name), ofUser: name) else {
                throw CommandFailure("There is no user \"\(name)\".")
            }
            Terminal.show(
                .object([.init("changed", .text(name))]), asJSON: house.json,
                lines: ["Changed the password of \(name)."])
        }
    }
}
