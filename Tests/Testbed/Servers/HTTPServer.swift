import Crypto
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A web server, Debian's nginx, on a free port of the loopback: serves the files of a folder, with ranges, ETag and
/// Last-Modified as nginx makes them, plain or by TLS.
package final class HTTPServer: Sendable {
    /// What an instance is started with.
    package struct Configuration: Sendable {
        /// The certificate it shows; none: it does not speak TLS.
        package var certificate: Identity?
        /// The authorities of which it wants a client certificate; none: it asks for none.
        package var clientAuthorityPEM: String?
        /// The login (basic authentication) that it wants for every file; none: it wants none.
        package var login: Login?
        /// Further lines for nginx's `server` block, such as locations.
        package var lines: [String]
        /// Seconds for which an idle connection is kept.
        package var keepAlive: Int

        package init(
            certificate: Identity? = nil, clientAuthorityPEM: String? = nil, login: Login? = nil, lines: [String] = [],
            keepAlive: Int = 75
        ) {
            self.certificate = certificate
            self.clientAuthorityPEM = clientAuthorityPEM
            self.login = login
            self.lines = lines
            self.keepAlive = keepAlive
        }
    }

    /// A request as the server saw it, written into its log when it was answered.
    package struct Request: Sendable, Equatable {
        package var method: String
        /// The target as it came.
        package var target: String
        package var status: Int
        /// `TLSv1.3`, for example; nil without TLS.
        package var tls: String?
        /// `SUCCESS`, `NONE` or `FAILED:…`; nil without TLS.
        package var clientVerdict: String?
        /// The subject of the client's certificate; nil where there is none.
        package var clientSubject: String?
        /// The address and port that it came from.
        package var source: String
        /// A number for each connection.
        package var connection: Int
        package var authorization: String?
        package var userAgent: String?
    }

    /// The port on 127.0.0.1 and ::1.
    package let port: Int
    /// The folder whose files are served.
    package var documents: URL { folder.appending(path: "documents") }

    private let configuration: NIOLockedValueBox<Configuration>
    private let folder: URL
    private let daemon = NIOLockedValueBox<Daemon?>(nil)

    private static let account = Account.unprivileged
    private var log: URL { folder.appending(path: "log") }
    private var accessLog: URL { folder.appending(path: "access") }

    private init(configuration: Configuration) throws {
        port = try FreePort.next()
        self.configuration = NIOLockedValueBox(configuration)
        folder = Workspace.makeFolder(for: "nginx")
    }

    /// Starts an instance.
    ///
    /// - Parameter files: what it serves at first, by path without the first slash.
    package static func start(
        _ configuration: Configuration = Configuration(), files: [String: String] = [:]
    ) async throws -> HTTPServer {
        let server = try HTTPServer(configuration: configuration)
        try FileManager.default.createDirectory(at: server.documents, withIntermediateDirectories: true)
        try account.own(server.folder)
        for (path, text) in files { try server.write(text, to: path) }
        try Workspace.write("", to: server.accessLog, owner: account)
        try await server.start()
        return server
    }

    /// Starts a stopped instance on the same port, with its files.
    package func start() async throws {
        let settings = try writeConfiguration()
        try Workspace.write("", to: log, owner: Self.account)
        let started = try await Daemon.start(
            ["/usr/sbin/nginx", "-p", folder.path, "-c", settings.path, "-e", log.path], as: Self.account, output: log,
            errors: log)
        daemon.withLockedValue { $0 = started }
        try await eventually("nginx listens on port \(port)") {
            guard started.isRunning else { throw TestbedError("nginx did not start: \(self.logText)") }
            return Sockets.all().contains { $0.localPort == port && $0.state == .listen }
        }
    }

    /// Stops the instance; idle connections are closed.
    package func stop(_ mode: StopMode = .orderly) async {
        guard let running = daemon.withLockedValue({ $0 }) else { return }
        if mode == .killed { ProcessTable.descendants(of: running.pid).forEach { kill($0, SIGKILL) } }
        running.signal(mode == .orderly ? SIGTERM : SIGKILL)
        await running.ended()
        daemon.withLockedValue { $0 = nil }
    }

    /// Shows another certificate from now on, to new connections.
    package func present(_ certificate: Identity) async throws {
        configuration.withLockedValue { $0.certificate = certificate }
        await stop()
        try await start()
    }

    /// Makes or replaces a file that is served; its folders are made.
    package func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

    /// The same with bytes.
    package func write(_ bytes: Data, to path: String) throws {
        let file = documents.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: file, options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    }

    /// What was asked so far and has been answered, in the order of the answers.
    ///
    /// nginx writes a request into its log after the answer's last byte. Its one worker does one thing after the other: when
    /// the log has a request that is sent now, it has all that were answered before.
    package var requests: [Request] {
        get async throws {
            if daemon.withLockedValue({ $0?.isRunning ?? false }) {
                let marker = Self.markers + UUID().uuidString
                // Also where the port speaks TLS: what is refused there is logged, too.
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: port).get()
                do {
                    try await channel.writeAndFlush(ByteBuffer(string: "GET \(marker) HTTP/1.0\r\n\r\n"))
                    try await eventually("nginx has logged \(marker)") {
                        try String(contentsOf: self.accessLog, encoding: .utf8).contains(marker)
                    }
                } catch {
                    channel.close(promise: nil)
                    throw error
                }
                // nginx may have closed it first.
                try? await channel.close()
            }
            return try String(contentsOf: accessLog, encoding: .utf8).split(separator: "\n").compactMap(Request.init)
                .filter { !$0.target.hasPrefix(Self.markers) }
        }
    }

    private static let markers = "/marker-"

    /// What the server wrote into its error log.
    package var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// The least that a data source for it needs.
    package func body(driver: String = "rest", path: String? = nil) -> JSON {
        let configuration = configuration.withLockedValue { $0 }
        return [
            "driver": .text(driver), "host": "127.0.0.1", "port": "\(port)",
            "database": path.map { .text($0) } ?? .null,
            "username": configuration.login.map { .text($0.username) } ?? .null,
            "password": configuration.login.map { .text($0.password) } ?? .null,
        ]
    }

    private func writeConfiguration() throws -> URL {
        let configuration = configuration.withLockedValue { $0 }
        let (owner, secure) = (Self.account, configuration.certificate != nil)
        var lines = FreePort.loopback.map { address in
            "listen \(address.contains(":") ? "[\(address)]" : address):\(port)\(secure ? " ssl" : "");"
        }
        lines.append("root \(documents.path);")
        lines.append("keepalive_timeout \(configuration.keepAlive);")
        if let certificate = configuration.certificate {
            try Workspace.write(certificate.chainPEM, to: folder.appending(path: "server.crt"), owner: owner)
            try Workspace.write(certificate.keyPEM + "\n", to: folder.appending(path: "server.key"), owner: owner)
            lines += ["ssl_certificate \(folder.path)/server.crt;", "ssl_certificate_key \(folder.path)/server.key;"]
            lines.append("ssl_protocols TLSv1.2 TLSv1.3;")
        }
        if let authority = configuration.clientAuthorityPEM {
            try Workspace.write(authority, to: folder.appending(path: "clients.crt"), owner: owner)
            lines += ["ssl_client_certificate \(folder.path)/clients.crt;", "ssl_verify_client on;"]
        }
        if let login = configuration.login {
            // Of a readable password nginx would take what stands before a colon.
            let digest = Data(Insecure.SHA1.hash(data: Data(login.password.utf8))).base64EncodedString()
            try Workspace.write(
                "\(login.username):{SHA}\(digest)\n", to: folder.appending(path: "logins"), owner: owner)
            lines += ["auth_basic \"files\";", "auth_basic_user_file \(folder.path)/logins;"]
        }
        lines += configuration.lines
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "    \($0)_temp_path \(folder.path)/temporary;\n"
        }
        let text = """
            daemon off;
            worker_processes 1;
            pid \(folder.path)/pid;
            events { worker_connections 256; }
            http {
            \(temporary.joined())
                types { application/json json; text/csv csv; application/x-ndjson ndjson; text/html html; }
                default_type application/octet-stream;
                log_format proof escape=json '{"method":"$request_method","target":"$request_uri","status":"$status",'
                    '"tls":"$ssl_protocol","verdict":"$ssl_client_verify","subject":"$ssl_client_s_dn",'
                    '"source":"$remote_addr:$remote_port","connection":"$connection",'
                    '"authorization":"$http_authorization","agent":"$http_user_agent"}';
                access_log \(accessLog.path) proof;
                server {
                    \(lines.joined(separator: "\n        "))
                }
            }

            """
        return try Workspace.write(text, to: folder.appending(path: "nginx.conf"), owner: owner)
    }
}

extension HTTPServer.Request {
    /// A line of the log.
    fileprivate init?(_ line: Substring) {
        guard let fields = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)),
            let method = fields["method"], let target = fields["target"], let source = fields["source"]
        else { return nil }
        func said(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }
        self.method = method
        self.target = target
        status = fields["status"].flatMap { Int($0) } ?? 0
        tls = said("tls")
        clientVerdict = said("verdict")
        clientSubject = said("subject")
        self.source = source
        connection = fields["connection"].flatMap { Int($0) } ?? 0
        authorization = said("authorization")
        userAgent = said("agent")
    }
}
