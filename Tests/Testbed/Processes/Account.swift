import Foundation

/// The account that a server runs as. Database servers refuse root, so root hands them to `nobody`.
package struct Account: Sendable, Equatable {
    package let uid: UInt32
    package let gid: UInt32

    /// Whoever runs the tests.
    package static let current = Account(uid: getuid(), gid: getgid())
    /// Whoever runs the tests, or `nobody` where that is root.
    package static let unprivileged = current.isRoot ? Account(uid: 65_534, gid: 65_534) : current

    package var isRoot: Bool { uid == 0 }

    /// The words before a command that make it run as this account and die with the thread that started it.
    func prefix(to command: [String]) -> [String] {
        var words = ["/usr/bin/setpriv", "--pdeathsig", "KILL"]
        if self != .current {
            words += ["--reuid=\(uid)", "--regid=\(gid)", "--clear-groups"]
        }
        // The folder that the tests run in may be closed to the account.
        return words + ["--", "/usr/bin/env", "--chdir=/"] + command
    }

    /// Gives a file or folder to this account.
    package func own(_ file: URL) throws {
        guard self != .current else { return }
        guard chown(file.path, uid, gid) == 0 else {
            throw TestbedError(
                "\(file.path) could not be given to the user \(uid): \(String(cString: strerror(errno)))")
        }
    }
}

/// Why a component of the Testbed could not be used.
package struct TestbedError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
