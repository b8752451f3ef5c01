import Foundation
import SourceModel
import Testing

@Suite("Pasted keys are repaired")
struct RepairTests {
    @Test("every damage to every form of an SSH key is undone", arguments: Damage.allCases, Workshop.plainSSHKeys)
    func sshKeys(_ damage: Damage, _ key: String) throws {
        let clean = try Workshop.text(key)
        let draft = Sample.ssh([.sshIdentity: .secret(Secret(damage.applied(to: clean)))])
        let bastion = try #require(try draft.validated().scheme.bastion)
        guard case .key(let read, nil) = bastion.credentials else {
            Issue.record("not a key")
            return
        }
        #expect(read.reveal() == clean)
        #expect(draft.normalised().secret(.sshIdentity)?.reveal() == clean)
    }

    @Test(
        "every damage to every form of an encrypted SSH key is undone", arguments: Damage.allCases,
        Workshop.encryptedSSHKeys)
    func encryptedKeys(_ damage: Damage, _ key: String) throws {
        let clean = try Workshop.text(key)
        let draft = Sample.ssh([
            .sshIdentity: .secret(Secret(damage.applied(to: clean))),
            .sshPassword: .secret(Secret(Workshop.passphrase)),
        ])
        let bastion = try #require(try draft.validated().scheme.bastion)
        #expect(bastion.credentials == .key(Secret(clean), password: Secret(Workshop.passphrase)))
    }

    @Test("every damage to a client certificate and its key is undone", arguments: Damage.allCases, Workshop.tlsKeys)
    func identities(_ damage: Damage, _ key: String) throws {
        let clean = try Workshop.text(key), certificate = try Workshop.text("\(key).crt")
        let draft = Sample.tls([
            .keyfile: .secret(Secret(damage.applied(to: clean))),
            .certificate: .text(damage.applied(to: certificate)),
            .sslCA: .text(damage.applied(to: try Workshop.text("ca") + Workshop.text("ca2"))),
        ])
        let encryption = try draft.validated().scheme.encryption
        #expect(encryption.identity?.key.reveal() == clean)
        #expect(encryption.identity?.chain.count == 1)
        #expect(encryption.trust?.anchors?.count == 2)
        #expect(draft.normalised().text(.certificate) == certificate)
    }

    @Test("words around the blocks are left out")
    func wordsAround() throws {
        let certificate = try Workshop.text("ca")
        let draft = Sample.tls([.sslCA: .text("subject=CN = Test Authority\nBag Attributes\n\(certificate)\nthe end")])
        #expect(draft.normalised().text(.sslCA) == certificate)
        #expect(try draft.validated().scheme.encryption.trust?.anchors?.count == 1)
    }
}
