import NIOCore
import NIOSSL
import SourceModel
import Testing

@testable import Route

@Suite("The end of a TLS connection")
struct TLSFailuresTests {
    private static let reset = IOError(errnoCode: 104, reason: "read")

    @Test(
        "right after a TLS 1.3 handshake that asked for a client certificate is about that certificate",
        arguments: [
            (
                TLSContext(established: true, judgesClientsLate: true, certificateRequested: true),
                FailureCode.tlsClientCertificateRequired
            ),
            (
                TLSContext(established: true, judgesClientsLate: true, certificateRequested: true, hasIdentity: true),
                .tlsClientCertificateRejected
            ),
            (TLSContext(established: true, judgesClientsLate: true, heard: true, certificateRequested: true), nil),
            (TLSContext(established: true, judgesClientsLate: false, certificateRequested: true), nil),
            (TLSContext(established: true, judgesClientsLate: true), nil),
        ] as [(TLSContext, FailureCode?)])
    func late(context: TLSContext, code: FailureCode?) {
        #expect(TLSFailures.failure(for: Self.reset, context)?.code == code)
        #expect(TLSFailures.failure(for: ChannelError.eof, context)?.code == code)
        #expect(TLSFailures.failure(for: CancellationError(), context) == nil)
    }

    @Test("before the handshake is over is always one of TLS")
    func early() {
        #expect(TLSFailures.failure(for: Self.reset, TLSContext())?.code == .tlsHandshakeFailed)
        let asked = TLSContext(certificateRequested: true)
        #expect(TLSFailures.failure(for: Self.reset, asked)?.code == .tlsClientCertificateRequired)
    }

    @Test("is told as the stream's where TLS has nothing to do with it")
    func stream() {
        let endpoint = Endpoint(host: "db.test", port: 5432)
        let closed = StreamFailures.failure(for: ChannelError.eof, in: .login, endpoint: endpoint)
        #expect(closed?.code == .serverClosed)
        #expect(closed?.message == "db.test:5432 closed the connection.")
        #expect(StreamFailures.failure(for: Self.reset, in: .probe, endpoint: endpoint)?.code == .connectionReset)
        #expect(StreamFailures.failure(for: CancellationError(), in: .login, endpoint: endpoint) == nil)
    }
}
