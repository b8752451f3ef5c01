import ArgumentParser
import SourceModel
import WebAPI

/// `wellhead drivers`: what data sources there can be.
struct DriversCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drivers",
        abstract: "Lists the drivers, with their fields, options and security schemes.",
        discussion: "Example: wellhead drivers --json")

    @Flag(help: "Writes the result as JSON.")
    var json = false

    func run() throws {
        let catalog = DriverCatalog.answer
        guard case .list(_, let drivers) = catalog else { return }
        let rows = drivers.map { driver in
            ["driver", "name", "port"].map { field in
                if case .text(let text)? = driver[field] { text } else { "" }
            }
        }
        Terminal.show(catalog, asJSON: json, lines: Terminal.table(["DRIVER", "NAME", "PORT"], rows))
    }
}
