import Foundation
import Testbed
import Testing

@Suite(.enabled(if: SSHServer.availability == nil))
struct SSHServerTests {
    private static func ssh(
        _ server: SSHServer, key: SSHKey? = nil, password: String? = nil, methods: String, _ command: String = "echo in"
    ) async throws -> Command.Outcome {
        let folder = Workspace.makeFolder(for: "ssh")
        // ssh asks for passwords and passphrases through this program.
        let asker = try Workspace.write(
            "#!/bin/sh\ncase $1 in *passphrase*) printf %s \"$PHRASE\" ;; *) printf %s \"$WORD\" ;; esac\n",
            to: folder.appending(path: "ask"), mode: 0o700)
        return try await Command.run(
            [
                "ssh", "-F", "none", "-p", String(server.port), "-o", "StrictHostKeyChecking=no",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR",
                "-o", "PreferredAuthentications=\(methods)", "-o", "NumberOfPasswordPrompts=1",
            ] + (key.map { ["-i", $0.file.path] } ?? []) + ["\(SSHServer.login.username)@127.0.0.1", command],
            environment: [
                "SSH_ASKPASS": asker.path, "SSH_ASKPASS_REQUIRE": "force", "PHRASE": key?.passphrase ?? "",
                "WORD": password ?? "",
            ])
    }

    @Test("Every key logs in but the unknown one", arguments: SSHKeys.Kind.allCases)
    func keys(kind: SSHKeys.Kind) async throws {
        let server = try await Testbed.shared.ssh()
        let outcome = try await Self.ssh(server, key: server.keys.key(kind), methods: "publickey")
        #expect((outcome.output == "in\n") == (kind != .unknown), "\(outcome.errors)")
    }

    @Test("The password logs in, another one does not")
    func password() async throws {
        let server = try await Testbed.shared.ssh()
        let right = try await Self.ssh(server, password: SSHServer.login.password, methods: "password")
        #expect(right.output == "in\n", "\(right.errors)")
        #expect(try await Self.ssh(server, password: "wrong", methods: "password").status != 0)
    }

    @Test("A server that wants key and password takes both together and neither alone")
    func keyAndPassword() async throws {
        let server = try await SSHServer.start(.init(methods: .keyAndPassword))
        let key = server.keys.key(.ed25519)
        let word = SSHServer.login.password
        let both = try await Self.ssh(server, key: key, password: word, methods: "publickey,password")
        #expect(both.output == "in\n", "\(both.errors)")
        #expect(try await Self.ssh(server, key: key, methods: "publickey").status != 0)
        #expect(try await Self.ssh(server, password: word, methods: "password").status != 0)
        await server.stop()
    }

    @Test("A server that asks questions takes the password as the answer")
    func keyboardInteractive() async throws {
        let server = try await SSHServer.start(.init(methods: .keyboardInteractive))
        let outcome = try await Self.ssh(
            server, password: SSHServer.login.password, methods: "keyboard-interactive")
        #expect(outcome.output == "in\n", "\(outcome.errors)\(server.logText)")
        await server.stop()
    }

    @Test("Stopping ends the live sessions too; the next start may show other host keys")
    func stopping() async throws {
        let server = try await SSHServer.start()
        let key = server.keys.key(.ed25519)
        async let session = Self.ssh(server, key: key, methods: "publickey", "exec sleep 1000")
        try await eventually("the session is there") { server.sessions().count == 1 }
        let main = try #require(server.pid)
        let processes = ProcessTable.descendants(of: main)
        await server.stop()
        #expect(try await session.status == 255)
        try await eventually("the session's processes are gone") { processes.allSatisfy { !ProcessTable.isAlive($0) } }

        let before = try await server.hostKeyFingerprint(.ed25519)
        try await server.start()
        #expect(try await Self.ssh(server, key: key, methods: "publickey").output == "in\n")
        try await server.changeHostKeys()
        try await server.restart()
        #expect(try await server.hostKeyFingerprint(.ed25519) != before)
        #expect(try await Self.ssh(server, key: key, methods: "publickey").output == "in\n")
        await server.stop()
    }
}
