import SourceModel
import Testing

@Suite("No pasted text brings the service down")
struct HostileTextTests {
    static let texts = ["ed25519", "rsa-pkcs1-encrypted", "rsa-pkcs8", "ecdsa-sec1", "ecdsa-pkcs8.crt", "ed25519.pub"]

    @Test("cut anywhere", arguments: texts)
    func cut(_ name: String) throws {
        let text = try Workshop.text(name)
        for length in stride(from: 0, to: text.count, by: 11) { try read(String(text.prefix(length))) }
    }

    @Test("with bytes of the decoded form changed", arguments: texts.filter { !$0.hasSuffix(".pub") })
    func changed(_ name: String) throws {
        let lines = try Workshop.text(name).split(separator: "\n")
        let body = lines.filter { !$0.contains("-----") && !$0.contains(":") }
        let bytes = try #require(Base64.bytes(body.joined()))
        var dice = Dice(seed: 3)
        for _ in 0..<100 {
            var copy = bytes
            for _ in 0..<Int.random(in: 1...4, using: &dice) {
                let place = Int.random(in: copy.indices, using: &dice)
                copy[place] = UInt8.random(in: 0...255, using: &dice)
            }
            if Bool.random(using: &dice) { copy.removeLast(Int.random(in: 0..<copy.count, using: &dice)) }
            try read([String(lines[0]), Base64.text(copy), String(lines[lines.count - 1])].joined(separator: "\n"))
        }
    }

    @Test("made of markers alone")
    func markers() throws {
        let parts = [
            "-----BEGIN ", "-----END ", "-----", "PRIVATE KEY", "CERTIFICATE", "\n", "\\n", " ", "A:", "\\", "\"",
        ]
        var dice = Dice(seed: 4)
        for _ in 0..<500 {
            let count = Int.random(in: 0..<16, using: &dice)
            try read((0..<count).compactMap { _ in parts.randomElement(using: &dice) }.joined())
        }
    }

    /// Reads the text in every field that takes a pasted one: a data source or a failure of validation comes out.
    private func read(_ text: String) throws {
        let pem: [Field: FieldValue] = [
            .sslCA: .text(text), .certificate: .text(text), .keyfile: .secret(Secret(text)), .ssl: .flag(true),
        ]
        let drafts = [
            Sample.draft(pem), Sample.ssh([.sshIdentity: .secret(Secret(text)), .sshHostKey: .text(text)]),
        ]
        for draft in drafts {
            do throws(SourceFailure) {
                _ = try draft.validated()
            } catch {
                #expect(error.stage == .validate)
            }
            let clean = draft.normalised()
            #expect(clean.normalised() == clean)
        }
    }
}
