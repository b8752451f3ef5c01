import ArgumentParser
import Foundation
import WebAPI

/// `wellhead key`: the master key.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Changes the master key.", discussion: "Example: wellhead key rotate",
        subcommands: [Rotate.self])

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new master key and wraps every record's data key with it.",
            discussion: """
                Example: wellhead key rotate --data /var/lib/wellhead

                The service must not be running. Logins with a password have to be made again.
                """)

        @OptionGroup var house: DataOption

        func run() async throws {
            let records = try await House.open(house.directory(), claiming: true).rotateKey()
            Terminal.show(
                .object([.init("rotated", .integer(records))]), asJSON: house.json,
                lines: ["The master key is new; \(records) records are wrapped with it."])
        }
    }
}
