import Foundation
import NIOConcurrencyHelpers

/// A stand-in for SQL Server, which cannot be installed here: the program `Tests/StandIns/sqlserver.py`, on a free port of
/// the loopback. What a test proves with it is said by the program's first lines.
package final class SQLServerStandIn: Sendable {
    /// What the server says about TLS.
    package enum Encryption: String, Sendable, CaseIterable {
        /// The login alone is encrypted, all of it for clients that want that: SQL Server as it is installed.
        case off
        /// Nobody gets in without TLS.
        case required
        /// There is no TLS.
        case notSupported = "not_supported"
        /// TLS comes before everything else (TDS 8.0).
        case strict
    }

    /// The logins that an instance has.
    package enum Logins {
        /// Reads, and may not see plans.
        package static let reader = Login("reader", "reader pass")
        /// Reads, and may see plans.
        package static let planner = Login("planner", "planner pass")
        /// Writes.
        package static let writer = Login("writer", "writer pass")
        /// The sysadmin.
        package static let chief = Login("sa", "chief pass")
        /// Needs a client certificate of its name.
        package static let certificate = Login("cert", "")
        /// What a careless quoting breaks on.
        package static let exotic = Login.exotic
        /// Is sent on to the place that ``Configuration/route`` says.
        package static let routed = Login("routed", "routed pass")
    }

    /// What an instance is started with.
    package struct Configuration: Sendable {
        package var encryption = Encryption.off
        /// The certificate it shows.
        package var certificate = Certificates.shared.server(.good)
        /// Where the login ``Logins/routed`` is sent on to.
        package var route: (host: String, port: Int)?
        /// The addresses on which it listens.
        package var hosts = FreePort.loopback
        /// The address on which the SQL Browser answers; none: there is none.
        package var browserHost: String?
        /// A folder for the bytes that clients send.
        package var records: URL?

        package init() {}
    }

    /// What the stand-in knows of one connection.
    package struct Session: Sendable, Equatable {
        package var user: String
        package var program: String
        /// `TLSv1.2`, where all of the session is encrypted.
        package var tls: String?
        /// `TLSv1.2`, where the login was.
        package var loginTLS: String?
        /// The common name of the client's certificate.
        package var clientSubject: String?
        package var applicationProtocol: String?
        package var readOnlyIntent: Bool
        package var server: String
        /// The texts that were sent.
        package var statements: [String]
        /// Of them, in parts, what was run and not only planned or described.
        package var ran: [String]
        package var attentions: Int
        package var resets: Int
    }

    /// The port on 127.0.0.1 and ::1.
    package let port: Int
    private let configuration: Configuration
    private let folder: URL
    private let daemon = NIOLockedValueBox<Daemon?>(nil)

    private init(_ configuration: Configuration) throws {
        port = try FreePort.next()
        self.configuration = configuration
        folder = Workspace.makeFolder(for: "sqlserver-stand-in")
    }

    /// Starts an instance; returns when it takes connections.
    package static func start(_ configure: (inout Configuration) -> Void = { _ in }) async throws -> SQLServerStandIn {
        var configuration = Configuration()
        configure(&configuration)
        let server = try SQLServerStandIn(configuration)
        try await server.start()
        return server
    }

    private static let program = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../StandIns/sqlserver.py").standardized

    /// Starts a stopped instance on its port.
    package func start() async throws {
        let ready = folder.appending(path: "ready")
        try? FileManager.default.removeItem(at: ready)
        let settings = try Workspace.write(try settings().document, to: folder.appending(path: "settings.json"))
        let log = try Workspace.write("", to: folder.appending(path: "log"))
        let started = try await Daemon.start(
            ["python3", Self.program.path, settings.path], as: .current, output: log, errors: log)
        daemon.withLockedValue { $0 = started }
        try await eventually("the stand-in for SQL Server takes connections", within: .seconds(60)) {
            guard started.isRunning else {
                throw TestbedError("it did not start: \((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
            }
            return FileManager.default.fileExists(atPath: ready.path)
        }
    }

    private func settings() throws -> JSON {
        let certificate = configuration.certificate
        let chain = try Workspace.write(certificate.chainPEM, to: folder.appending(path: "server.crt"))
        let key = try Workspace.write(certificate.keyPEM + "\n", to: folder.appending(path: "server.key"))
        let authority = try Workspace.write(
            Certificates.shared.authorityPEM, to: folder.appending(path: "clients.crt"))
        let logins = [
            Logins.reader, Logins.planner, Logins.writer, Logins.chief, Logins.certificate, Logins.exotic,
            Logins.routed,
        ]
        let route = configuration.route.map { JSON.list([.text($0.host), .number(Double($0.port))]) }
        return [
            "port": .number(Double(port)), "hosts": .list(configuration.hosts.map { .text($0) }),
            "folder": .text(folder.path), "encryption": .text(configuration.encryption.rawValue),
            "certificate": .text(chain.path), "key": .text(key.path), "client_ca": .text(authority.path),
            "logins": .object(Dictionary(uniqueKeysWithValues: logins.map { ($0.username, .text($0.password)) })),
            "certificate_users": .list([.text(Logins.certificate.username)]),
            "planners": .list([Logins.planner, Logins.chief].map { .text($0.username) }),
            "powers": .object([Logins.writer.username: 1, Logins.chief.username: 2]),
            "routes": route.map { .object([Logins.routed.username: $0]) } ?? [:],
            "browser_host": configuration.browserHost.map { .text($0) } ?? .null,
            "records": configuration.records.map { .text($0.path) } ?? .null,
        ]
    }

    /// Stops the instance.
    package func stop(_ mode: StopMode = .orderly) async {
        guard let running = daemon.withLockedValue({ $0 }) else { return }
        running.signal(mode == .orderly ? SIGTERM : SIGKILL)
        await running.ended()
        daemon.withLockedValue { $0 = nil }
    }

    /// The connections that are logged in now.
    package func sessions() throws -> [Session] {
        let text = try String(contentsOf: folder.appending(path: "sessions.json"), encoding: .utf8)
        return try JSON(parsing: text).list.map { seen in
            Session(
                user: seen["user"].text ?? "", program: seen["program"].text ?? "", tls: seen["tls"].text,
                loginTLS: seen["login_tls"].text, clientSubject: seen["subject"].text,
                applicationProtocol: seen["alpn"].text, readOnlyIntent: seen["readonly"].flag ?? false,
                server: seen["server"].text ?? "", statements: seen["statements"].list.compactMap(\.text),
                ran: seen["ran"].list.compactMap(\.text),
                attentions: Int(seen["attentions"].number ?? 0), resets: Int(seen["resets"].number ?? 0))
        }
    }

    /// The connections whose client calls itself so.
    package func sessions(named name: String) throws -> [Session] { try sessions().filter { $0.program == name } }

    /// The least that a data source for it needs.
    package func body(as login: Login = Logins.reader) -> JSON {
        [
            "driver": "sqlserver", "host": "127.0.0.1", "port": "\(port)", "username": "\(login.username)",
            "password": login.password.isEmpty ? .null : "\(login.password)", "database": "shop",
        ]
    }
}
