import Foundation
import Testbed

extension WellheadService {
    /// Runs one of the program's commands against this service, as its admin.
    func command(_ words: [String], input: String = "") async throws -> Command.Outcome {
        try await Command.run(
            [Self.program] + words + [
                "--server", address, "--token-file", data.appending(path: "admin.token").path,
            ], input: input)
    }
}
