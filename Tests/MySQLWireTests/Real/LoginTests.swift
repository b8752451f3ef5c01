import NIOCore
import NIOSSL
import Synchronization
import Testbed
import Testing

@testable import MySQLWire

@Suite("Logging in to a real server")
struct RealLoginTests {
    static let withTLS: [(RealServer, Bool)] = RealServer.here.flatMap { [($0, false), ($0, true)] }

    @Test("The ordinary login and one of punctuation and emoji, plain and by TLS", arguments: withTLS)
    func logins(server: RealServer, tls: Bool) async throws {
        for login in [server.login, server.exotic] {
            let stages = Mutex(0)
            let connection = try await Dialling.connect(
                port: try await server.port, login, upgrade: tls ? Dialling.tls() : nil,
                authenticating: { stages.withLock { $0 += 1 } })
            #expect(stages.withLock { $0 } == 1)
            #expect(connection.flavour.rawValue == server.rawValue)
            let rows = try await connection.simpleQuery(
                "SELECT CONNECTION_ID(), DATABASE(), LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - 2), VERSION()")
            let version = try #require(rows.first?.last ?? nil)
            #expect(
                rows == [[String(connection.connectionID), "wellhead", login.username, version]])
            #expect(connection.serverVersion.hasPrefix(version.prefix { $0 != "-" }))
            let cipher = try await connection.simpleQuery("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
            #expect((cipher.first?.last ?? nil)?.isEmpty == !tls)
            await connection.close()
        }
    }

    @Test("Refusals come with the server's number and the connection closes", arguments: RealServer.here)
    func refusals(server: RealServer) async throws {
        func refused(_ login: Login, database: String? = nil) async throws -> UInt16? {
            let channel = try await Dialling.dial(port: try await server.port)
            let said = try await RealServer.refusal {
                try await MySQLConnection.open(
                    on: channel,
                    configuration: .init(username: login.username, password: login.password, database: database))
            }
            try await channel.closeFuture.get()
            return said?.code
        }
        #expect(try await refused(Login(server.login.username, "wrong")) == 1045)
        #expect(try await refused(Login("nobody", "")) == 1045)
        // Without a right on a database that is missing, the server says forbidden.
        #expect(try await refused(server.superuser, database: "missing") == 1049)
        #expect(try await refused(server.login, database: "private") == 1044)
    }

    @Test("MariaDB's ed25519, plain and by TLS", arguments: [false, true])
    func ed25519(tls: Bool) async throws {
        let connection = try await Dialling.connect(
            port: try await Testbed.shared.mariaDB().port, MariaDBServer.Logins.ed25519,
            upgrade: tls ? Dialling.tls() : nil)
        #expect(try await connection.simpleQuery("SELECT 1") == [["1"]])
        await connection.close()
    }

    @Test("An account with two plugins lets in by the second")
    func twoPlugins() async throws {
        let server = try await Testbed.shared.mariaDB()
        try await server.admin(
            """
            create user twice identified via ed25519 using password('first') \
            or mysql_native_password using password('second');
            """)
        for password in ["first", "second"] {
            let connection = try await Dialling.connect(
                port: server.port, Login("twice", password), database: nil)
            #expect(try await connection.simpleQuery("SELECT 1") == [["1"]])
            await connection.close()
        }
    }

