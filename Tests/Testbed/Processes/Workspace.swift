import Foundation
import NIOConcurrencyHelpers

/// The folder below which everything of this test process lies: data, sockets, keys, logs. It is short, because the
/// path of a Unix socket may have 107 bytes, and it is removed when the process ends.
package enum Workspace {
    /// The folder of this process.
    package static let folder: URL = {
        let folder = parent.appending(path: "wellhead-\(ProcessInfo.processInfo.processIdentifier)")
        sweep(parent)
        makeFolder(folder)
        Exit.install()
        return folder
    }()

    private static let parent = URL(filePath: "/tmp")
    private static let counter = NIOLockedValueBox(0)

    /// A new folder for one component.
    package static func makeFolder(for component: String) -> URL {
        let number = counter.withLockedValue { counter in
            counter += 1
            return counter
        }
        let new = folder.appending(path: "\(component)-\(number)")
        makeFolder(new)
        return new
    }

    /// Writes a file, readable by its owner alone unless said otherwise, and gives it to the account.
    @discardableResult
    package static func write(
        _ text: String, to file: URL, mode: Int = 0o600, owner: Account = .current
    ) throws -> URL {
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        try owner.own(file)
        return file
    }

    /// Removes the folders in `parent` that test processes left behind when they crashed.
    static func sweep(_ parent: URL) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: parent.path)) ?? [] {
            let parts = name.split(separator: "-", maxSplits: 1)
            guard parts.count == 2, parts[0] == "wellhead", let owner = Int32(parts[1]), !ProcessTable.isAlive(owner)
            else { continue }
            try? files.removeItem(at: parent.appending(path: name))
        }
    }

    private static func makeFolder(_ folder: URL) {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            // Proof: without a writable temporary folder no test can run at all.
            preconditionFailure("The folder \(folder.path) could not be made: \(error)")
        }
    }
}

/// What is undone when the test process ends by `exit`: servers killed by their process ids, folders removed.
/// (When it crashes, the kernel kills the servers, and the next test process sweeps the folders.)
enum Exit {
    private struct Debts {
        var processes: Set<Int32> = []
        var folders: [URL] = []
    }

    private static let debts = NIOLockedValueBox(Debts())

    static func install() { _ = handler }

    static func owe(process: Int32) {
        install()
        debts.withLockedValue { _ = $0.processes.insert(process) }
    }

    static func paid(process: Int32) {
        debts.withLockedValue { _ = $0.processes.remove(process) }
    }

    static func owe(folder: URL) {
        install()
        debts.withLockedValue { $0.folders.append(folder) }
    }

    private static let handler: Void = {
        atexit {
            let owed = Exit.debts.withLockedValue { $0 }
            for process in owed.processes {
                for each in ProcessTable.descendants(of: process) + [process] {
                    kill(each, SIGKILL)
                }
            }
            for folder in owed.folders + [Workspace.folder] {
                try? FileManager.default.removeItem(at: folder)
            }
        }
    }()
}
