import NIOCore
import NIOSSL
import SourceModel
import Testing

@testable import Route

@Suite("A client's certificate")
struct ClientCertificateTests {
    enum Shown: Sendable, CaseIterable { case none, good, rsa, foreign, expired }

    private func encryption(_ shown: Shown) throws -> Encryption {
        let trust = try ServerTrust.authority()
        let identity: Identity
        switch shown {
        case .none: return .tls(trust)
        case .good: identity = try Certificates.shared.client("ada")
        case .rsa: identity = try Certificates.shared.client("ada", key: .rsa)
        case .foreign: identity = try Certificates.shared.foreignClient("ada")
        case .expired: identity = try Certificates.shared.expiredClient("ada")
        }
        return .mutualTLS(trust, ClientIdentity(identity))
    }

    @Test(
        "is accepted, missed or refused by the server, and the failure says which",
        arguments: Shown.allCases, [TLSVersion.tlsv12, .tlsv13])
    func required(shown: Shown, version: TLSVersion) async throws {
        let server = try await TLSServer(
            identity: try Certificates.shared.server(.good), version: version, clients: .required
        ).start()
        let outcome = try await TLSOutcome.of(server.port, try encryption(shown))
        switch shown {
        case .good, .rsa:
            #expect(outcome.failure == nil)
            #expect(outcome.line == "hello\n")
        case .none:
            #expect(outcome.failure?.code == .tlsClientCertificateRequired)
            #expect(outcome.failure?.stage == .tls)
        case .foreign, .expired:
            #expect(outcome.failure?.code == .tlsClientCertificateRejected)
            #expect(outcome.failure?.stage == .tls)
            #expect(outcome.failure?.server != nil)
        }
        await server.stop()
    }

    @Test("need not be there where the server asks but does not insist", arguments: [TLSVersion.tlsv12, .tlsv13])
    func optional(version: TLSVersion) async throws {
        let server = try await TLSServer(
            identity: try Certificates.shared.server(.good), version: version, clients: .optional
        ).start()
        #expect(try await TLSOutcome.of(server.port, try encryption(.none)).line == "hello\n")
        await server.stop()
    }

    @Test("is checked before anything is dialled: a key that TLS cannot use is refused")
    func material() async throws {
        var identity = ClientIdentity(try Certificates.shared.client("ada"))
        let source = DataSource.direct("db.test", 1, .mutualTLS(try .authority(), identity))
        try await Route.loopback().checkMaterial(of: source)
        identity.key = Secret("no key")
        let broken = DataSource.direct("db.test", 1, .mutualTLS(try .authority(), identity))
        let failure = await #expect(throws: SourceFailure.self) { try await Route.loopback().checkMaterial(of: broken) }
        #expect(failure?.stage == .validate)
        #expect(failure?.code == .invalidKey)
    }
}
