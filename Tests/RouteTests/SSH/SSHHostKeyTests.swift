import Foundation
import NIOCore
import SourceModel
import Testing

@testable import Route

extension SSHTests {
    @Suite("SSH host keys on a real OpenSSH server", .enabled(if: LocalSSHServer.isAvailable), .timeLimit(.minutes(3)))
    struct SSHHostKeyTests {
        @Test("A pinned key of any type is asked for and accepted", arguments: ["ed25519", "ecdsa", "rsa"])
        func pinned(_ kind: String) async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            let key = try server.hostKey(kind)
            let digest = try #require(
                Data(base64Encoded: String(try server.fingerprint(kind).dropFirst("SHA256:".count)) + "="))
            for pin in [key, .fingerprint(Array(digest))] {
                try await SSHSessions.with { sessions in
                    let way = try await sessions.reach(echo.port, through: server.bastion(hostKey: pin))
                    #expect(way.hostKey == key)
                    #expect(try await RoundTrip.run(way.channel, bytes: 1000))
                }
            }
            await echo.stop()
        }

        @Test("A server with another key than the pinned one is refused before the login")
        func mismatch() async throws {
            let other = try await LocalSSHServer()
            other.stop()
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let digest = [UInt8](repeating: 7, count: 32)
            for pin in [try other.hostKey("ed25519"), try other.hostKey("rsa"), .fingerprint(digest)] {
                try await SSHSessions.with { sessions in
                    let failure = await sessions.refusal(1, through: server.bastion(hostKey: pin))
                    #expect(failure?.stage == .sshHostKey)
                    #expect(failure?.code == .sshHostKeyMismatch)
                    #expect(failure?.message.contains(pin.fingerprintText) == true)
                    #expect(failure?.message.contains("shows the key SHA256:") == true)
                }
            }
            #expect(!server.log.contains("Failed password"))
            #expect(!server.log.contains("Accepted"))
        }

        @Test("A key that nobody named is warned of with its fingerprint, also in a shared session; a named one is not")
        func unnamed() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            let pin = try server.hostKey("ed25519")
            try await SSHSessions.with { sessions in
                for (key, isWarned) in [(nil, true), (nil, true), (pin, false)] as [(HostKey?, Bool)] {
                    let journal = StageJournal()
                    let way = try await sessions.reach(
                        echo.port, through: server.bastion(hostKey: key), journal: journal)
                    let warnings = journal.report().warnings
                    #expect(warnings.map(\.code) == (isWarned ? [.hostKeyPinned] : []))
                    if let warning = warnings.first { #expect(warning.message.contains(way.hostKey.fingerprintText)) }
                }
            }
            await echo.stop()
        }

        @Test("A caller with another pin does not get the session of one who learned the key")
        func sharedMismatch() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                _ = try await sessions.reach(echo.port, through: server.bastion())
                let pin = HostKey.fingerprint([UInt8](repeating: 7, count: 32))
                let failure = await sessions.refusal(echo.port, through: server.bastion(hostKey: pin))
                #expect(failure?.code == .sshHostKeyMismatch)
            }
            await echo.stop()
        }
    }
}
