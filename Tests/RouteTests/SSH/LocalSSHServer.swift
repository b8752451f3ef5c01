import Foundation
import NIOCore
import SourceModel
import Synchronization
import Testbed

@testable import Route

/// An OpenSSH server of the tests: own host keys, own configuration, a free port on the loopback, a user of its own.
final class LocalSSHServer: Sendable {
    static let user = "wellhead-route"
    static let password = "b@stion 'pass\" wörd"

    /// Why none can run here; nil where one can.
    static let unavailable: String? =
        if geteuid() != 0 {
            "sshd lets other users in only as root"
        } else if !FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd") {
            "openssh-server is not installed"
        } else {
            nil
        }

    static var isAvailable: Bool { unavailable == nil }

    let port: Int
    let folder: URL
    private let process = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - lines: come first; where a setting occurs twice sshd takes the first.
    ///   - authorized: the public keys that may log in.
    init(
        _ lines: [String] = [], authorized: [String] = [], hostKeys: [String] = ["ed25519", "ecdsa", "rsa"]
    ) async throws {
        Self.makeUser
        port = try FreePort.next()
        folder = FileManager.default.temporaryDirectory.appending(path: "wellhead-sshd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        for kind in hostKeys {
            try Shell.run(
                ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", folder.appending(path: "host_\(kind)").path])
        }
        try (authorized.joined(separator: "\n") + "\n").write(
            to: folder.appending(path: "authorized"), atomically: true, encoding: .utf8)
        let configuration =
            ["Port \(port)", "ListenAddress 127.0.0.1"]
            + hostKeys.map { "HostKey \(folder.path)/host_\($0)" } + lines
            + [
                "UsePAM no", "StrictModes no", "PasswordAuthentication yes", "KbdInteractiveAuthentication no",
                "PubkeyAuthentication yes", "AuthorizedKeysFile \(folder.path)/authorized", "AllowTcpForwarding yes",
                "PidFile none", "UseDNS no", "MaxStartups 200", "LogLevel VERBOSE", "PrintMotd no",
            ]
        try (configuration.joined(separator: "\n") + "\n").write(
            to: folder.appending(path: "config"), atomically: true, encoding: .utf8)
        try await start()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func start() async throws {
        let process = try Shell.spawn([
            "/usr/sbin/sshd", "-D", "-f", "\(folder.path)/config", "-E", "\(folder.path)/log",
        ])
        self.process.withLock { $0 = process }
        try await eventually("sshd accepts connections") { Self.answers(port) }
    }

    /// Stops the server and the sessions that it serves.
    func stop() {
        guard let process = process.withLock({ $0 }) else { return }
        // Halted first, so that no session is forked while the list is read.
        kill(process, SIGSTOP)
        for session in sessions { kill(session, SIGKILL) }
        kill(process, SIGKILL)
        _ = waitpid(process, nil, 0)
        self.process.withLock { $0 = nil }
    }

    /// The processes below the server, at any depth.
    var sessions: [Int32] {
        guard let root = process.withLock({ $0 }) else { return [] }
        var found: [Int32] = []
        var parents = [root]
        while let parent = parents.popLast() {
            let text = (try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)) ?? ""
            let children = text.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
            found += children
            parents += children
        }
        return found
    }

    /// The processes that carry a logged-in session, one each.
    var sessionCount: Int { sessions.filter { Self.commandLine($0) == "sshd: \(Self.user) [priv]" }.count }

    /// The commands that run for the user.
    var commands: [String] { sessions.map(Self.commandLine).filter { !$0.hasPrefix("sshd: ") } }

    var log: String { (try? String(contentsOfFile: "\(folder.path)/log", encoding: .utf8)) ?? "" }

    /// `SHA256:…` of a host key.
    func fingerprint(_ kind: String) throws -> String {
        let said = try Shell.run(["ssh-keygen", "-l", "-E", "sha256", "-f", "\(folder.path)/host_\(kind).pub"])
        return said.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    }

    /// A host key as a record pins it.
    func hostKey(_ kind: String) throws -> HostKey {
        let line = try String(contentsOfFile: "\(folder.path)/host_\(kind).pub", encoding: .utf8)
        let words = line.split(separator: " ")
        return .key(type: String(words[0]), blob: Array(Data(base64Encoded: String(words[1])) ?? Data()))
    }

    func bastion(
        _ credentials: SSHCredentials = .password(Secret(LocalSSHServer.password)), hostKey: HostKey? = nil
    ) -> Bastion {
        Bastion(
            host: "127.0.0.1", port: port, username: Self.user, credentials: credentials, hostKey: hostKey)
    }

    private static func commandLine(_ process: Int32) -> String {
        let bytes = (try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))) ?? Data()
        return String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    }

    private static let makeUser: Void = {
        _ = try? Shell.run(
            ["useradd", "--system", "--shell", "/bin/sh", "--home-dir", "/tmp", "--no-create-home", user])
        _ = try? Shell.run(["chpasswd"], input: "\(user):\(password)\n")
    }()

    private static func answers(_ port: Int) -> Bool {
        Sockets.all().contains { $0.localPort == port && $0.state == .listen }
    }
}

