import Foundation
import NIOConcurrencyHelpers

/// SecantusDB, which takes MongoDB's commands, on a free port of the loopback: a peer that others wrote, for no MongoDB can
/// be had here. `scripts/mongo-peer` installs it.
package final class MongoServer: Sendable {
    /// What an instance is started with.
    package struct Configuration: Sendable {
        /// The certificate it shows; none: it does not speak TLS.
        package var certificate: Identity?
        /// Whether it speaks to nobody without a client certificate.
        package var requiresClientCertificate: Bool
        /// Whether it says that it is the primary of the replica set `secantus`, of which it is the only member.
        package var isReplicaSet: Bool
        /// Whether nobody has to log in.
        package var isOpen: Bool

        package init(
            certificate: Identity? = nil, requiresClientCertificate: Bool = false, isReplicaSet: Bool = false,
            isOpen: Bool = false
        ) {
            self.certificate = certificate
            self.requiresClientCertificate = requiresClientCertificate
            self.isReplicaSet = isReplicaSet
            self.isOpen = isOpen
        }
    }

    /// Why no server can be started here; nil where one can.
    package static let availability: String? =
        FileManager.default.fileExists(atPath: root.appending(path: "ready").path)
        ? nil : "MongoDB's peer is not in \(root.path); scripts/mongo-peer puts it there."

    /// The database that every login may use.
    package static let database = "wellhead"
    /// The port on 127.0.0.1.
    package let port: Int
    private let configuration: Configuration
    private let folder: URL
    private let daemon = NIOLockedValueBox<Daemon?>(nil)

    private static let root = Cache.folder.appending(path: "mongo-peer-0.7.0b3")
    private var data: URL { folder.appending(path: "data") }
    private var log: URL { folder.appending(path: "log") }

    private init(_ configuration: Configuration) throws {
        port = try FreePort.next()
        self.configuration = configuration
        folder = Workspace.makeFolder(for: "mongo")
    }

    /// Makes an instance with the logins and some collections in it and starts it.
    package static func start(_ configuration: Configuration = Configuration()) async throws -> MongoServer {
        if let availability { throw TestbedError(availability) }
        let server = try MongoServer(configuration)
        try await Cache.copy(template: "mongo-data-4", to: server.data, owner: .current) { folder in
            // Users can be made only while nobody has to log in.
            let maker = try MongoServer(Configuration(isOpen: true))
            try await Command.check(["ln", "-s", folder.path, maker.data.path])
            try await maker.start()
            try await maker.admin(Logins.commands)
            try await maker.admin(Samples.commands)
            await maker.stop()
        }
        try await server.start()
        return server
    }

    /// Starts a stopped instance on the same port, with its data. Returns when it listens.
    package func start() async throws {
        try Workspace.write("", to: log)
        let started = try await Daemon.start(
            [Self.root.appending(path: "bin/secantusd-py").path, "--config", try settings().path], as: .current,
            output: log, errors: log)
        daemon.withLockedValue { $0 = started }
        try await eventually("MongoDB's peer listens on port \(port)", within: .seconds(90)) {
            guard started.isRunning else { throw TestbedError("MongoDB's peer did not start: \(self.logText)") }
            return logText.contains("listening on")
        }
    }

    /// Stops the instance; the data stay.
    package func stop(_ mode: StopMode = .orderly) async {
        guard let running = daemon.withLockedValue({ $0 }) else { return }
        running.signal(mode == .orderly ? SIGTERM : SIGKILL)
        await running.ended()
        daemon.withLockedValue { $0 = nil }
    }

    /// What the server wrote into its log.
    package var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Runs commands by pymongo as the superuser, past everything that is under test. Each is a database's name and a
    /// command in Extended JSON; so are the answers, of which every one has to be `ok`.
    @discardableResult
    package func admin(_ commands: [(database: String, command: String)]) async throws -> [JSON] {
        let lines = commands.map { "\($0.database)\t\($0.command)\n" }.joined()
        var arguments = ["127.0.0.1", String(port)]
        if !configuration.isOpen { arguments += [Logins.superuser.username, Logins.superuser.password] }
        var environment: [String: String] = [:]
        if configuration.certificate != nil {
            let client = try Certificates.shared.client("pymongo")
            environment["TLS_CA"] = try write(Certificates.shared.authorityPEM, "admin-ca.pem")
            environment["TLS_CLIENT"] = try write(client.chainPEM + client.keyPEM + "\n", "admin.pem")
        }
        let said = try await Command.check(
            [Self.pythonProgram, "-c", Self.program] + arguments, input: lines, environment: environment)
        return try said.split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    /// The Python that has pymongo.
    package static var pythonProgram: String { root.appending(path: "bin/python").path }

    /// Runs a program of Python that may use pymongo; gives what it prints.
    package static func python(_ program: String, _ arguments: [String]) async throws -> String {
        try await Command.check([pythonProgram, "-c", program] + arguments)
    }

    /// Runs one command by pymongo as the superuser.
    @discardableResult
    package func admin(_ command: String, on database: String = MongoServer.database) async throws -> JSON {
        try await admin([(database, command)]).first ?? .null
    }

    /// A connection as the server sees it.
    package struct Session: Sendable, Equatable {
        /// Who logged in; nil where nobody did.
        package var user: String?
    }

    /// The connections whose client calls itself so (`client.application.name` of `hello`).
    package func sessions(named name: String) async throws -> [Session] {
        try await admin(#"{"currentOp": 1}"#, on: "admin")["inprog"].list
            .filter { $0["clientMetadata"]["application"]["name"].text == name }
            .map { Session(user: $0["effectiveUsers"].list.first?["user"].text) }
    }

    /// The least that a data source for it needs.
    package func body(as login: Login = Logins.reader) -> JSON {
        [
            "driver": "mongo", "host": "127.0.0.1", "port": "\(port)", "username": "\(login.username)",
            "password": login.password.isEmpty ? .null : "\(login.password)", "database": "\(Self.database)",
        ]
    }

    private func write(_ text: String, _ name: String) throws -> String {
        try Workspace.write(text, to: folder.appending(path: name)).path
    }

    private func settings() throws -> URL {
        var lines = [
            "[server]", "host = \"127.0.0.1\"", "port = \(port)", "storage_path = \"\(data.path)\"",
            "auth = \(!configuration.isOpen)", "standalone = \(!configuration.isReplicaSet)", "[storage]",
            "cache_size = \"64M\"",
        ]
        if let certificate = configuration.certificate {
            lines += [
                "[tls]", "cert_file = \"\(try write(certificate.chainPEM, "server.crt"))\"",
                "key_file = \"\(try write(certificate.keyPEM + "\n", "server.key"))\"",
                "ca_file = \"\(try write(Certificates.shared.authorityPEM, "clients.crt"))\"",
                "require_client_cert = \(configuration.requiresClientCertificate)",
            ]
        }
        return try Workspace.write(lines.joined(separator: "\n") + "\n", to: folder.appending(path: "settings.toml"))
    }

    /// Reads a database's name and a command from each line, and writes the answers.
    private static let program = """
        import os, sys
        from bson import json_util
        from pymongo import MongoClient
        host, port, *login = sys.argv[1:]
        options = {"serverSelectionTimeoutMS": 60000, "directConnection": True}
        if login: options.update(username=login[0], password=login[1])
        if "TLS_CA" in os.environ:
            options.update(tls=True, tlsCAFile=os.environ["TLS_CA"], tlsCertificateKeyFile=os.environ["TLS_CLIENT"])
        client = MongoClient(host, int(port), **options)
        for line in sys.stdin:
            database, command = line.rstrip("\\n").split("\\t", 1)
            command = json_util.loads(command)
            print(json_util.dumps(client[database].command(command), json_options=json_util.RELAXED_JSON_OPTIONS))
        """
}
