import NIOCore
import NIOSSL
import SourceModel
import Testing

@testable import Route

@Suite("A server that breaks TLS")
struct BrokenServerTests {
    private func failure(_ initialize: @escaping @Sendable (any Channel) throws -> Void) async throws -> SourceFailure?
    {
        let server = try await LoopbackServer.start(initialize)
        let outcome = try await TLSOutcome.of(server.port, .tls(try .authority()))
        await server.stop()
        return outcome.failure
    }

    @Test(
        "with other words is told to speak something else",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\0\0\0\0\0\0\0"])
    func garbage(words: String) async throws {
        let failure = try await failure { try $0.pipeline.syncOperations.addHandler(Greeter(words)) }
        #expect(failure?.code == .tlsHandshakeFailed)
        #expect(failure?.stage == .tls)
        #expect(failure?.message == "The server answered the TLS handshake with something that is not TLS.")
    }

    @Test("by closing the connection is told so")
    func closing() async throws {
        let failure = try await failure { try $0.pipeline.syncOperations.addHandler(Closer()) }
        #expect(failure?.code == .tlsHandshakeFailed)
        #expect(failure?.message == "The server closed the connection during the TLS handshake.")
    }

    @Test("by speaking an old version is told so")
    func oldVersion() async throws {
        // A TLS 1.2 alert record: fatal, protocol_version.
        let failure = try await failure {
            try $0.pipeline.syncOperations.addHandler(Greeter("\u{15}\u{3}\u{3}\0\u{2}\u{2}F"))
        }
        #expect(failure?.code == .tlsHandshakeFailed)
        #expect(failure?.message == "The server takes neither TLS 1.2 nor TLS 1.3.")
        #expect(failure?.server == ServerWords(code: "70", text: "protocol_version"))
    }

    @Test("by having no cipher in common is told so")
    func noCipher() async throws {
        // fatal, handshake_failure.
        let failure = try await failure {
            try $0.pipeline.syncOperations.addHandler(Greeter("\u{15}\u{3}\u{3}\0\u{2}\u{2}("))
        }
        #expect(failure?.code == .tlsHandshakeFailed)
        #expect(failure?.message.contains("no cipher in common") == true)
    }
}

/// Closes as soon as something arrives.
private final class Closer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.close(promise: nil) }
}
