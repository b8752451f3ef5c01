import Foundation

/// Folders that are slow to make and the same every time: freshly initialised data folders. They are made once on a
/// machine and copied for each server.
enum Cache {
    /// `WELLHEAD_CACHE`, or `~/.cache/wellhead`.
    static let folder: URL = {
        let environment = ProcessInfo.processInfo.environment
        if let chosen = environment["WELLHEAD_CACHE"] { return URL(filePath: chosen) }
        return URL(filePath: environment["HOME"] ?? "/root").appending(path: ".cache/wellhead")
    }()

    /// Copies the template with this name to `target` and gives it to the account; makes the template first if there
    /// is none. `make` fills a folder that is the account's own.
    static func copy(
        template name: String, to target: URL, owner: Account, make: (URL) async throws -> Void
    ) async throws {
        let template = folder.appending(path: name)
        let files = FileManager.default
        if !files.fileExists(atPath: template.path) {
            try files.createDirectory(at: folder, withIntermediateDirectories: true)
            let fresh = Workspace.makeFolder(for: "template")
            try owner.own(fresh)
            try await make(fresh)
            // Another test or test process may do the same; whoever renames first has made the template.
            let part = folder.appending(
                path: "\(name).\(ProcessInfo.processInfo.processIdentifier).\(fresh.lastPathComponent)")
            try await Command.check(["cp", "-a", fresh.path, part.path])
            if rename(part.path, template.path) != 0 { try files.removeItem(at: part) }
            try files.removeItem(at: fresh)
        }
        try await Command.check(["cp", "-a", "--reflink=auto", template.path, target.path])
        if owner != .current {
            try await Command.check(["chown", "-R", "\(owner.uid):\(owner.gid)", target.path])
        }
    }
}

/// How a server is taken down.
package enum StopMode: Sendable {
    /// As its operator would: clients are told, files are closed.
    case orderly
    /// As a crash or a lost machine: killed, nobody is told.
    case killed
}

/// Somebody who logs in at a server.
package struct Login: Sendable, Hashable {
    package let username: String
    package let password: String

    package init(_ username: String, _ password: String) {
        self.username = username
        self.password = password
    }

    /// What a careless quoting, URL or log line breaks on.
    static let exotic = Login("ex@otic:/%#? \"us'er\"", "p@ss:/%#?\"'\\ wörd \u{1F511};$(x)`y`")

    /// The text as a literal of the servers' SQL. Backslashes are doubled where the server reads them as escapes.
    package static func quoted(_ text: String, backslashes: Bool) -> String {
        let text = backslashes ? text.replacingOccurrences(of: "\\", with: "\\\\") : text
        return "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
    }
}
