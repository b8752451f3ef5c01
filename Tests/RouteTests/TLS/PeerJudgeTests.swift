import Crypto
import Foundation
import SourceModel
import SwiftASN1
import Testing
import X509

@testable import Route

/// Certificates as people's scripts make them, which RFC 5280 would not all accept.
@Suite("The judge of certificates")
struct PeerJudgeTests {
    private struct Maker {
        let key = P256.Signing.PrivateKey()
        let name: DistinguishedName

        init(_ name: String) throws { self.name = try DistinguishedName { CommonName(name) } }

        func issue(
            to subject: Maker, version: Certificate.Version = .v3, from: Double = -1, days: Double = 90,
            @ExtensionsBuilder _ extensions: () throws -> Result<Certificate.Extensions, any Error> = {
                .success(Certificate.Extensions())
            }
        ) throws -> Certificate {
            try Certificate(
                version: version, serialNumber: .init(), publicKey: .init(subject.key.publicKey),
                notValidBefore: PeerJudgeTests.now.addingTimeInterval(from * 86_400),
                notValidAfter: PeerJudgeTests.now.addingTimeInterval(days * 86_400), issuer: name,
                subject: subject.name, signatureAlgorithm: .ecdsaWithSHA256, extensions: try extensions().get(),
                issuerPrivateKey: .init(key))
        }
    }

    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func verdict(
        _ chain: [Certificate], anchors: [Certificate], mode: ServerTrust.Mode = .verifyCA, name: String = "db.test"
    ) async throws -> SourceFailure? {
        let trust = ServerTrust(mode: mode, anchors: try anchors.map { try $0.derBytes }, serverName: name)
        return await PeerJudge(trust: trust, now: Self.now).judge(try chain.map { try $0.derBytes }).failure
    }

    @Test("accepts an anchor that is a certificate of version 1, as old recipes make them")
    func version1Anchor() async throws {
        let (root, leaf) = (try Maker("root"), try Maker("leaf"))
        let anchor = try root.issue(to: root, version: .v1)
        #expect(try await verdict([try root.issue(to: leaf, version: .v1)], anchors: [anchor]) == nil)
    }

    @Test("accepts an anchor that does not say whether it is an authority")
    func plainAnchor() async throws {
        let (root, leaf) = (try Maker("root"), try Maker("leaf"))
        #expect(try await verdict([try root.issue(to: leaf)], anchors: [try root.issue(to: root)]) == nil)
    }

    @Test("does not let a certificate that says CA:FALSE vouch for another")
    func notAnAuthority() async throws {
        let (root, leaf) = (try Maker("root"), try Maker("leaf"))
        let anchor = try root.issue(to: root) { BasicConstraints.notCertificateAuthority }
        #expect(try await verdict([try root.issue(to: leaf)], anchors: [anchor])?.code == .tlsUntrusted)
        #expect(try await verdict([anchor], anchors: [anchor]) == nil)
    }

    @Test(
        "does not let an ordinary certificate stand between others",
        arguments: [Certificate.Version.v1, .v3])
    func falseIntermediate(version: Certificate.Version) async throws {
        let (root, victim, leaf) = (try Maker("root"), try Maker("victim"), try Maker("leaf"))
        let anchor = try root.issue(to: root) { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) }
        let chain = [try victim.issue(to: leaf), try root.issue(to: victim, version: version)]
        #expect(try await verdict(chain, anchors: [anchor])?.code == .tlsUntrusted)
        let plain = try root.issue(to: root)
        #expect(try await verdict(chain, anchors: [plain])?.code == .tlsUntrusted)
    }

    @Test("keeps to an authority's path length, also below an anchor that says nothing")
    func pathLength() async throws {
        let (root, upper, lower, leaf) = (try Maker("root"), try Maker("upper"), try Maker("lower"), try Maker("leaf"))
        let chain = [
            try lower.issue(to: leaf),
            try upper.issue(to: lower) { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) },
            try root.issue(to: upper) { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0)) },
        ]
        let anchor = try root.issue(to: root) { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) }
        #expect(try await verdict(chain, anchors: [anchor])?.code == .tlsUntrusted)
        #expect(try await verdict(chain, anchors: [try root.issue(to: root)])?.code == .tlsUntrusted)
    }

    @Test("accepts an intermediate as the anchor, without its root")
    func intermediateAnchor() async throws {
        let (root, middle, leaf) = (try Maker("root"), try Maker("middle"), try Maker("leaf"))
        let anchor = try root.issue(to: middle) {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        }
        #expect(try await verdict([try middle.issue(to: leaf)], anchors: [anchor]) == nil)
    }

    @Test("tells an authority of the same name with another key")
    func otherKey() async throws {
        let (root, impostor, leaf) = (try Maker("root"), try Maker("root"), try Maker("leaf"))
        let failure = try await verdict([try impostor.issue(to: leaf)], anchors: [try root.issue(to: root)])
        #expect(failure?.code == .tlsUntrusted)
        #expect(failure?.message.contains("which has another key than the one of that name in sslCA") == true)
    }

    @Test("tells an expired authority from an expired server")
    func expiredAuthority() async throws {
        let (root, leaf) = (try Maker("Old Root"), try Maker("leaf"))
        let anchor = try root.issue(to: root, from: -30, days: -2)
        let failure = try await verdict([try root.issue(to: leaf)], anchors: [anchor])
        #expect(failure?.code == .tlsExpired)
        #expect(failure?.message == "The certificate of the authority Old Root expired on 2027-01-13.")
    }

    @Test("refuses a certificate that is only for clients")
    func clientOnly() async throws {
        let (root, leaf) = (try Maker("root"), try Maker("leaf"))
        let certificate = try root.issue(to: leaf) { try ExtendedKeyUsage([.clientAuth]) }
        let failure = try await verdict([certificate], anchors: [try root.issue(to: root)])
        #expect(failure?.message.contains("is not meant for servers") == true)
    }

    @Test("never looks at the common name, and says what to do where there is no other")
    func commonName() async throws {
        let (root, leaf) = (try Maker("root"), try Maker("db.test"))
        let failure = try await verdict(
            [try root.issue(to: leaf)], anchors: [try root.issue(to: root)], mode: .verifyFull)
        #expect(failure?.code == .tlsHostnameMismatch)
        #expect(failure?.hint.contains("verify-ca") == true)
    }

    @Test(
        "takes a wildcard for exactly one label",
        arguments: [
            ("*.example.com", "db.example.com", true), ("*.example.com", "DB.EXAMPLE.COM.", true),
            ("*.example.com", "a.db.example.com", false), ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false), ("d*.example.com", "db.example.com", false),
            ("*.com", "example.com", false), ("*", "db", false), ("db.*.com", "db.example.com", false),
        ])
    func wildcards(pattern: String, name: String, covered: Bool) throws {
        let (root, leaf) = (try Maker("root"), try Maker("leaf"))
        let certificate = try root.issue(to: leaf) { SubjectAlternativeNames([.dnsName(pattern)]) }
        #expect(ServerName(name).isCovered(by: try PeerCertificate(der: try certificate.derBytes)) == covered)
    }

    @Test("does not take an address for a name, nor the other way round")
    func addressIsNoName() throws {
        let (root, leaf) = (try Maker("root"), try Maker("leaf"))
        let certificate = try root.issue(to: leaf) { SubjectAlternativeNames([.dnsName("10.0.0.7")]) }
        #expect(!ServerName("10.0.0.7").isCovered(by: try PeerCertificate(der: try certificate.derBytes)))
        #expect(ServerName("10.0.0.7").indication == nil)
        #expect(ServerName("db.test").indication == "db.test")
    }
}
