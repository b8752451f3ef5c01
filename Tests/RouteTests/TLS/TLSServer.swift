import Foundation
import NIOCore
import NIOSSL
import NIOTLS
import SourceModel
import X509

@testable import Route

/// How a TLS server of the tests behaves.
struct TLSServer: Sendable {
    /// What it wants from clients.
    enum Clients: Sendable {
        case nothing, optional, required
    }

    var identity: Identity
    var version: TLSVersion?
    var clients = Clients.nothing
    /// Whether it begins in plain text and goes over to TLS when it is asked, as PostgreSQL does.
    var onRequest = false

    func start() async throws -> LoopbackServer {
        let context = try context()
        let onRequest = onRequest
        return try await LoopbackServer.start { channel in
            if onRequest {
                try channel.pipeline.syncOperations.addHandlers([Switch(context), GreeterAfterHandshake(), Silencer()])
                return
            }
            try channel.pipeline.syncOperations.addHandlers([
                NIOSSLServerHandler(context: context), GreeterAfterHandshake(), Silencer(),
            ])
        }
    }

    private func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.chainPEM.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem)))
        if let version {
            configuration.minimumTLSVersion = version
            configuration.maximumTLSVersion = version
        }
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(Certificates.shared.authority.pem.utf8)))
        configuration.certificateVerification =
            switch clients {
            case .nothing: .none
            case .optional: .optionalVerification
            case .required: .noHostnameVerification
            }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// Answers the first byte with `S`, then speaks TLS.
private final class Switch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let context: NIOSSLContext
    private var hasSwitched = false

    init(_ context: NIOSSLContext) { self.context = context }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasSwitched else { return context.fireChannelRead(data) }
        hasSwitched = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "S")), promise: nil)
        do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: self.context), position: .first)
        } catch {
            context.close(promise: nil)
        }
    }
}

private final class GreeterAfterHandshake: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "hello\n")), promise: nil)
        }
    }
}

/// Takes the server's own errors: the client's view is what is tested.
private final class Silencer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// What came of a connection by TLS.
struct TLSOutcome {
    var observation: TLSObservation?
    var line: String?
    var failure: SourceFailure?
    var report: TestReport

    /// Opens a route to a server, upgrades, and reads its greeting.
    static func of(_ port: Int, host: String = "db.test", _ encryption: Encryption) async throws -> TLSOutcome {
        let journal = StageJournal()
        let routed = try await Route.loopback().open(.direct(host, port, encryption), journal: journal)
        guard let upgrade = routed.upgrade else { return TLSOutcome(report: journal.report()) }
        var observation: TLSObservation?
        do {
            let promise = routed.channel.eventLoop.makePromise(of: String.self)
            try await routed.channel.eventLoop.submit {
                try routed.channel.pipeline.syncOperations.addHandler(LineReader(promise))
            }.get()
            observation = try await upgrade(routed.channel).get()
            routed.channel.read()
            let line = try await promise.futureResult.get()
            try? await routed.channel.close()
            return TLSOutcome(observation: observation, line: line, report: journal.report())
        } catch {
            let failure = routed.failure(for: error, in: .login)
            try? await routed.channel.closeFuture.get()
            return TLSOutcome(observation: observation, failure: failure, report: journal.report(failure: failure))
        }
    }
}

extension ServerTrust {
    /// Trust in the tests' authority.
    static func authority(
        _ mode: Mode = .verifyFull, name: String = "db.test", _ authority: CertificateAuthority? = nil
    ) throws -> ServerTrust {
        let anchor = try authority ?? Certificates.shared.authority
        return ServerTrust(mode: mode, anchors: [try anchor.certificate.derBytes], serverName: name)
    }
}

extension ClientIdentity {
    /// A client certificate of the tests.
    init(_ identity: Identity) {
        self.init(
            chain: [identity.der], key: Secret(identity.keyPEM),
            expires: Int64(identity.certificate.notValidAfter.timeIntervalSince1970))
    }
}
