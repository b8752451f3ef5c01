import Foundation
import NIOConcurrencyHelpers

/// A MariaDB 10.11 server of Debian's, on a free port of the loopback.
package final class MariaDBServer: Sendable {
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

    /// The database that every login may use.
    package static let database = "wellhead"
    /// A database that exists and that no login may use.
    package static let forbiddenDatabase = "private"

    /// The port on 127.0.0.1 and ::1.
    package let port: Int
    private let configuration: NIOLockedValueBox<Configuration>
    private let folder: URL
    private let daemon = NIOLockedValueBox<Daemon?>(nil)

    private static let account = Account.unprivileged
    private var data: URL { folder.appending(path: "data") }
    private var socket: URL { folder.appending(path: "socket") }
    private var log: URL { folder.appending(path: "log") }

    private init(configuration: Configuration) throws {
        self.port = try FreePort.next()
        self.configuration = NIOLockedValueBox(configuration)
        self.folder = Workspace.makeFolder(for: "mariadb")
    }

    /// Makes an instance with the logins in it and starts it.
    package static func start(_ configuration: Configuration = Configuration()) async throws -> MariaDBServer {
        let server = try MariaDBServer(configuration: configuration)
        try account.own(server.folder)
        try await Cache.copy(template: "mariadb-10.11", to: server.data, owner: account) { folder in
            try await Command.check(
                [
                    "mariadb-install-db", "--no-defaults", "--skip-test-db", "--datadir=\(folder.path)",
                    "--auth-root-authentication-method=normal",
                ], as: account)
        }
        try await server.start()
        try await server.admin(Logins.sql, database: "mysql")
        return server
    }

    /// Starts a stopped instance on the same port, with its data. Returns when it takes logins.
    package func start() async throws {
        try Workspace.write("", to: log, owner: Self.account)
        let started = try await Daemon.start(
            ["/usr/sbin/mariadbd"] + (try options()), as: Self.account, output: log, errors: log)
        daemon.withLockedValue { $0 = started }
        try await eventually("MariaDB takes logins on port \(port)", within: .seconds(60)) {
            guard started.isRunning else { throw TestbedError("MariaDB did not start: \(self.logText)") }
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

    /// Shows another certificate from now on, to new connections.
    package func present(_ certificate: Identity) async throws {
        configuration.withLockedValue { $0.certificate = certificate }
        _ = try options()
        try await admin("flush ssl")
    }

    /// Runs SQL as root over the Unix socket, past everything that is under test: for proofs at the server. Returns
    /// the rows of all statements as text.
    @discardableResult
    package func admin(_ sql: String, database: String = MariaDBServer.database) async throws -> [[String]] {
        let outcome = try await client(sql, database: database)
        guard outcome.status == 0 else { throw TestbedError("mariadb: \(outcome.errors)") }
        return outcome.output.split(separator: "\n", omittingEmptySubsequences: true)
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The sessions of clients that are logged in now, without the one that asks; with `user`, only this login's.
    package func sessions(of user: String? = nil) async throws -> Int {
        let condition = user.map { " and user = " + Login.quoted($0, backslashes: true) } ?? ""
        let rows = try await admin(
            "select count(*) from information_schema.processlist where command <> 'Daemon' "
                + "and user <> 'system user' and id <> connection_id()" + condition)
        return rows.first?.first.flatMap { Int($0) } ?? 0
    }

    /// The id of the server's process, where it runs.
    package var pid: Int32? { daemon.withLockedValue { $0?.pid } }

    /// What the server wrote into its log.
    package var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    private func client(_ sql: String, database: String) async throws -> Command.Outcome {
        try await Command.run(
            [
                "mariadb", "--no-defaults", "--batch", "--raw", "--skip-column-names",
                "--default-character-set=utf8mb4", "--socket=\(socket.path)", "--user=root", "--database=\(database)",
            ], input: sql)
    }

    private func options() throws -> [String] {
        let configuration = configuration.withLockedValue { $0 }
        var settings = [
            "datadir": data.path,
            "socket": socket.path,
            "pid-file": folder.appending(path: "pid").path,
            "port": String(port),
            "bind-address": FreePort.loopback.joined(separator: ","),
            // Of its own: a server that starts removes what others have in the same folder.
            "tmpdir": folder.path,
            "character-set-server": "utf8mb4",
            "innodb-buffer-pool-size": "16M",
            // Not to the disk, but to the kernel with each commit: what was made before a kill is there after it.
            "innodb-flush-log-at-trx-commit": "2",
            "innodb-flush-method": "nosync",
            "max-connections": "200",
            "skip-name-resolve": "ON",
            "performance-schema": "OFF",
        ]
        if let certificate = configuration.certificate {
            let owner = Self.account
            let files = [
                ("ssl-cert", "server.crt", certificate.chainPEM),
                ("ssl-key", "server.key", certificate.keyPEM + "\n"),
                ("ssl-ca", "clients.crt", configuration.clientAuthorityPEM),
            ]
            for (option, name, text) in files {
                settings[option] = try Workspace.write(text, to: folder.appending(path: name), owner: owner).path
            }
        } else {
            settings["skip-ssl"] = "ON"
        }
        settings.merge(configuration.settings) { $1 }
        return ["--no-defaults"] + settings.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    }
}
