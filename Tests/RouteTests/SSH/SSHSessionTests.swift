import Foundation
import NIOCore
import SourceModel
import Testing

@testable import Route

extension SSHTests {
    @Suite("SSH sessions on a real OpenSSH server", .enabled(if: LocalSSHServer.isAvailable), .timeLimit(.minutes(3)))
    struct SSHSessionTests {
        @Test("A password opens a session, and a channel through it carries bytes both ways")
        func password() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let journal = StageJournal()
                let way = try await sessions.reach(echo.port, through: server.bastion(), journal: journal)
                #expect(try await RoundTrip.run(way.channel, bytes: 3_000_001))
                #expect(way.hostKey == (try server.hostKey("ed25519")))
                let report = journal.report()
                #expect(
                    report.stages.map(\.stage) == [.resolve, .dial, .sshHandshake, .sshHostKey, .sshAuth, .sshForward])
                let details = report.stages.map(\.detail)
                #expect(details[1] == "127.0.0.1:\(server.port)")
                #expect(details[2].hasPrefix("SSH-2.0-OpenSSH"))
                #expect(details[3] == "ssh-ed25519 \(try server.fingerprint("ed25519"))")
                #expect(details[4] == "password as \(LocalSSHServer.user)")
                #expect(details[5] == "127.0.0.1:\(echo.port) by direct-tcpip")
                try await way.channel.close()
            }
            await echo.stop()
        }

        @Test("An ed25519 key opens a session")
        func key() async throws {
            let key = try TestKey.make(["-t", "ed25519"])
            let server = try await LocalSSHServer(["PasswordAuthentication no"], authorized: [key.publicLine])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let bastion = server.bastion(.key(Secret(key.text), password: nil))
                let way = try await sessions.reach(echo.port, through: bastion)
                #expect(try await RoundTrip.run(way.channel, bytes: 1000))
            }
            await echo.stop()
        }
    }
}