/// What a test waits for did not come within its bound.
struct NeverHappened: Error, CustomStringConvertible {
    var description: String
}

/// Waits for a condition that another process brings about; gives up after twenty seconds.
func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(20)
    while try !condition() {
        guard ContinuousClock.now < limit else { throw NeverHappened(description: "never: \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

enum Shell {
    struct Failed: Error {
        var command: [String]
        var said: String
    }

    /// Runs a command and returns what it says on standard output.
    @discardableResult
    static func run(_ command: [String], input: String = "") throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wellhead-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let given = folder.appending(path: "input").path
        let said = folder.appending(path: "output").path
        try input.write(toFile: given, atomically: false, encoding: .utf8)
        let process = try spawn(command, input: given, output: said)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let words = (try? String(contentsOfFile: said, encoding: .utf8)) ?? ""
        guard status == 0 else { throw Failed(command: command, said: words) }
        return words
    }

    /// Starts a command; standard output and standard error go to one file.
    static func spawn(_ command: [String], input: String = "/dev/null", output: String = "/dev/null") throws -> Int32 {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&files, 1, 2)
        // A socket of another test's that a child keeps would keep that test's connection.
        for descriptor in Int32(3)..<512 { posix_spawn_file_actions_addclose(&files, descriptor) }
        var arguments = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var environment = [strdup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { environment.forEach { free($0) } }
        var process: pid_t = 0
        guard posix_spawnp(&process, command[0], &files, nil, &arguments, &environment) == 0 else {
            throw Failed(command: command, said: "cannot be started")
        }
        return process
    }
}

/// A key pair by `ssh-keygen` or `openssl`.
struct TestKey: Sendable {
    var text: String
    var publicLine: String

    /// - Parameters:
    ///   - arguments: of `ssh-keygen`.
    ///   - conversion: an `openssl` command that rewrites the private key.
    static func make(_ arguments: [String], passphrase: String = "", conversion: [String]? = nil) throws -> TestKey {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wellhead-key-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "key").path
        try Shell.run(["ssh-keygen", "-q"] + arguments + ["-N", passphrase, "-f", file])
        var publicLine = try String(contentsOfFile: file + ".pub", encoding: .utf8)
        if let conversion {
            let other = folder.appending(path: "other").path
            try Shell.run(["openssl"] + conversion.map { $0 == "OUT" ? other : $0 == "IN" ? file : $0 })
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: other)
            if conversion[0] == "genpkey" {
                publicLine = Self.ed25519Line(
                    try Shell.run(
                        ["openssl", "pkey", "-in", other, "-passin", "pass:\(passphrase)", "-pubout"]))
            }
            return TestKey(text: try String(contentsOfFile: other, encoding: .utf8), publicLine: publicLine)
        }
        return TestKey(
            text: try String(contentsOfFile: file, encoding: .utf8),
            publicLine: publicLine.trimmingCharacters(in: .newlines))
    }

    /// An `authorized_keys` line from a public key in PEM: the last 32 bytes are the key.
    private static func ed25519Line(_ pem: String) -> String {
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        let key = (Data(base64Encoded: body) ?? Data()).suffix(32)
        let blob = Data([0, 0, 0, 11]) + Data("ssh-ed25519".utf8) + Data([0, 0, 0, 32]) + key
        return "ssh-ed25519 " + blob.base64EncodedString()
    }
}
