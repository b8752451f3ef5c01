import Crypto
import NIOCore
import NIOPosix
import NIOSSL
import PostgresWire
import Testbed

/// Channels and sessions on the local server.
enum Dialling {
    static func channel() async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: "127.0.0.1", port: RealPostgres.port).get()
    }

    static func open(
        _ login: Login, upgrade: TLSUpgrade? = nil, allowsCleartextPassword: Bool? = nil,
        change: (inout PostgresConnection.Configuration) -> Void = { _ in }
    ) async throws -> PostgresConnection {
        var configuration = PostgresConnection.Configuration(
            username: login.username, password: login.password, database: "wellhead", upgrade: upgrade,
            allowsCleartextPassword: allowsCleartextPassword)
        change(&configuration)
        return try await PostgresConnection.open(on: channel(), configuration: configuration)
    }

    /// TLS that trusts anyone. `bind` makes the binding's data from the certificate.
    static func tls(
        _ bind: @escaping @Sendable ([UInt8]) -> [UInt8]? = { Array(SHA256.hash(data: $0)) }
    ) -> TLSUpgrade {
        TLSUpgrade { channel in
            let binding = channel.eventLoop.makePromise(of: TLSBinding.self)
            channel.closeFuture.whenComplete { _ in binding.fail(ChannelError.eof) }
            do {
                var settings = TLSConfiguration.makeClientConfiguration()
                settings.certificateVerification = .noHostnameVerification
                let context = try NIOSSLContext(configuration: settings)
                let handler = try NIOSSLClientHandler(
                    context: context, serverHostname: nil,
                    customVerificationCallback: { certificates, verdict in
                        verdict.succeed(.certificateVerified)
                        // What is written from here on waits inside NIOSSL for the handshake's end.
                        let hash = try? certificates.first.flatMap { bind(try $0.toDERBytes()) }
                        binding.succeed(TLSBinding(serverEndPoint: hash))
                    })
                try channel.pipeline.syncOperations.addHandler(handler, position: .first)
            } catch {
                binding.fail(error)
            }
            return binding.futureResult
        }
    }
}
