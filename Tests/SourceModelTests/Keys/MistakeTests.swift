import SourceModel
import Testing

/// A text pasted into the wrong place, and how it is named.
struct Mistake: Sendable, CustomTestStringConvertible {
    let what: String
    let text: @Sendable () throws -> String
    let code: FailureCode
    /// A part of the message.
    let says: String

    var testDescription: String { what }

    init(_ what: String, _ code: FailureCode, says: String, _ text: @escaping @Sendable () throws -> String) {
        (self.what, self.code, self.says, self.text) = (what, code, says, text)
    }

    static func workshop(_ name: String, _ code: FailureCode, says: String) -> Mistake {
        Mistake(name, code, says: says) { try Workshop.text(name) }
    }

    static func halved(_ name: String, says: String) -> Mistake {
        Mistake("half of \(name)", .invalidKey, says: says) {
            let text = try Workshop.text(name)
            return String(text.prefix(text.count / 2))
        }
    }

    static func thinned(_ name: String, _ code: FailureCode, says: String) -> Mistake {
        Mistake("\(name) without its last line of base64", code, says: says) {
            var lines = try Workshop.text(name).split(separator: "\n")
            let line = lines.remove(at: lines.count - 2)
            lines.insert(line.prefix(line.count - 3), at: lines.count - 1)
            return lines.joined(separator: "\n")
        }
    }

    static let putty = """
        PuTTY-User-Key-File-3: ssh-ed25519
        Encryption: none
        Comment: eddsa-key
        Public-Lines: 2
        AAAAC3NzaC1lZDI1NTE5AAAAIGpzZWNyZXRzZWNyZXRzZWNyZXRzZWNyZXRzZWNy
        Private-Lines: 1
        AAAAIHNlY3JldHNlY3JldHNlY3JldA==
        Private-MAC: 00
        """

    static let keys: [Mistake] = [
        workshop("ed25519.pub", .invalidKey, says: "a public key (ssh-ed25519), not a private key"),
        workshop("ecdsa256.pub", .invalidKey, says: "a public key (ecdsa-sha2-nistp256)"),
        workshop("ssh2", .invalidKey, says: "an SSH2 public key"),
        workshop("public", .invalidKey, says: "a public key, not a private key"),
        workshop("ca", .invalidKey, says: "holds a certificate, not a private key"),
        workshop("rsa-pkcs8.csr", .invalidKey, says: "a certificate request"),
        workshop("p12.bin", .invalidKey, says: "a PKCS #12 file as base64"),
        workshop("der.bin", .invalidKey, says: "a DER file as base64"),
        workshop("p7b", .invalidKey, says: "a PKCS #7 bundle"),
        Mistake("PuTTY", .invalidKey, says: "a PuTTY key file (version 3)") { putty },
        Mistake("an absolute path", .invalidKey, says: "holds a file's path") { "/home/x/.ssh/id_rsa" },
        Mistake("a path at home", .invalidKey, says: "holds a file's path") { "~/.ssh/id_ed25519" },
        Mistake("a Windows path", .invalidKey, says: "holds a file's path") { "C:\\Users\\x\\key.ppk" },
        Mistake("words", .invalidKey, says: "there is no BEGIN line") { "hunter2 hunter2" },
        Mistake("DH parameters", .invalidKey, says: "holds parameters") {
            "-----BEGIN DH PARAMETERS-----\nMAYCAQICAQI=\n-----END DH PARAMETERS-----\n"
        },
        Mistake("two keys", .invalidKey, says: "holds 2 private keys") {
            try Workshop.text("rsa-pkcs8") + Workshop.text("ed25519-pkcs8")
        },
        Mistake("a lost first line", .invalidKey, says: "an END line has no BEGIN line") {
            try Workshop.text("rsa-pkcs8").split(separator: "\n").dropFirst().joined(separator: "\n")
        },
        Mistake("an empty block", .invalidKey, says: "not complete base64") {
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
        },
        Mistake("nonsense in the block", .invalidKey, says: "cannot be read") {
            "-----BEGIN PRIVATE KEY-----\nAAAAAAAA\n-----END PRIVATE KEY-----\n"
        },
        halved("rsa-pkcs8", says: "is cut off"), halved("rsa-pkcs1", says: "is cut off"),
        thinned("rsa-pkcs8", .invalidKey, says: "not complete base64"),
    ]
}

@Suite("Pasted mistakes are named")
struct MistakeTests {
    @Test("what is no private key for SSH", arguments: Mistake.keys)
    func sshIdentity(_ mistake: Mistake) throws {
        try expect(mistake, in: .sshIdentity) { Sample.ssh([.sshIdentity: .secret(Secret($0))]) }
    }

    @Test("what is no private key for TLS", arguments: Mistake.keys)
    func keyfile(_ mistake: Mistake) throws {
        let certificate = try Workshop.text("rsa-pkcs8.crt")
        try expect(mistake, in: .keyfile) {
            Sample.tls([.certificate: .text(certificate), .keyfile: .secret(Secret($0))])
        }
    }

    @Test(
        "a TLS key that TLS cannot use",
        arguments: [
            Mistake.workshop("ed25519", .invalidKey, says: "OpenSSH's own format"),
            .workshop("rsa-encrypted", .invalidKey, says: "OpenSSH's own format"),
            .workshop("rsa-pkcs8-encrypted", .keyPassphraseRequired, says: "encrypted with a passphrase"),
            .workshop("rsa-pkcs1-encrypted", .keyPassphraseRequired, says: "encrypted with a passphrase"),
            .workshop("dsa", .invalidKey, says: "cannot be read"),
            .workshop("rsa1024", .invalidKey, says: "cannot be read"),
            .workshop("rsa-pkcs1", .certificateKeyMismatch, says: "not the private key of certificate"),
            .workshop("ed25519-pkcs8", .certificateKeyMismatch, says: "CN=reader"),
        ])
    func unusableKeyfile(_ mistake: Mistake) throws {
        let certificate = try Workshop.text("rsa-pkcs8.crt")
        try expect(mistake, in: .keyfile) {
            Sample.tls([.certificate: .text(certificate), .keyfile: .secret(Secret($0))])
        }
    }

