import Foundation
import NIOCore
import SourceModel
import Testing

@testable import Route

extension SSHTests {
    @Suite("SSH logins on a real OpenSSH server", .enabled(if: LocalSSHServer.isAvailable), .timeLimit(.minutes(3)))
    struct SSHLoginTests {
        /// A private key's kind and form.
        struct Form: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var arguments: [String]
            var passphrase = ""
            var conversion: [String]?
        }

        static let phrase = "a phrase: with \"blanks\" ü"

        static let forms: [Form] =
            [
                Form(testDescription: "ed25519", arguments: ["-t", "ed25519"]),
                Form(testDescription: "ECDSA 256", arguments: ["-t", "ecdsa", "-b", "256"]),
                Form(testDescription: "ECDSA 384", arguments: ["-t", "ecdsa", "-b", "384"]),
                Form(testDescription: "ECDSA 521", arguments: ["-t", "ecdsa", "-b", "521"]),
                Form(testDescription: "RSA", arguments: ["-t", "rsa", "-b", "2048"]),
                Form(testDescription: "RSA in PKCS#1", arguments: ["-t", "rsa", "-b", "2048", "-m", "PEM"]),
                Form(testDescription: "RSA in PKCS#8", arguments: ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]),
                Form(testDescription: "ECDSA 256 in SEC 1", arguments: ["-t", "ecdsa", "-b", "256", "-m", "PEM"]),
                Form(testDescription: "ECDSA 384 in PKCS#8", arguments: ["-t", "ecdsa", "-b", "384", "-m", "PKCS8"]),
                Form(
                    testDescription: "ed25519 in PKCS#8", arguments: ["-t", "ed25519"],
                    conversion: ["genpkey", "-algorithm", "ed25519", "-out", "OUT"]),
            ].flatMap { form in
                guard form.conversion == nil else { return [form] }
                var locked = form
                locked.testDescription += " with a passphrase"
                locked.passphrase = phrase
                return [form, locked]
            }

        @Test("Every kind and form of private key opens a session", arguments: forms)
        func key(_ form: Form) async throws {
            let key = try TestKey.make(form.arguments, passphrase: form.passphrase, conversion: form.conversion)
            let server = try await LocalSSHServer(
                ["PasswordAuthentication no"], authorized: [key.publicLine], hostKeys: ["ed25519"])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            let passphrase = form.passphrase.isEmpty ? nil : Secret(form.passphrase)
            try await SSHSessions.with { sessions in
                let journal = StageJournal()
                let bastion = server.bastion(.key(Secret(key.text), password: passphrase))
                let way = try await sessions.reach(echo.port, through: bastion, journal: journal)
                #expect(try await RoundTrip.run(way.channel, bytes: 1000))
                let login = journal.report().stages.first { $0.stage == .sshAuth }
                #expect(login?.detail == "publickey as \(LocalSSHServer.user)")
            }
            await echo.stop()
        }

        @Test("A key whose passphrase is missing or wrong is refused before anything is dialled")
        func passphrase() async throws {
            for arguments in [
                ["-t", "ed25519"], ["-t", "rsa", "-b", "2048", "-m", "PEM"], ["-t", "rsa", "-m", "PKCS8"],
            ] {
                let key = try TestKey.make(arguments, passphrase: Self.phrase)
                let sessions = SSHSessions.make()
                let bastion = { (password: Secret?) in
                    Bastion(
                        host: "127.0.0.1", port: 1, username: "ada",
                        credentials: .key(Secret(key.text), password: password), hostKey: nil)
                }
                let missing = await sessions.refusal(1, through: bastion(nil))
                #expect(missing?.code == .keyPassphraseRequired)
                let wrong = await sessions.refusal(1, through: bastion(Secret("not it")))
                #expect(wrong?.code == .keyPassphraseWrong)
                #expect(wrong.map { "\($0.debugDescription)\($0.hint)".contains("not it") } == false)
            }
        }

        @Test("An encrypted ed25519 key in PKCS#8 form is refused by name, and its passphrase is told from a wrong one")
        func encryptedEd25519() throws {
            let key = try TestKey.make(
                ["-t", "ed25519"], passphrase: "horse",
                conversion: ["genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:horse", "-out", "OUT"])
            for (passphrase, code) in [("horse", FailureCode.invalidKey), ("cow", .keyPassphraseWrong)] {
                let bastion = Bastion(
                    host: "bastion", port: 22, username: "ada",
                    credentials: .key(Secret(key.text), password: Secret(passphrase)), hostKey: nil)
                let failure = #expect(throws: SourceFailure.self) { try SSHSessions.make().checkKey(bastion) }
                #expect(failure?.code == code)
            }
        }

        @Test(
            "What is no private key is refused by name",
            arguments: [
                ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ada@laptop", "sshIdentity holds a public key."),
                ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none", "sshIdentity holds a PuTTY key file."),
                ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "sshIdentity holds a certificate."),
                ("hunter2", "sshIdentity holds no private key."),
                (
                    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                    "sshIdentity looks like a key in PKCS#8 form, but cannot be read."
                ),
            ])
        func noKey(_ text: String, _ message: String) throws {
            let bastion = Bastion(
                host: "bastion", port: 22, username: "ada", credentials: .key(Secret(text), password: nil), hostKey: nil
            )
            let failure = #expect(throws: SourceFailure.self) { try SSHSessions.make().checkKey(bastion) }
            #expect(failure?.code == .invalidKey)
            #expect(failure?.message == message)
        }

        @Test("A wrong password fails with the methods that the server takes, and without the password")
        func wrongPassword() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(1, through: server.bastion(.password(Secret("s3cr3t-wrong"))))
                #expect(failure?.stage == .sshAuth)
                #expect(failure?.code == .sshAuthFailed)
                #expect(
                    failure?.message == "127.0.0.1:\(server.port) refused the login of \(LocalSSHServer.user): "
                        + "it takes publickey, password; tried: password.")
                #expect(failure.map { "\($0.debugDescription)\($0)".contains("s3cr3t-wrong") } == false)
            }
            try await eventually("the server's sessions are gone") { server.sessionCount == 0 }
        }

        @Test("An unknown key fails with the methods that the server takes")
        func unknownKey() async throws {
            let key = try TestKey.make(["-t", "ed25519"])
            let server = try await LocalSSHServer(["PasswordAuthentication no"])
            defer { server.stop() }
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(1, through: server.bastion(.key(Secret(key.text), password: nil)))
                #expect(failure?.code == .sshAuthFailed)
                #expect(failure?.message.hasSuffix("it takes publickey; tried: publickey.") == true)
            }
        }

        @Test("A server that wants key and password gets both, and the key alone is not enough")
        func bothFactors() async throws {
            let key = try TestKey.make(["-t", "ed25519"])
            let server = try await LocalSSHServer(
                ["AuthenticationMethods publickey,password"], authorized: [key.publicLine])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let journal = StageJournal()
                let both = SSHCredentials.key(Secret(key.text), password: Secret(LocalSSHServer.password))
                let way = try await sessions.reach(echo.port, through: server.bastion(both), journal: journal)
                #expect(try await RoundTrip.run(way.channel, bytes: 1000))
                let login = journal.report().stages.first { $0.stage == .sshAuth }
                #expect(login?.detail == "publickey and password as \(LocalSSHServer.user)")

                let alone = await sessions.refusal(1, through: server.bastion(.key(Secret(key.text), password: nil)))
                #expect(alone?.code == .sshAuthFailed)
                #expect(alone?.message.contains("it takes password; tried: publickey.") == true)
            }
            await echo.stop()
        }

        @Test("Hidden questions are answered with the password")
        func keyboardInteractive() async throws {
            let server = try await LocalSSHServer([
                "UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication yes",
            ])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let journal = StageJournal()
                let way = try await sessions.reach(echo.port, through: server.bastion(), journal: journal)
                #expect(try await RoundTrip.run(way.channel, bytes: 1000))
                let login = journal.report().stages.first { $0.stage == .sshAuth }
                #expect(login?.detail == "keyboard-interactive as \(LocalSSHServer.user)")
                let wrong = await sessions.refusal(1, through: server.bastion(.password(Secret("wrong"))))
                #expect(wrong?.code == .sshAuthFailed)
            }
            await echo.stop()
        }
    }
}
