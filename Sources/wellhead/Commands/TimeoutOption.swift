import ArgumentParser

/// How long a test may take.
struct TimeoutOption: ParsableArguments {
    @Option(help: "Seconds for the whole test, up to 60 (default: 10).")
    var timeout: Int?

    func validate() throws {
        if let timeout, !(1...60).contains(timeout) { throw ValidationError("--timeout takes 1 to 60 seconds.") }
    }

    /// The parameter of a call.
    var query: [(String, String)] { timeout.map { [("timeout", String($0))] } ?? [] }
}
