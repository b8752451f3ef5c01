import Foundation
import NIOCore
import NIOPosix
import SourceModel
import Testbed
import Testing

@testable import Route

extension SSHTests {
    @Suite("Servers that are no SSH servers, or bad ones", .timeLimit(.minutes(2)))
    struct StrangeServerTests {
        private func bastion(_ port: Int) -> Bastion {
            Bastion(
                host: "127.0.0.1", port: port, username: "ada", credentials: .password(Secret("hunter2")), hostKey: nil)
        }

        @Test(
            "What answered is said",
            arguments: [
                ("HTTP/1.1 400 Bad Request\r\n\r\n", "a web server"),
                ("\u{4a}\0\0\0\u{a}8.0.36\0", "a MySQL or MariaDB server"),
                ("220 mail.test ESMTP\r\n", "a mail or FTP server"),
                ("RFB 003.008\n", "a VNC server"),
            ])
        func foreign(_ greeting: String, _ name: String) async throws {
            let server = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Greeter(greeting)) }
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(1, through: bastion(server.port))
                #expect(failure?.stage == .sshHandshake)
                #expect(failure?.code == .notAnSSHServer)
                #expect(failure?.message == "127.0.0.1:\(server.port) is not an SSH server: \(name) answered.")
            }
            await server.stop()
        }

        @Test("A server that hangs up at once fails the handshake")
        func hangsUp() async throws {
            let server = try await LoopbackServer.start {
                try $0.pipeline.syncOperations.addHandler(Greeter("", hangsUp: true))
            }
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(1, through: bastion(server.port))
                #expect(failure?.stage == .sshHandshake)
                #expect(failure?.code == .sshHandshakeFailed)
            }
            await server.stop()
        }

        @Test("Garbage behind a banner fails the handshake")
        func garbage() async throws {
            let server = try await LoopbackServer.start {
                try $0.pipeline.syncOperations.addHandler(
                    Greeter("SSH-2.0-Strange\r\n" + String(repeating: "garbage!", count: 10_000)))
            }
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(1, through: bastion(server.port))
                #expect(failure?.stage == .sshHandshake)
                #expect(failure?.code == .sshHandshakeFailed)
            }
            await server.stop()
        }

        @Test(
            "Cancelling ends the wait for a server that is silent or stops in the middle",
            arguments: ["", "S", "SSH-2.0-Slow", "SSH-2.0-Slow\r\n", "Welcome\r\nto\r\nthe\r\nbastion\r\n"])
        func cancelled(_ greeting: String) async throws {
            let server = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Greeter(greeting)) }
            try await SSHSessions.with { sessions in
                let entered = AsyncStream<Void>.makeStream()
                let journal = StageJournal(observer: { event in
                    if event == .entered(.sshHandshake) { entered.continuation.yield() }
                })
                let call = Task { await sessions.refusal(1, through: bastion(server.port), journal: journal) }
                for await _ in entered.stream { break }
                call.cancel()
                let failure = await call.value
                #expect(failure?.stage == .sshHandshake)
                #expect(failure?.code == .sshTimeout)
            }
            await server.stop()
        }

        @Test("When one of two callers leaves, the other one's handshake goes on")
        func oneLeaves() async throws {
            let server = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Greeter("")) }
            try await SSHSessions.with { sessions in
                let entered = AsyncStream<Void>.makeStream()
                let journals = (0..<2).map { _ in
                    StageJournal(observer: { if $0 == .entered(.sshHandshake) { entered.continuation.yield() } })
                }
                let calls = journals.map { journal in
                    Task { await sessions.refusal(1, through: bastion(server.port), journal: journal) }
                }
                var count = 0
                for await _ in entered.stream {
                    count += 1
                    if count == 2 { break }
                }
                calls[0].cancel()
                #expect(await calls[0].value?.code == .sshTimeout)
                #expect(journals[1].current == .sshHandshake)
                calls[1].cancel()
                #expect(await calls[1].value?.code == .sshTimeout)
            }
            await server.stop()
        }

        @Test("A port where nobody listens fails the dial")
        func refused() async throws {
            let port = try FreePort.next()
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(1, through: bastion(port))
                #expect(failure?.stage == .dial)
                #expect(failure?.code == .connectionRefused)
                #expect(failure?.hint.contains("sshHost") == true)
            }
        }

        @Test(
            "A server without a common algorithm is told what both sides offer",
            .enabled(if: LocalSSHServer.isAvailable))
        func noCommonAlgorithm() async throws {
            let server = try await LocalSSHServer(["KexAlgorithms sntrup761x25519-sha512@openssh.com"])
            defer { server.stop() }
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(1, through: server.bastion())
                #expect(failure?.code == .sshNoCommonAlgorithm)
                #expect(failure?.server?.text.contains("sntrup761x25519-sha512@openssh.com") == true)
            }
        }
    }
}
