import Foundation
import NIOConcurrencyHelpers

/// Oracle's MySQL server on a free port of the loopback, run inside the folder that `scripts/mysql-root` made.
package final class MySQLServer: Sendable {
    /// What an instance is started with.
    package struct Configuration: Sendable {
        /// The certificate it shows; none: it does not speak TLS.
        package var certificate: Identity?
        /// The authorities whose client certificates it takes.
        package var clientAuthorityPEM: String
        /// Further settings, by the name of their command line option without the dashes.
        package var settings: [String: String]

        package init(
            certificate: Identity? = Certificates.shared.server(.good),
            clientAuthorityPEM: String = Certificates.shared.authorityPEM,
            settings: [String: String] = [:]
        ) {
            self.certificate = certificate
            self.clientAuthorityPEM = clientAuthorityPEM
            self.settings = settings
        }
    }

    /// Why no server can be started here; nil where one can.
    package static let availability: String? =
        if !Account.current.isRoot {
            "MySQL needs root here: it runs by chroot."
        } else if !FileManager.default.isExecutableFile(atPath: root.appending(path: "usr/sbin/mysqld").path) {
            "MySQL is not in \(root.path); scripts/mysql-root puts it there."
        } else {
            nil
        }

    /// The database that every login may use.
    package static let database = "wellhead"
    /// A database that exists and that no login may use.
    package static let forbiddenDatabase = "private"

    /// The port on 127.0.0.1 and ::1.
    package let port: Int
    private let configuration: NIOLockedValueBox<Configuration>
    /// The instance's folder as this process sees it, and as the server inside its root does.
    private let folder: URL
    private let inner: URL
    private let daemon = NIOLockedValueBox<Daemon?>(nil)

    private static let root = Cache.folder.appending(path: "mysql-root")
    private static let account = Account.unprivileged
    private var data: URL { folder.appending(path: "data") }
    private var log: URL { folder.appending(path: "log") }

    private init(configuration: Configuration) throws {
        let parent = Self.root.appending(path: "tmp")
        Workspace.sweep(parent)
        let process = "wellhead-\(ProcessInfo.processInfo.processIdentifier)"
        Exit.owe(folder: parent.appending(path: process))
        port = try FreePort.next()
        self.configuration = NIOLockedValueBox(configuration)
        folder = parent.appending(path: "\(process)/mysql-\(port)")
        inner = URL(filePath: "/tmp/\(process)/mysql-\(port)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Makes an instance with the logins in it and starts it.
    package static func start(_ configuration: Configuration = Configuration()) async throws -> MySQLServer {
        if let availability { throw TestbedError(availability) }
        let server = try MySQLServer(configuration: configuration)
        try account.own(server.folder)
        let version = try await Command.check(inside(["/usr/sbin/mysqld", "--no-defaults", "--version"]))
        let name = version.split(separator: " ").first { $0.first?.isNumber == true } ?? "unknown"
        // The initialisation runs inside the root too, so it takes place in the server's own folder.
        try await Cache.copy(template: "mysql-\(name)", to: server.data, owner: account) { template in
            let fresh = server.folder.appending(path: "fresh")
            try await Command.check(
                inside([
                    "/usr/sbin/mysqld", "--no-defaults", "--initialize-insecure",
                    "--datadir=\(server.inner.path)/fresh",
                ]))
            try await Command.check(["cp", "-a", "\(fresh.path)/.", template.path])
            try FileManager.default.removeItem(at: fresh)
        }
        try await server.start()
        try await server.admin(try await server.logins(), database: "mysql")
        return server
    }

    /// Starts a stopped instance on the same port, with its data. Returns when it takes logins.
    package func start() async throws {
        try Workspace.write("", to: log)
        let started = try await Daemon.start(
            Self.inside(["/usr/sbin/mysqld"] + (try options())), as: .current, output: log, errors: log)
        daemon.withLockedValue { $0 = started }
        try await eventually("MySQL takes logins on port \(port)", within: .seconds(90)) {
            guard started.isRunning else { throw TestbedError("MySQL did not start: \(self.logText)") }
            return try await client("select 1", database: "mysql").status == 0
        }
    }

    /// Stops the instance; the data stay.
    package func stop(_ mode: StopMode = .orderly) async {
        guard let running = daemon.withLockedValue({ $0 }) else { return }
        running.signal(mode == .orderly ? SIGTERM : SIGKILL)
        await running.ended()
        daemon.withLockedValue { $0 = nil }
    }

    /// Stops and starts the instance on the same port.
    package func restart(_ mode: StopMode = .orderly) async throws {
        await stop(mode)
        try await start()
    }

    /// Shows another certificate from now on, to new connections. MySQL itself refuses one that is not valid today.
    package func present(_ certificate: Identity) async throws {
        configuration.withLockedValue { $0.certificate = certificate }
        _ = try options()
        try await admin("alter instance reload tls")
    }

    /// Runs SQL as root over the Unix socket, past everything that is under test: for proofs at the server. Returns
    /// the rows of all statements as text.
    @discardableResult
    package func admin(_ sql: String, database: String = MySQLServer.database) async throws -> [[String]] {
        let outcome = try await client(sql, database: database)
        guard outcome.status == 0 else { throw TestbedError("mysql: \(outcome.errors)") }
        return outcome.output.split(separator: "\n", omittingEmptySubsequences: true)
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The sessions of clients that are logged in now, without the one that asks; with `user`, only this login's.
    package func sessions(of user: String? = nil) async throws -> Int {
        let condition = user.map { " and user = " + Login.quoted($0, backslashes: true) } ?? ""
        let rows = try await admin(
            "select count(*) from information_schema.processlist where command <> 'Daemon' "
                + "and user <> 'event_scheduler' and id <> connection_id()" + condition)
        return rows.first?.first.flatMap { Int($0) } ?? 0
    }

    /// Forgets the passwords that the server keeps after a first full login, so that the next one with
    /// `caching_sha2_password` goes the whole way again.
    package func forgetCachedPasswords() async throws { try await admin("flush privileges") }

    /// The id of the server's process, where it runs.
    package var pid: Int32? { daemon.withLockedValue { $0?.pid } }

    /// What the server wrote into its log.
    package var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Whether this version still has an authentication plugin: MySQL 9 dropped `mysql_native_password`.
    package func has(plugin: String) async throws -> Bool {
        let rows = try await admin(
            "select count(*) from information_schema.plugins where plugin_status = 'ACTIVE' and plugin_name = "
                + Login.quoted(plugin, backslashes: true), database: "mysql")
        return rows == [["1"]]
    }

    private func logins() async throws -> String {
        var lines = [Logins.sql]
        for (login, plugin) in [(Logins.sha256, "sha256_password"), (Logins.native, "mysql_native_password")]
        where try await has(plugin: plugin) {
            lines.append(Logins.create(login, plugin: plugin))
        }
        return lines.joined(separator: "\n")
    }

    private func client(_ sql: String, database: String) async throws -> Command.Outcome {
        try await Command.run(
            Self.inside([
                "/usr/bin/mysql", "--no-defaults", "--batch", "--raw", "--skip-column-names",
                "--default-character-set=utf8mb4", "--socket=\(inner.path)/socket", "--user=root",
                "--database=\(database)",
            ]), input: sql)
    }

    /// The words that run a program inside the root as the unprivileged account, to die with the thread that started
    /// it. The change of account clears that wish, so it comes last, by the root's own `setpriv`.
    private static func inside(_ command: [String]) -> [String] {
        [
            "/usr/sbin/chroot", root.path, "/usr/bin/setpriv", "--reuid=\(account.uid)", "--regid=\(account.gid)",
            "--clear-groups", "--pdeathsig", "KILL", "--",
        ] + command
    }

    private func options() throws -> [String] {
        let configuration = configuration.withLockedValue { $0 }
        var settings = [
            "datadir": "\(inner.path)/data",
            "socket": "\(inner.path)/socket",
            "pid-file": "\(inner.path)/pid",
            "tmpdir": inner.path,
            "port": String(port),
            "bind-address": FreePort.loopback.joined(separator: ","),
            "mysqlx": "OFF",
            "innodb-buffer-pool-size": "16M",
            // Not to the disk, but to the kernel with each commit: what was made before a kill is there after it.
            "innodb-flush-log-at-trx-commit": "2",
            "innodb-flush-method": "nosync",
            "disable-log-bin": "ON",
            "max-connections": "200",
            "skip-name-resolve": "ON",
            "performance-schema": "OFF",
            "secure-file-priv": "NULL",
        ]
        if let certificate = configuration.certificate {
            let files = [
                ("ssl-cert", "server.crt", certificate.chainPEM),
                ("ssl-key", "server.key", certificate.keyPEM + "\n"),
                ("ssl-ca", "clients.crt", configuration.clientAuthorityPEM),
            ]
            for (option, name, text) in files {
                try Workspace.write(text, to: folder.appending(path: name), owner: Self.account)
                settings[option] = "\(inner.path)/\(name)"
            }
        } else {
            settings["tls-version"] = ""
        }
        settings.merge(configuration.settings) { $1 }
        return ["--no-defaults"] + settings.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    }
}
