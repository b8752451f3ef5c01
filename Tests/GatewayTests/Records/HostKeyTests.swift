import Registry
import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("The SSH host's key", .enabled(if: SSHServer.availability == nil))
struct HostKeyTests {
    private func fields(of bastion: SSHServer) -> [Field: FieldValue] {
        [
            .ssh: .flag(true), .sshHost: .text("127.0.0.1"), .sshPort: .text(String(bastion.port)),
            .sshUsername: .text(SSHServer.login.username), .sshPassword: .secret(Secret(SSHServer.login.password)),
        ]
    }

    @Test("The key that is seen when the record is made is written into it, and holds from then on")
    func pinned() async throws {
        let bastion = try await SSHServer.start(.init(hostKeys: [.ed25519]))
        let line = try bastion.hostKeyLine(.ed25519)
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft(fields(of: bastion)))
            #expect(view.record.draft.text(.sshHostKey) == line)
            #expect(try await house.registry.record(view.record.id)?.draft.text(.sshHostKey) == line)
            // What reconnects asks for that key, too, and not only what is tested.
            #expect(house.gateway.liveSource(view.record.id)?.source.scheme.bastion?.hostKey?.text == line)

            await bastion.stop()
            try await bastion.changeHostKeys()
            try await bastion.start()
            let outcome = try await house.gateway.test(view.record.id, deadline: GatewayHouse.deadline)
            #expect(outcome.failure?.code == .sshHostKeyMismatch)
            await expect("failed") { try await house.update(view, [.name: .text("renamed")]) }
        }
        await bastion.stop()
    }

    @Test("Another SSH host in a change brings another key")
    func moved() async throws {
        let first = try await SSHServer.start(.init(hostKeys: [.ed25519]))
        let second = try await SSHServer.start(.init(hostKeys: [.ed25519]))
        let line = try second.hostKeyLine(.ed25519)
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft(fields(of: first)))
            let moved = try await house.update(view, [.sshPort: .text(String(second.port))])
            #expect(moved.record.draft.text(.sshHostKey) == line)
            try await house.until(sessions: 1)
        }
        await first.stop()
        await second.stop()
    }

    @Test("A key that the caller names is kept as it was written, and another one is refused")
    func given() async throws {
        let bastion = try await SSHServer.start(.init(hostKeys: [.ed25519]))
        let fingerprint = try await bastion.hostKeyFingerprint(.ed25519)
        try await GatewayHouse.run { house in
            let view = try await house.create(
                house.draft(fields(of: bastion).merging([.sshHostKey: .text(fingerprint)]) { $1 }))
            #expect(view.record.draft.text(.sshHostKey) == fingerprint)
            let other = "SHA256:" + String(repeating: "A", count: 43)
            await expect("failed") { try await house.update(view, [.sshHostKey: .text(other)]) }
            try await house.until(sessions: 1)
        }
        await bastion.stop()
    }
}
