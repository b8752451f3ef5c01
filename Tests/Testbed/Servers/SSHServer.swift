import Foundation
import NIOConcurrencyHelpers

/// An SSH server (Debian's OpenSSH) on a free port of the loopback: the bastion. Needs root, because it lets a user of
/// its own log in by password; ``availability`` says so.
package final class SSHServer: Sendable {
    /// What the server asks for.
    package enum Methods: Sendable {
        /// A password or a key.
        case passwordOrKey
        case passwordOnly
        case keyOnly
        /// A key and then the password.
        case keyAndPassword
        /// The password by questions and answers, through PAM.
        case keyboardInteractive

        fileprivate var lines: [String] {
            switch self {
            case .passwordOrKey: ["PasswordAuthentication yes", "PubkeyAuthentication yes"]
            case .passwordOnly: ["PasswordAuthentication yes", "PubkeyAuthentication no"]
            case .keyOnly: ["PasswordAuthentication no", "PubkeyAuthentication yes"]
            case .keyAndPassword:
                [
                    "PasswordAuthentication yes", "PubkeyAuthentication yes",
                    "AuthenticationMethods publickey,password",
                ]
            case .keyboardInteractive:
                ["PasswordAuthentication no", "PubkeyAuthentication no", "KbdInteractiveAuthentication yes"]
            }
        }
    }

    /// The kinds of host keys.
    package enum HostKeyKind: String, CaseIterable, Sendable {
        case ed25519
        case ecdsa
        case rsa
    }

    /// What a server is started with.
    package struct Configuration: Sendable {
        package var methods: Methods
        /// `AllowTcpForwarding`: `yes`, `no` or `local`.
        package var forwarding: String
        /// `PermitOpen`: `host:port`; empty: anything.
        package var permitOpen: [String]
        package var hostKeys: [HostKeyKind]
        /// Further lines of `sshd_config`, `KexAlgorithms …` for example.
        package var lines: [String]

        package init(
            methods: Methods = .passwordOrKey, forwarding: String = "yes", permitOpen: [String] = [],
            hostKeys: [HostKeyKind] = HostKeyKind.allCases, lines: [String] = []
        ) {
            self.methods = methods
            self.forwarding = forwarding
            self.permitOpen = permitOpen
            self.hostKeys = hostKeys
            self.lines = lines
        }
    }

    /// The user who logs in, with the password.
    package static let login = Login("wellhead-bastion", "b@stion 'pass\" wörd")

    /// Why no server can be started here; nil where one can.
    package static let availability: String? =
        if !Account.current.isRoot {
            "The SSH server needs root, for a user of its own."
        } else if !FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd") {
            "Debian's openssh-server is not installed."
        } else {
            nil
        }

    /// The port on 127.0.0.1 and ::1.
    package let port: Int
    /// The keys that may log in, and one that may not.
    package let keys: SSHKeys
    private let configuration: Configuration
    private let folder: URL
    private let daemon = NIOLockedValueBox<Daemon?>(nil)
    private var log: URL { folder.appending(path: "log") }

    private init(configuration: Configuration, keys: SSHKeys) throws {
        self.port = try FreePort.next()
        self.configuration = configuration
        self.keys = keys
        self.folder = Workspace.makeFolder(for: "sshd")
    }

    /// Starts a server with host keys of its own.
    package static func start(_ configuration: Configuration = Configuration()) async throws -> SSHServer {
        if let availability { throw TestbedError(availability) }
        try await BastionUser.shared.exists()
        let server = try SSHServer(configuration: configuration, keys: try await Testbed.shared.sshKeys())
        try await server.changeHostKeys()
        try await server.start()
        return server
    }

    /// Starts a stopped server on the same port, with the host keys that it had.
    package func start() async throws {
        try writeConfiguration()
        let started = try await Daemon.start(
            ["/usr/sbin/sshd", "-D", "-e", "-f", folder.appending(path: "config").path],
            as: .current, output: log, errors: log)
        daemon.withLockedValue { $0 = started }
        try await eventually("sshd listens on port \(port)") {
            guard started.isRunning else { throw TestbedError("sshd did not start: \(self.logText)") }
            return Sockets.listeningPorts(of: started.pid).contains(port)
        }
    }

    /// Stops the server and every session that it serves: the bastion is gone.
    package func stop() async {
        guard let running = daemon.withLockedValue({ $0 }) else { return }
        // Halted first, so that no new session is forked while the list is read.
        running.signal(SIGSTOP)
        let sessions = ProcessTable.descendants(of: running.pid)
        sessions.forEach { kill($0, SIGKILL) }
        running.signal(SIGKILL)
        await running.ended()
        daemon.withLockedValue { $0 = nil }
    }

    /// Stops and starts the server on the same port.
    package func restart() async throws {
        await stop()
        try await start()
    }

    /// Makes new host keys; they are shown after the next start.
    package func changeHostKeys() async throws {
        for kind in HostKeyKind.allCases {
            let file = hostKeyFile(kind)
            try? FileManager.default.removeItem(at: file)
            try await Command.check(
                ["ssh-keygen", "-q", "-t", kind.rawValue, "-N", "", "-C", "host", "-f", file.path]
                    + (kind == .rsa ? ["-b", "2048"] : []))
        }
    }

    /// The public host key's line (`ssh-ed25519 AAAA…`).
    package func hostKeyLine(_ kind: HostKeyKind) throws -> String {
        let line = try String(contentsOf: hostKeyFile(kind).appendingPathExtension("pub"), encoding: .utf8)
        return line.split(separator: " ").prefix(2).joined(separator: " ")
    }

    /// The fingerprint (`SHA256:…`) of the host key.
    package func hostKeyFingerprint(_ kind: HostKeyKind) async throws -> String {
        let file = hostKeyFile(kind).appendingPathExtension("pub")
        let said = try await Command.check(["ssh-keygen", "-l", "-E", "sha256", "-f", file.path])
        return said.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    }

    /// The ids of the processes that serve logged-in sessions, one each, once a program ran in them: sshd names them
    /// differently before.
    package func sessions() -> [Int32] {
        pid.map(ProcessTable.descendants(of:))?.filter { process in
            ProcessTable.commandLine(of: process).hasPrefix("sshd: \(Self.login.username)@")
        } ?? []
    }

    /// The number of connections that the server's sessions hold open to a port: its forwarded channels there.
    package func forwards(to port: Int) -> Int {
        let processes = Set(pid.map(ProcessTable.descendants(of:)) ?? []).subtracting(relays())
        return processes.reduce(0) { $0 + Sockets.connections(to: port, heldBy: $1) }
    }

    /// The ids of the relay commands (`nc`) that run below the server's sessions.
    package func relays() -> [Int32] {
        pid.map(ProcessTable.descendants(of:))?.filter { process in
            let words = ProcessTable.commandLine(of: process).split(separator: " ")
            return words.first.map { $0.split(separator: "/").last == "nc" } ?? false
        } ?? []
    }

    /// The id of the server's main process, where it runs.
    package var pid: Int32? { daemon.withLockedValue { $0?.pid } }

    /// What the server wrote into its log.
    package var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    private func hostKeyFile(_ kind: HostKeyKind) -> URL { folder.appending(path: "host_\(kind.rawValue)") }

    private func writeConfiguration() throws {
        // sshd insists on this folder, and Debian makes it only when its service starts.
        try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        let authorized = folder.appending(path: "authorized_keys")
        try Workspace.write(keys.authorized, to: authorized, mode: 0o644)
        try Workspace.write("", to: log)
        var lines = ["Port \(port)"]
        lines += FreePort.loopback.map { "ListenAddress \($0.contains(":") ? "[\($0)]" : $0)" }
        lines += configuration.hostKeys.map { "HostKey \(hostKeyFile($0).path)" }
        // Where a setting occurs twice sshd takes the first, so a test's own lines come before ours.
        lines += configuration.lines
        lines += configuration.methods.lines
        lines +=
            configuration.permitOpen.isEmpty ? [] : ["PermitOpen " + configuration.permitOpen.joined(separator: " ")]
        lines += [
            "AllowTcpForwarding \(configuration.forwarding)",
            "AuthorizedKeysFile \(authorized.path)",
            "UsePAM \(configuration.methods.usesPAM ? "yes" : "no")",
            "KbdInteractiveAuthentication no",
            "StrictModes no",
            "PidFile none",
            "LogLevel VERBOSE",
            "PrintMotd no",
            "PermitTunnel no",
            "X11Forwarding no",
            "UseDNS no",
            "MaxStartups 200",
            "MaxSessions 100",
            "PerSourceMaxStartups none",
            "Subsystem sftp internal-sftp",
        ]
        try Workspace.write(lines.joined(separator: "\n") + "\n", to: folder.appending(path: "config"))
    }
}

extension SSHServer.Methods {
    fileprivate var usesPAM: Bool {
        switch self {
        case .keyboardInteractive: true
        case .passwordOrKey, .passwordOnly, .keyOnly, .keyAndPassword: false
        }
    }
}

/// The machine's user that logs in at the bastion: made once on a machine and used again.
private actor BastionUser {
    static let shared = BastionUser()

    private var making: Task<Void, any Error>?

    func exists() async throws {
        let task = making ?? Task { try await Self.make() }
        making = task
        try await task.value
    }

    private static func make() async throws {
        // Several test processes may come here at once; the lock is the kernel's and falls with the process.
        let login = SSHServer.login
        let script = """
            set -euo pipefail
            exec 9>/run/lock/wellhead-bastion
            flock 9
            if ! getent passwd "$1" >/dev/null; then
                useradd --system --shell /bin/sh --home-dir /tmp --no-create-home --comment 'Wellhead tests' "$1"
            fi
            chpasswd
            """
        try await Command.check(
            ["bash", "-c", script, "bash", login.username], input: "\(login.username):\(login.password)\n")
    }
}
