import Foundation
import Testbed

/// What a command took, as the system says it.
struct TimedCommand {
    var seconds: Double
    /// User and system time.
    var processor: Double
    /// The most memory that it held, in bytes.
    var memory: Int

    /// Runs a command whose output nobody wants.
    static func run(_ command: [String], environment: [String] = []) async throws -> TimedCommand {
        let report = Workspace.makeFolder(for: "time").appending(path: "report")
        try await Command.check(
            [
                "/usr/bin/env"
            ] + environment + [
                "/bin/sh", "-c", "exec /usr/bin/time -f '%e %U %S %M' -o \"$0\" \"$@\" > /dev/null", report.path,
            ] + command)
        let text = try String(contentsOf: report, encoding: .utf8)
        let numbers = text.split(separator: "\n").last?.split(separator: " ").compactMap { Double($0) } ?? []
        guard numbers.count == 4 else { throw TestbedError("\(command[0]) was not measured: \(text)") }
        return TimedCommand(seconds: numbers[0], processor: numbers[1] + numbers[2], memory: Int(numbers[3]) << 10)
    }
}
