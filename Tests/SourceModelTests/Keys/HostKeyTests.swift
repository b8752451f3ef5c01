import Foundation
import SourceModel
import Testing

@Suite("An SSH host's key is read")
struct HostKeyTests {
    private func parts(_ name: String = "ed25519") throws -> (type: String, blob: String) {
        let words = try Workshop.text("\(name).pub").split(separator: " ")
        return (String(words[0]), String(words[1]))
    }

    private func read(_ text: String) throws -> HostKey? {
        try Sample.ssh([.sshPassword: .secret(Secret("x")), .sshHostKey: .text(text)]).validated().scheme.bastion?
            .hostKey
    }

    @Test(
        "in every form in which it is found",
        arguments: [
            "TYPE BLOB", "TYPE BLOB a comment of words", "bastion.test TYPE BLOB",
            "bastion.test,10.0.0.1 TYPE BLOB note",
            "[bastion.test]:2222 TYPE BLOB", "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= TYPE BLOB",
            "# bastion.test:22 SSH-2.0-OpenSSH_9.2\nbastion.test TYPE BLOB\n", "  bastion.test\tTYPE\tBLOB\r\n",
        ], ["ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa"])
    func forms(_ form: String, _ key: String) throws {
        let (type, blob) = try parts(key)
        let read = try read(form.replacing("TYPE", with: type).replacing("BLOB", with: blob))
        let bytes = try #require(Base64.bytes(blob))
        #expect(read == .key(type: type, blob: bytes))
        #expect(try read.flatMap { try self.read($0.text) } == read)
    }

    @Test(
        "as a fingerprint", arguments: ["SHA256:PRINT", "SHA256:PRINT=", "256 SHA256:PRINT bastion.test (ED25519)"])
    func fingerprints(_ form: String) throws {
        let print = Base64.text([UInt8](repeating: 0xA5, count: 32)).filter { $0 != "=" }
        let read = try read(form.replacing("PRINT", with: print))
        #expect(read == .fingerprint([UInt8](repeating: 0xA5, count: 32)))
        #expect(read?.text == "SHA256:\(print)")
    }

    @Test(
        "and what is none is named",
        arguments: [
            ("@cert-authority *.test TYPE BLOB", "@cert-authority"), ("@revoked * TYPE BLOB", "@revoked"),
            ("MD5:00:11", "MD5"), ("SHA256:abcd", "not complete"), ("bastion.test", "neither a key line"),
            ("ssh-dss AAAAB3NzaC1kc3MAAACBAK", "DSA"), ("sk-ssh-ed25519@openssh.com AAAAGnNr", "hardware token"),
            ("ssh-rsa BLOB", "not complete"), ("TYPE AAAAC3NzaC1lZDI1NTE5", "not complete"),
            ("a TYPE BLOB\nb TYPE BLOB", "2 lines"), ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ])
    func mistakes(_ form: String, _ says: String) throws {
        let (type, blob) = try parts()
        let failure = try #require(throws: SourceFailure.self) {
            try read(form.replacing("TYPE", with: type).replacing("BLOB", with: blob))
        }
        #expect(failure.code == .invalidField)
        #expect(failure.fields.map(\.field) == ["sshHostKey"])
        #expect(failure.message.contains(says), "\(failure.message)")
    }
}