    @Test("an encrypted SSH key without its passphrase", arguments: Workshop.encryptedSSHKeys)
    func missingPassphrase(_ key: String) throws {
        let mistake = Mistake.workshop(key, .keyPassphraseRequired, says: "sshPassword is not set")
        try expect(mistake, in: .sshIdentity) { Sample.ssh([.sshIdentity: .secret(Secret($0))]) }
    }

    @Test(
        "an SSH key of a kind that is not taken",
        arguments: [
            Mistake.workshop("dsa", .invalidKey, says: "a DSA key"),
            Mistake("a token's key", .invalidKey, says: "a key of a hardware token") {
                OpenSSHForm.make("sk-ssh-ed25519@openssh.com")
            },
            Mistake("a DSA key in OpenSSH's form", .invalidKey, says: "a DSA key (ssh-dss)") {
                OpenSSHForm.make("ssh-dss")
            },
            Mistake("a container with a lying length", .invalidKey, says: "cannot be read") {
                OpenSSHForm.make("ssh-ed25519", lie: true)
            },
        ])
    func refusedSSHKeys(_ mistake: Mistake) throws {
        try expect(mistake, in: .sshIdentity) { Sample.ssh([.sshIdentity: .secret(Secret($0))]) }
    }

    @Test("a short RSA key is the SSH server's to judge")
    func shortRSA() throws {
        _ = try Sample.ssh([.sshIdentity: .secret(Secret(try Workshop.text("rsa1024")))]).validated()
    }

    @Test("a key beside its curve's parameters is found")
    func curveParameters() throws {
        _ = try Sample.ssh([.sshIdentity: .secret(Secret(try Workshop.text("ecparam")))]).validated()
    }

    @Test(
        "what is no certificate",
        arguments: [
            Mistake.workshop("rsa-pkcs8", .invalidCertificate, says: "holds a private key"),
            .workshop("rsa-pkcs8.csr", .invalidCertificate, says: "a certificate request"),
            .workshop("public", .invalidCertificate, says: "a public key, not a certificate"),
            .workshop("ed25519.pub", .invalidCertificate, says: "a public key (ssh-ed25519), not a certificate"),
            .workshop("trusted", .invalidCertificate, says: "TRUSTED CERTIFICATE"),
            .workshop("p7b", .invalidCertificate, says: "a PKCS #7 bundle"),
            Mistake("a path", .invalidCertificate, says: "holds a file's path") { "/etc/ssl/ca.pem" },
            Mistake("a broken second one", .invalidCertificate, says: "Certificate 2 of 3") {
                let broken = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"
                return try Workshop.text("ca") + broken + Workshop.text("ca2")
            },
            Mistake("a certificate with its key", .invalidCertificate, says: "must not stand there") {
                try Workshop.text("rsa-pkcs8.crt") + Workshop.text("rsa-pkcs8")
            },
        ])
    func certificates(_ mistake: Mistake) throws {
        try expect(mistake, in: .sslCA) { Sample.tls([.sslCA: .text($0)]) }
        let key = try Workshop.text("rsa-pkcs8")
        try expect(mistake, in: .certificate) {
            Sample.tls([.certificate: .text($0), .keyfile: .secret(Secret(key))])
        }
    }

    /// The draft is refused with the mistake's code at the field, and no part of the pasted text is in any word of it.
    private func expect(_ mistake: Mistake, in field: Field, _ draft: (String) -> DataSourceDraft) throws {
        let pasted = try mistake.text()
        let failure = try #require(throws: SourceFailure.self) { try draft(pasted).validated() }
        #expect(failure.stage == .validate)
        #expect(failure.code == mistake.code, "\(failure)")
        #expect(failure.fields.map(\.field) == [field.rawValue])
        #expect(failure.message.contains(mistake.says), "\(failure.message)")
        #expect(failure.message.hasSuffix("."))
        #expect(!failure.hint.isEmpty)
        let words = ([failure.message, failure.hint, failure.debugDescription] + failure.fields.map(\.message)).joined()
        for word in pasted.split(whereSeparator: \.isWhitespace) where word.utf8.count > 24 {
            #expect(!words.contains(word.prefix(24)))
        }
    }
}

/// Makes containers as OpenSSH writes them, of types that its program does not make without hardware.
enum OpenSSHForm {
    static func make(_ type: String, lie: Bool = false) -> String {
        var blob = string(Array(type.utf8))
        blob += string([UInt8](repeating: 7, count: 32))
        var inner: [UInt8] =
            [1, 2, 3, 4, 1, 2, 3, 4] + string(Array(type.utf8)) + string([UInt8](repeating: 9, count: 32))
        while !inner.count.isMultiple(of: 8) { inner.append(UInt8(inner.count % 8)) }
        var bytes = Array("openssh-key-v1\0".utf8)
        for text in ["none", "none", ""] { bytes += string(Array(text.utf8)) }
        bytes += [0, 0, 0, 1] + string(blob)
        bytes += lie ? [0xFF, 0xFF, 0xFF, 0xF0] + inner : string(inner)
        return "-----BEGIN OPENSSH PRIVATE KEY-----\n\(Base64.text(bytes))\n-----END OPENSSH PRIVATE KEY-----\n"
    }

    static func string(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt32(bytes.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + bytes
    }
}