    @Test(
        "A plugin that is not spoken is named, one that wants the clear password is refused", arguments: [false, true])
    func pluggable(wantsClearPassword: Bool) async throws {
        let server = try await MariaDBServer.start(
            .init(settings: [
                "plugin-load-add": "auth_pam_v1", "pam-use-cleartext-plugin": wantsClearPassword ? "ON" : "OFF",
            ]))
        try await server.admin("create user pluggable identified via pam using 'login'")
        let expected: MySQLWireError =
            wantsClearPassword
            ? .plaintextPasswordRefused(plugin: "mysql_clear_password")
            : .authenticationPluginUnsupported(plugin: "dialog")
        await #expect(throws: expected) {
            try await Dialling.connect(port: server.port, Login("pluggable", "x"), database: nil)
        }
        await server.stop()
    }

    @Test("caching_sha2_password: the server's key, the cache, TLS", .enabled(if: MySQLServer.availability == nil))
    func cachingSHA2() async throws {
        let server = try await MySQLServer.start()
        let login = MySQLServer.Logins.cachingSHA2
        let keyRequest: [UInt8] = [1, 0, 0, 3, 2]
        func note(tls: Bool) async throws -> [UInt8] {
            let note = WireNote()
            let connection = try await Dialling.connect(
                port: server.port, login, upgrade: tls ? Dialling.tls() : nil, noting: note)
            await connection.close()
            return note.sent
        }
        try await server.forgetCachedPasswords()
        let byKey = try await note(tls: false)
        #expect(byKey.contains(keyRequest))
        #expect(!byKey.contains(Array(login.password.utf8)))
        let cached = try await note(tls: false)
        #expect(!cached.contains(keyRequest))
        #expect(cached.count < byKey.count)
        try await server.forgetCachedPasswords()
        let byTLS = try await note(tls: true)
        #expect(byTLS.contains(Array(login.password.utf8)))
        let cachedByTLS = try await note(tls: true)
        #expect(!cachedByTLS.contains(Array(login.password.utf8)))
        try await server.forgetCachedPasswords()
        var configuration = MySQLConnection.Configuration(username: login.username, password: login.password)
        configuration.allowsPublicKeyRetrieval = false
        let strict = configuration
        let channel = try await Dialling.dial(port: server.port)
        await #expect(throws: MySQLWireError.plaintextPasswordRefused(plugin: "caching_sha2_password")) {
            try await MySQLConnection.open(on: channel, configuration: strict)
        }
        await server.stop()
    }

    @Test(
        "sha256_password: the server's key and TLS", .enabled(if: MySQLServer.availability == nil),
        arguments: [false, true])
    func sha256(tls: Bool) async throws {
        let server = try await Testbed.shared.mySQL()
        try #require(try await server.has(plugin: "sha256_password"))
        let connection = try await Dialling.connect(
            port: server.port, MySQLServer.Logins.sha256, upgrade: tls ? Dialling.tls() : nil)
        #expect(try await connection.simpleQuery("SELECT 1") == [["1"]])
        await connection.close()
    }

    @Test(
        "An authority that is not trusted is the upgrade's own error, and no login was sent", arguments: RealServer.here
    )
    func untrusted(server: RealServer) async throws {
        let note = WireNote()
        let port = try await server.port
        let failure = await #expect(throws: MySQLWireError.self) {
            try await Dialling.connect(
                port: port, server.login, upgrade: Dialling.tls(trusting: Certificates.shared.strangerPEM),
                noting: note)
        }
        if case .upgradeFailed(let error)? = failure {
            #expect(error is NIOSSLError)
        } else {
            Issue.record("\(String(describing: failure))")
        }
        #expect(!note.sent.contains(Array(server.login.username.utf8)))
    }

    @Test("A server without TLS and one that is full")
    func bareServer() async throws {
        let server = try await MariaDBServer.start(.init(certificate: nil, settings: ["max-connections": "10"]))
        await #expect(throws: MySQLWireError.tlsNotSupported) {
            try await Dialling.connect(port: server.port, MariaDBServer.Logins.native, upgrade: Dialling.tls())
        }
        var open: [MySQLConnection] = []
        var refusal: ServerError?
        while refusal == nil && open.count < 20 {
            refusal = try await RealServer.refusal {
                open.append(try await Dialling.connect(port: server.port, MariaDBServer.Logins.native))
            }
        }
        #expect(refusal?.code == 1040)
        for connection in open { await connection.close() }
        await server.stop()
    }

    @Test("A cancelled opening returns and closes the channel, also where the server is silent")
    func cancelledOpening() async throws {
        let server = try await FaultyServer.start(.silent)
        let channel = try await Dialling.dial(port: server.port)
        let task = Task { try await MySQLConnection.open(on: channel, configuration: .init(username: "ann")) }
        task.cancel()
        await #expect(throws: MySQLWireError.cancelled) { try await task.value }
        try await channel.closeFuture.get()
        await server.stop()
    }
}
