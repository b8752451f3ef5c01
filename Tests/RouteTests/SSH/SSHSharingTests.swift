import Foundation
import NIOCore
import NIOPosix
import SourceModel
import Testbed
import Testing

@testable import Route

extension SSHTests {
    @Suite(
        "Shared and lost SSH sessions on a real OpenSSH server", .enabled(if: LocalSSHServer.isAvailable),
        .timeLimit(.minutes(3)))
    struct SSHSharingTests {
        @Test("Callers share a session and say so; another identity does not")
        func sharing() async throws {
            let key = try TestKey.make(["-t", "ed25519"])
            let server = try await LocalSSHServer(authorized: [key.publicLine])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let first = try await sessions.reach(echo.port, through: server.bastion())
                let journal = StageJournal()
                let second = try await sessions.reach(echo.port, through: server.bastion(), journal: journal)
                #expect(server.sessionCount == 1)
                let report = journal.report()
                #expect(
                    report.stages.map(\.stage) == [.resolve, .dial, .sshHandshake, .sshHostKey, .sshAuth, .sshForward])
                #expect(report.stages.dropLast().allSatisfy { $0.detail.hasSuffix("shared SSH session") })
                #expect(report.stages.first { $0.stage == .sshHostKey }?.detail.contains("SHA256:") == true)
                #expect(report.stages.last?.detail.hasSuffix("by direct-tcpip, shared SSH session") == true)
                let third = try await sessions.reach(
                    echo.port, through: server.bastion(.key(Secret(key.text), password: nil)))
                #expect(server.sessionCount == 2)
                for way in [first, second, third] { #expect(try await RoundTrip.run(way.channel, bytes: 1000)) }
            }
            await echo.stop()
            try await eventually("the server's sessions are gone") { server.sessionCount == 0 }
        }

        @Test("A session without channels ends after its time, and the next caller dials anew")
        func idle() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with({ $0.idle = .milliseconds(300) }) { sessions in
                for _ in 0..<3 {
                    let way = try await sessions.reach(echo.port, through: server.bastion())
                    #expect(try await RoundTrip.run(way.channel, bytes: 1000))
                    try await way.channel.close()
                    try await eventually("the session ends") { server.sessionCount == 0 }
                }
            }
            await echo.stop()
        }

        @Test("When the bastion dies its channels close at once, the witness tells, and the next caller dials anew")
        func killed() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                var ways: [SSHPassage] = []
                for _ in 0..<5 { ways.append(try await sessions.reach(echo.port, through: server.bastion())) }
                for way in ways { way.channel.read() }
                server.stop()
                for way in ways {
                    try await way.channel.closeFuture.get()
                    #expect(way.witness.failure(in: .probe)?.code == .connectionReset)
                    #expect(way.witness.failure(in: .probe)?.stage == .probe)
                }
                let refused = await sessions.refusal(echo.port, through: server.bastion())
                #expect(refused?.code == .connectionRefused)
                try await server.start()
                let again = try await sessions.reach(echo.port, through: server.bastion())
                #expect(try await RoundTrip.run(again.channel, bytes: 1000))
            }
            await echo.stop()
        }

        @Test("A session that is lost while SFTP starts is no server without SFTP: the caller gets another one")
        func lostWhileStarting() async throws {
            let server = try await LocalSSHServer(["Subsystem sftp internal-sftp"])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            let gate = CuttingRelay.Gate()
            let proxy = try await CuttingRelay.start(to: server.port, gate)
            try await SSHSessions.with { sessions in
                var bastion = server.bastion()
                bastion.port = proxy.port
                let first = try await sessions.reach(echo.port, through: bastion)
                #expect(try await RoundTrip.run(first.channel, bytes: 1000))
                // The channel's opening passes, the subsystem's does not.
                gate.allow(1)
                let files = try await sessions.reach(22, through: bastion, passage: .sftp)
                #expect(files.channel.isActive)
                #expect(gate.cuts == 1)
                try await first.channel.closeFuture.get()
                try await files.channel.close()
            }
            await proxy.stop()
            await echo.stop()
        }

        @Test("A silently stalled server is noticed by unanswered questions")
        func stalled() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with({ $0.keepAlive = .milliseconds(100) }) { sessions in
                let way = try await sessions.reach(echo.port, through: server.bastion())
                #expect(Self.threads == 1)
                // Ten intervals without traffic of ours: the answers keep the session.
                try await Task.sleep(for: .seconds(1))
                #expect(try await RoundTrip.run(way.channel, bytes: 1000))
                let processes = server.sessions
                for process in processes { kill(process, SIGSTOP) }
                try await way.channel.closeFuture.get()
                #expect(way.witness.failure(in: .login)?.code == .connectionReset)
            }
            await echo.stop()
        }

        @Test("A server that limits sessions gets one more connection for the next relay")
        func saturated() async throws {
            let server = try await LocalSSHServer(["MaxSessions 2"])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                var ways: [SSHPassage] = []
                for _ in 0..<5 {
                    ways.append(try await sessions.reach(echo.port, through: server.bastion(), passage: .relayed))
                }
                for way in ways { #expect(try await RoundTrip.run(way.channel, bytes: 1000)) }
                #expect(server.sessionCount == 3)
            }
            await echo.stop()
        }

        @Test("A hundred failed and finished passages leave no descriptor and no thread behind")
        func leaks() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            let closed = try FreePort.next()
            let before = Self.descriptors
            try await SSHSessions.with { sessions in
                for round in 0..<50 {
                    let way = try await sessions.reach(echo.port, through: server.bastion())
                    try await way.channel.close()
                    #expect(await sessions.refusal(closed, through: server.bastion()) != nil)
                    if round % 10 == 0 {
                        #expect(await sessions.refusal(1, through: server.bastion(.password(Secret("no")))) != nil)
                    }
                }
                try await eventually("the server's connections to the target are gone") { server.sessionCount == 1 }
            }
            try await eventually("every session's thread is gone") { Self.threads == 0 }
            // A descriptor left behind by each passage would be a hundred and more.
            try await eventually("the descriptors are given back") { Self.descriptors < before + 40 }
            await echo.stop()
            try await eventually("the server's sessions are gone") { server.sessionCount == 0 }
        }

        private static var descriptors: Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0
        }

        private static var threads: Int {
            let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
            return tasks.count {
                let name = try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
                return name == SSHSession.threadName + "\n"
            }
        }
    }
}
