import Foundation

/// python-tds, a client of SQL Server that others wrote. `scripts/tds-clients` installs it.
package enum PythonTDS {
    /// Why it cannot be run here; nil where it can.
    package static let availability: String? =
        FileManager.default.fileExists(atPath: root.appending(path: "ready").path)
        ? nil : "python-tds is not in \(root.path); scripts/tds-clients puts it there."

    /// Runs a program of Python that may use pytds.
    package static func run(_ program: String) async throws -> Command.Outcome {
        try await Command.run([root.appending(path: "bin/python").path, "-c", program])
    }

    private static let root = Cache.folder.appending(path: "tds-clients")
}
