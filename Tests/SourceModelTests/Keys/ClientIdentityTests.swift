import Foundation
import SourceModel
import Testing

@Suite("A client certificate is read with its key")
struct ClientIdentityTests {
    @Test("the leaf is put first and its issuer after it, and the end of its life is known")
    func order() throws {
        let leaf = try Workshop.text("ecdsa-sec1.crt"), authority = try Workshop.text("ca")
        let draft = Sample.tls([
            .certificate: .text(authority + leaf), .keyfile: .secret(Secret(try Workshop.text("ecdsa-sec1"))),
        ])
        let identity = try #require(try draft.validated().scheme.encryption.identity)
        #expect(identity.chain == [try der(leaf), try der(authority)])
        let days = (Date(timeIntervalSince1970: Double(identity.expires)).timeIntervalSinceNow / 86_400).rounded()
        #expect(days == 20)
    }

    @Test("a keyfile that holds the certificate as well gives its key")
    func combined() throws {
        let leaf = try Workshop.text("rsa-pkcs8.crt"), key = try Workshop.text("rsa-pkcs8")
        let draft = Sample.tls([.certificate: .text(leaf), .keyfile: .secret(Secret(leaf + key))])
        #expect(try draft.validated().scheme.encryption.identity?.key.reveal() == key)
    }

    @Test("both wrong: both are named")
    func bothWrong() throws {
        let failure = try #require(throws: SourceFailure.self) {
            try Sample.tls([.certificate: .text("x"), .keyfile: .secret(Secret("y"))]).validated()
        }
        #expect(failure.fields.map(\.field) == ["certificate", "keyfile"])
        #expect(failure.message.hasSuffix("One more field is wrong."))
    }

    private func der(_ pem: String) throws -> [UInt8] {
        try #require(Base64.bytes(pem.split(separator: "\n").dropFirst().dropLast().joined()))
    }
}
