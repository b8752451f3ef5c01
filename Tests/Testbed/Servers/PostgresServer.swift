import Foundation
import NIOConcurrencyHelpers

/// A PostgreSQL 15 server of Debian's, on a free port of the loopback.
///
/// The default instance has a login for every way in and for every refusal: ``Logins``. An instance of one's own
/// takes other `pg_hba.conf` lines, settings and certificates, and may be stopped and started at will.
package final class PostgresServer: Sendable {
    /// What an instance is started with.
    package struct Configuration: Sendable {
        /// The certificate it shows; none: it does not speak TLS.
        package var certificate: Identity?
        /// The authorities whose client certificates it takes.
        package var clientAuthorityPEM: String
        /// The lines of `pg_hba.conf` for TCP connections, in order.
        package var hba: [String]
        /// Settings of `postgresql.conf`, by name.
        package var settings: [String: String]

        package init(
            certificate: Identity? = Certificates.shared.server(.good),
            clientAuthorityPEM: String = Certificates.shared.authorityPEM,
            hba: [String] = Logins.hba,
            settings: [String: String] = [:]
        ) {
            self.certificate = certificate
            self.clientAuthorityPEM = clientAuthorityPEM
            self.hba = hba
            self.settings = settings
        }
    }

    /// The database that every login may use.
    package static let database = "wellhead"
    /// A database that exists and that `pg_hba.conf` lets nobody in to.
    package static let rejectedDatabase = "fenced"
    /// A database that exists and that logins have no right to connect to.
    package static let forbiddenDatabase = "private"

    /// The port on 127.0.0.1 and ::1.
    package let port: Int
    private let configuration: NIOLockedValueBox<Configuration>
    private let folder: URL
    private let daemon = NIOLockedValueBox<Daemon?>(nil)

    private static let binaries = "/usr/lib/postgresql/15/bin"
    private static let account = Account.unprivileged
    private var data: URL { folder.appending(path: "data") }
    private var log: URL { folder.appending(path: "log") }

    private init(configuration: Configuration) throws {
        self.port = try FreePort.next()
        self.configuration = NIOLockedValueBox(configuration)
        self.folder = Workspace.makeFolder(for: "pg")
    }

    /// Makes an instance with the logins in it and starts it.
    package static func start(_ configuration: Configuration = Configuration()) async throws -> PostgresServer {
        let server = try PostgresServer(configuration: configuration)
        try account.own(server.folder)
        try await Cache.copy(template: "postgresql-15", to: server.data, owner: account) { folder in
            // "postgres" is the superuser; the folder's own mode must be 0700.
            try await Command.check(
                [
                    "\(binaries)/initdb", "--no-sync", "--username=postgres", "--auth=trust",
                    "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata=\(folder.path)",
                ], as: account)
        }
        try await server.start()
        try await server.admin(Logins.sql)
        return server
    }

    /// Starts a stopped instance on the same port, with its data. Returns when it takes logins.
    package func start() async throws {
        try writeConfiguration()
        try Workspace.write("", to: log, owner: Self.account)
        let started = try await Daemon.start(
            ["\(Self.binaries)/postgres", "-D", data.path], as: Self.account, output: log, errors: log)
        daemon.withLockedValue { $0 = started }
        try await eventually("PostgreSQL takes logins on port \(port)") {
            guard started.isRunning else { throw TestbedError("PostgreSQL did not start: \(self.logText)") }
            return try await psql("select 1", database: "postgres").status == 0
        }
    }

    /// Stops the instance; the data stay.
    package func stop(_ mode: StopMode = .orderly) async {
        guard let running = daemon.withLockedValue({ $0 }) else { return }
        switch mode {
        case .orderly:
            // The "fast" shutdown: sessions are ended with SQLSTATE 57P01.
            running.signal(SIGINT)
        case .killed:
            // The backends are killed first, so that none lives to tell its client anything.
            running.signal(SIGSTOP)
            ProcessTable.descendants(of: running.pid).forEach { kill($0, SIGKILL) }
            running.signal(SIGKILL)
        }
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
        try writeConfiguration()
        try await admin("select pg_reload_conf()")
    }

    /// Runs SQL as the superuser over the Unix socket, past everything that is under test: for proofs at the server.
    /// Returns the rows of all statements as text; NULL is the empty string.
    @discardableResult
    package func admin(_ sql: String, database: String = PostgresServer.database) async throws -> [[String]] {
        let name = sql == Logins.sql ? "postgres" : database
        let outcome = try await psql(sql, database: name)
        guard outcome.status == 0 else { throw TestbedError("psql: \(outcome.errors)") }
        // Each record ends with a zero byte, the last one too.
        return outcome.output.split(separator: "\0", omittingEmptySubsequences: false).dropLast()
            .map { $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The sessions of clients that are logged in now, without the one that asks; with `user`, only this login's.
    package func sessions(of user: String? = nil) async throws -> Int {
        let condition = user.map { " and usename = " + Login.quoted($0, backslashes: false) } ?? ""
        let rows = try await admin(
            "select count(*) from pg_stat_activity where backend_type = 'client backend' "
                + "and pid <> pg_backend_pid()" + condition)
        return rows.first?.first.flatMap { Int($0) } ?? 0
    }

    /// The id of the server's main process, where it runs.
    package var pid: Int32? { daemon.withLockedValue { $0?.pid } }

    /// What the server wrote into its log.
    package var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    private func psql(_ sql: String, database: String) async throws -> Command.Outcome {
        try await Command.run(
            [
                "\(Self.binaries)/psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only",
                "--field-separator=\u{1F}", "--record-separator-zero", "--set=ON_ERROR_STOP=1",
                "--host=\(folder.path)", "--port=\(port)", "--username=postgres", "--dbname=\(database)", "--file=-",
            ], input: sql)
    }

    private func writeConfiguration() throws {
        let configuration = configuration.withLockedValue { $0 }
        var settings = [
            "listen_addresses": FreePort.loopback.joined(separator: ","),
            "port": String(port),
            "unix_socket_directories": folder.path,
            "unix_socket_permissions": "0700",
            // Not to the disk, but to the kernel with each commit: what was made before a kill is there after it.
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "16MB",
            "dynamic_shared_memory_type": "mmap",
            "max_connections": "200",
            "logging_collector": "off",
            "log_connections": "on",
        ]
        if let certificate = configuration.certificate {
            let owner = Self.account
            try Workspace.write(certificate.chainPEM, to: folder.appending(path: "server.crt"), owner: owner)
            try Workspace.write(certificate.keyPEM + "\n", to: folder.appending(path: "server.key"), owner: owner)
            try Workspace.write(
                configuration.clientAuthorityPEM, to: folder.appending(path: "clients.crt"), owner: owner)
            settings["ssl"] = "on"
            settings["ssl_cert_file"] = folder.appending(path: "server.crt").path
            settings["ssl_key_file"] = folder.appending(path: "server.key").path
            settings["ssl_ca_file"] = folder.appending(path: "clients.crt").path
        }
        settings.merge(configuration.settings) { $1 }
        let lines = settings.sorted { $0.key < $1.key }.map { name, value in
            "\(name) = \(Login.quoted(value, backslashes: false))\n"
        }
        try Workspace.write(
            lines.joined(), to: data.appending(path: "postgresql.conf"), owner: Self.account)
        let hba =
            ["local all postgres trust"]
            + configuration.hba.filter { line in
                configuration.certificate != nil || !line.hasPrefix("hostssl")
            }
        try Workspace.write(
            hba.joined(separator: "\n") + "\n", to: data.appending(path: "pg_hba.conf"), owner: Self.account)
    }
}
