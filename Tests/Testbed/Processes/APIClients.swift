import Foundation

/// What others wrote to check a service from outside, in Python; `scripts/api-clients` makes it, and the scripts that use
/// it lie in `Tests/API`.
package enum APIClients {
    /// The Python that has them.
    package static let python = Cache.folder.appending(path: "api-clients/bin/python")
    /// schemathesis' own program.
    package static let schemathesis = Cache.folder.appending(path: "api-clients/bin/schemathesis")

    /// Why there is none; nil where there is one.
    package static let availability: String? =
        FileManager.default.isExecutableFile(atPath: schemathesis.path)
        ? nil : "\(schemathesis.path) is not there; scripts/api-clients makes it."

    /// A file of `Tests/API`.
    package static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "API/\(name)").path
    }
}
