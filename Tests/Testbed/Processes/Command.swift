import Foundation

/// A program that runs to its end: clients, key makers, set-up steps.
package enum Command {
    /// What a program left behind.
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// Runs a program and returns what it said, whatever its exit status.
    ///
    /// Output goes through files, so a program that says much cannot block. The environment is the given one alone,
    /// added to `PATH`, `HOME` and `LC_ALL=C.UTF-8`.
    package static func run(
        _ command: [String], input: String = "", environment: [String: String] = [:], as account: Account = .current
    ) async throws -> Outcome {
        let folder = Workspace.makeFolder(for: "run")
        defer { try? FileManager.default.removeItem(at: folder) }
        let output = folder.appending(path: "out")
        let errors = folder.appending(path: "err")
        let source = try Workspace.write(input, to: folder.appending(path: "in"))
        _ = try Workspace.write("", to: output)
        _ = try Workspace.write("", to: errors)
        let daemon = try await Daemon.start(
            command, environment: environment, as: account, input: source, output: output, errors: errors)
        let status = await daemon.ended()
        return Outcome(
            status: status, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }

    /// Runs a program that must succeed and returns its output.
    @discardableResult
    package static func check(
        _ command: [String], input: String = "", environment: [String: String] = [:], as account: Account = .current
    ) async throws -> String {
        let outcome = try await run(command, input: input, environment: environment, as: account)
        guard outcome.status == 0 else {
            throw TestbedError(
                "\(command[0]) ended with \(outcome.status): \(outcome.errors)\(outcome.output.suffix(2000))")
        }
        return outcome.output
    }
}
