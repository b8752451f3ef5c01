import Foundation

/// A real Chromium, driven by the Python scripts in `Tests/Browser`.
package enum Browser {
    /// The Python that drives it; `scripts/browser-python` makes it.
    package static let python = Cache.folder.appending(path: "browser-python/bin/python")

    /// Why there is none; nil where there is one.
    package static let availability: String? =
        if !FileManager.default.isExecutableFile(atPath: "/usr/bin/chromedriver") {
            "Debian's chromium-driver is not installed."
        } else if !FileManager.default.isExecutableFile(atPath: python.path) {
            "\(python.path) is not there; scripts/browser-python makes it."
        } else {
            nil
        }

    /// The repository's folder.
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Where the pictures go: `artefacts/screenshots`.
    package static var pictures: URL {
        get throws {
            let folder = root.appending(path: "artefacts/screenshots", directoryHint: .isDirectory)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            return folder
        }
    }

    /// One step of a journey, and how it went.
    package struct Step: Sendable {
        package let name: String
        /// What was wrong; nil where nothing was.
        package let complaint: String?
    }

    /// Runs a script of `Tests/Browser` with its configuration, and gives its steps.
    package static func run(_ script: String, _ configuration: JSON) async throws -> [Step] {
        let folder = Workspace.makeFolder(for: "browser")
        let file = try Workspace.write(try configuration.document, to: folder.appending(path: "configuration.json"))
        let outcome = try await Command.run(
            [python.path, root.appending(path: "Tests/Browser/\(script)").path, file.path],
            environment: ["PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"])
        print(outcome.output)
        var steps: [Step] = []
        for line in outcome.output.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 2).map(String.init)
            switch parts.first {
            case "passed" where parts.count == 3: steps.append(Step(name: parts[1], complaint: nil))
            case "failed" where parts.count == 3: steps.append(Step(name: parts[1], complaint: parts[2]))
            case "skipped" where parts.count == 2: steps.append(Step(name: parts[1], complaint: "was not come to"))
            default:
                // A complaint of several lines goes on.
                guard let last = steps.popLast() else { continue }
                steps.append(Step(name: last.name, complaint: last.complaint.map { $0 + "\n" + line }))
            }
        }
        let isWhole = outcome.status == (steps.allSatisfy { $0.complaint == nil } ? 0 : 1)
        guard isWhole, !steps.isEmpty else {
            throw TestbedError("\(script) ended with \(outcome.status): \(outcome.errors.suffix(4000))")
        }
        return steps
    }
}
