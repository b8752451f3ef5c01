import ArgumentParser
import Foundation

/// The data directory, for commands that work on it directly. They may run beside a running service.
struct DataOption: ParsableArguments {
    @Option(help: "The service's data directory (default: ./data; WELLHEAD_DATA).")
    var data: String?

    @Flag(help: "Writes the result as JSON.")
    var json = false

    /// The directory; it has to be there already.
    func directory() throws -> URL {
        let path = data ?? ProcessInfo.processInfo.environment["WELLHEAD_DATA"] ?? "data"
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw CommandFailure("There is no data directory \(path); name it with --data, or start the service first.")
        }
        return URL(filePath: path, directoryHint: .isDirectory)
    }
}
