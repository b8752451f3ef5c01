import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import Testbed
import Testing

@testable import MySQLWire

/// The real servers that one test body runs against.
enum RealServer: String, CaseIterable, CustomTestStringConvertible {
    case mariaDB = "MariaDB"
    case mySQL = "MySQL"

    /// Those that can be started here.
    static var here: [RealServer] { MySQLServer.availability == nil ? allCases : [.mariaDB] }

    var testDescription: String { rawValue }

    var port: Int {
        get async throws {
            switch self {
            case .mariaDB: try await Testbed.shared.mariaDB().port
            case .mySQL: try await Testbed.shared.mySQL().port
            }
        }
    }

    /// Runs SQL as root, past everything that is under test.
    @discardableResult
    func admin(_ sql: String) async throws -> [[String]] {
        switch self {
        case .mariaDB: try await Testbed.shared.mariaDB().admin(sql)
        case .mySQL: try await Testbed.shared.mySQL().admin(sql)
        }
    }

    /// The ordinary login.
    var login: Login {
        switch self {
        case .mariaDB: MariaDBServer.Logins.native
        case .mySQL: MySQLServer.Logins.cachingSHA2
        }
    }

    var exotic: Login {
        switch self {
        case .mariaDB: MariaDBServer.Logins.exotic
        case .mySQL: MySQLServer.Logins.exotic
        }
    }

    var superuser: Login {
        switch self {
        case .mariaDB: MariaDBServer.Logins.superuser
        case .mySQL: MySQLServer.Logins.superuser
        }
    }

    /// What the server said when it refused; nil if it did not.
    static func refusal(_ body: () async throws -> Any) async throws -> ServerError? {
        do {
            _ = try await body()
            return nil
        } catch let error as MySQLWireError {
            guard case .server(let said) = error else { throw error }
            return said
        }
    }

    func connect(_ login: Login? = nil, database: String? = "wellhead") async throws -> MySQLConnection {
        try await Dialling.connect(port: try await port, login ?? self.login, database: database)
    }
}

/// How the tests get channels.
enum Dialling {
    /// A connected channel from which nothing is read yet.
    static func dial(port: Int, noting note: WireNote? = nil) async throws -> any Channel {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let note { try channel.pipeline.syncOperations.addHandler(note) }
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    static func connect(
        port: Int, _ login: Login, database: String? = "wellhead", upgrade: TLSUpgrade? = nil,
        noting note: WireNote? = nil, authenticating: (@Sendable () -> Void)? = nil
    ) async throws -> MySQLConnection {
        try await MySQLConnection.open(
            on: dial(port: port, noting: note),
            configuration: .init(
                username: login.username, password: login.password, database: database,
                attributes: ["program_name": "wellhead-tests"], upgrade: upgrade),
            authenticating: authenticating)
    }

    /// TLS by NIOSSL that trusts one authority and expects the Testbed's name.
    static func tls(trusting pem: String = Certificates.shared.authorityPEM) -> TLSUpgrade {
        TLSUpgrade { channel in
            let done = channel.eventLoop.makePromise(of: Void.self)
            do {
                var configuration = TLSConfiguration.makeClientConfiguration()
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)))
                let tls = try NIOSSLClientHandler(
                    context: NIOSSLContext(configuration: configuration), serverHostname: Certificates.serverName)
                try channel.pipeline.syncOperations.addHandler(Handshake(done), position: .first)
                try channel.pipeline.syncOperations.addHandler(tls, position: .first)
            } catch {
                done.fail(error)
            }
            return done.futureResult
        }
    }

    private final class Handshake: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        private var done: EventLoopPromise<Void>?

        init(_ done: EventLoopPromise<Void>) { self.done = done }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .handshakeCompleted? = event as? TLSUserEvent { finish { $0.succeed() } }
            context.fireUserInboundEventTriggered(event)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            finish { $0.fail(error) }
            context.fireErrorCaught(error)
        }

        func channelInactive(context: ChannelHandlerContext) {
            finish { $0.fail(ChannelError.eof) }
            context.fireChannelInactive()
        }

        private func finish(_ body: (EventLoopPromise<Void>) -> Void) {
            if let promise = done {
                done = nil
                body(promise)
            }
        }
    }
}

/// Notes what passes between the wire's handler and the socket, or TLS.
final class WireNote: ChannelDuplexHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let noted = Mutex<(sent: [UInt8], received: Int)>(([], 0))

    /// What the client sent.
    var sent: [UInt8] { noted.withLock { $0.sent } }
    /// How many bytes came from the server.
    var received: Int { noted.withLock { $0.received } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        noted.withLock { $0.received += Self.unwrapInboundIn(data).readableBytes }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        noted.withLock { $0.sent += Self.unwrapOutboundIn(data).readableBytesView }
        context.write(data, promise: promise)
    }
}
