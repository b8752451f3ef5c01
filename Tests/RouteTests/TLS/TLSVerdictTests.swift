import NIOCore
import NIOSSL
import SourceModel
import Testing

@testable import Route

@Suite("A server's certificate")
struct TLSVerdictTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var server: Certificates.Server
        var mode = ServerTrust.Mode.verifyFull
        var name = "db.test"
        var code: FailureCode?
        var message: String?
        var testDescription: String { "\(server) by \(mode.rawValue) for \(name)" }
    }

    static let cases: [Case] = [
        Case(server: .good), Case(server: .goodRSA), Case(server: .chained), Case(server: .nameOnly),
        Case(server: .good, name: "127.0.0.1"), Case(server: .good, name: "::1"), Case(server: .good, name: "DB.Test."),
        Case(
            server: .nameOnly, name: "127.0.0.1", code: .tlsHostnameMismatch,
            message: "The server's certificate is for db.test, not for 127.0.0.1."),
        Case(
            server: .wrongName, code: .tlsHostnameMismatch,
            message: "The server's certificate is for elsewhere.test, not for db.test."),
        Case(server: .wrongName, mode: .verifyCA), Case(server: .wrongName, mode: .require),
        Case(server: .expired, code: .tlsExpired), Case(server: .expired, mode: .verifyCA, code: .tlsExpired),
        Case(server: .expired, mode: .require),
        Case(server: .notYetValid, code: .tlsNotYetValid), Case(server: .notYetValid, mode: .require),
        Case(
            server: .selfSigned, code: .tlsUntrusted,
            message: "The server's certificate is signed by itself and is not in sslCA."),
        Case(server: .selfSigned, mode: .require),
        Case(
            server: .foreign, code: .tlsUntrusted,
            message: "The server's certificate was issued by A Stranger's Authority, which is not in sslCA."),
        Case(server: .foreign, mode: .verifyCA, code: .tlsUntrusted), Case(server: .foreign, mode: .require),
        Case(server: .endsSoon),
    ]

    @Test("gets its verdict in one handshake", arguments: cases, [TLSVersion.tlsv12, .tlsv13])
    func verdict(_ expected: Case, version: TLSVersion) async throws {
        let server = try await TLSServer(identity: try Certificates.shared.server(expected.server), version: version)
            .start()
        let trust = try ServerTrust.authority(expected.mode, name: expected.name)
        let outcome = try await TLSOutcome.of(server.port, .tls(trust))
        #expect(outcome.failure?.code == expected.code)
        if let message = expected.message { #expect(outcome.failure?.message == message) }
        let stage = try #require(outcome.report.stages.last)
        #expect(stage.stage == .tls)
        #expect(stage.ok == (expected.code == nil))
        #expect(stage.detail.hasPrefix(version == .tlsv12 ? "TLS 1.2, " : "TLS 1.3, "))
        #expect(stage.detail.contains("issued by"))
        if expected.code == nil {
            #expect(outcome.line == "hello\n")
            #expect(
                outcome.report.warnings.contains { $0.code == .tlsUnverified } == (expected.mode == .require))
        }
        await server.stop()
    }

    @Test("that ends within 30 days is warned of, with the days")
    func expiring() async throws {
        let server = try await TLSServer(identity: try Certificates.shared.server(.endsSoon)).start()
        let outcome = try await TLSOutcome.of(server.port, .tls(try .authority()))
        let warning = try #require(outcome.report.warnings.first)
        #expect(warning.code == .certificateExpiring)
        #expect(warning.message.contains("ends in 5 days"))
        #expect(outcome.observation?.daysLeft == 5)
        await server.stop()
    }

    @Test("that signed itself is trusted when it is its own sslCA, and only under its name")
    func pinned() async throws {
        let identity = try Certificates.shared.server(.selfSigned)
        let server = try await TLSServer(identity: identity).start()
        let trust = ServerTrust(mode: .verifyFull, anchors: [identity.der], serverName: "db.test")
        #expect(try await TLSOutcome.of(server.port, .tls(trust)).line == "hello\n")
        var other = trust
        other.serverName = "other.test"
        #expect(try await TLSOutcome.of(server.port, .tls(other)).failure?.code == .tlsHostnameMismatch)
        await server.stop()
    }

    @Test("is not trusted by the system's store when a private authority issued it")
    func systemStore() async throws {
        let server = try await TLSServer(identity: try Certificates.shared.server(.good)).start()
        let trust = ServerTrust(mode: .verifyFull, anchors: nil, serverName: "db.test")
        let failure = try await TLSOutcome.of(server.port, .tls(trust)).failure
        #expect(failure?.code == .tlsUntrusted)
        #expect(failure?.message.contains("Wellhead Test Authority, which is not in the system's trust store") == true)
        await server.stop()
    }

    @Test("gives the channel binding of RFC 5929: SHA-256 over the leaf")
    func binding() async throws {
        let server = try await TLSServer(identity: try Certificates.shared.server(.good)).start()
        let outcome = try await TLSOutcome.of(server.port, .tls(try .authority()))
        let leaf = try PeerCertificate(der: try Certificates.shared.server(.good).der)
        #expect(outcome.observation?.serverEndPoint?.count == 32)
        #expect(outcome.observation?.serverEndPoint == leaf.serverEndPoint)
        #expect(outcome.observation?.subjectAlternativeNames == ["db.test", "localhost", "127.0.0.1", "::1"])
        await server.stop()
    }
}
