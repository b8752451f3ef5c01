import Testbed

extension Fault {
    private static func peer(
        _ name: String, _ code: String, timeout: Int? = nil, _ behaviour: FaultyServer.Behaviour
    ) -> Fault {
        Fault(
            name, "ssh_handshake", code, timeout: timeout, peer: behaviour,
            body: { port in
                [
                    "driver": "mysql", "host": "db", "username": "ann", "ssh": true, "sshHost": "127.0.0.1",
                    "sshPort": "\(port)", "sshUsername": "joe", "sshPassword": "x", "sshTunneling": true,
                ]
            })
    }

    /// PostgreSQL behind a bastion that was set up otherwise.
    private static func bastion(
        _ name: String, _ stage: String, _ code: String, _ configuration: SSHServer.Configuration,
        _ fields: [String: JSON] = [:]
    ) -> Fault {
        Fault(name, stage, code) { ground in
            let bastion = try await SSHServer.start(configuration)
            return Scene(
                body: try ground.behindBastion(bastion.fields.merging(fields) { $1 }),
                guests: { bastion.sessions().count }, end: { await bastion.stop() })
        }
    }

    private static func login(
        _ name: String, _ fields: @escaping @Sendable (FaultGround) throws -> [String: JSON]
    ) -> Fault {
        Fault(name, "ssh_auth", "ssh_auth_failed", body: { try $0.behindBastion(fields($0)) })
    }

    /// From the bastion's first word to the open channel.
    static let ofSSH: [Fault] = [
        peer("a web server as bastion", "not_an_ssh_server", .says(Banners.http)),
        peer("a mail server as bastion", "not_an_ssh_server", .says(Banners.smtp)),
        peer("garbage from a bastion", "not_an_ssh_server", .says(Banners.garbage)),
        peer("a bastion that floods", "not_an_ssh_server", .floods(Banners.garbage)),
        peer("a silent bastion", "ssh_timeout", timeout: 2, .silent),
        peer(
            "a bastion with a byte a second", "ssh_timeout", timeout: 3, .trickles(Banners.ssh, every: .seconds(1))),
        peer("a bastion that closes", "ssh_handshake_failed", .close),
        peer("a bastion that stops after its banner", "ssh_timeout", timeout: 2, .says(Banners.ssh)),
        bastion(
            "a bastion without a common algorithm", "ssh_handshake", "ssh_no_common_algorithm",
            .init(lines: ["KexAlgorithms sntrup761x25519-sha512@openssh.com"])),
        Fault("a bastion with another host key", "ssh_host_key", "ssh_host_key_mismatch") { ground in
            let other = try await SSHServer.start()
            let line = try other.hostKeyLine(.ed25519)
            await other.stop()
            return Scene(body: try ground.behindBastion(["sshHostKey": .text(line)]))
        },
        login("a wrong password at the bastion") { _ in ["sshPassword": "wrong"] },
        login("an unknown user at the bastion") { _ in ["sshUsername": "nobody-here"] },
        login("an identity that the bastion does not know") { ground in
            ["sshIdentity": .text(ground.keys.key(.unknown).privateText), "sshPassword": .null]
        },
        bastion(
            "a password where the bastion wants a key", "ssh_auth", "ssh_auth_failed", .init(methods: .keyOnly)),
        bastion(
            "a bastion that does not forward", "ssh_forward", "ssh_forward_denied", .init(forwarding: "no")),
        bastion(
            "a bastion that forwards elsewhere", "ssh_forward", "ssh_forward_denied",
            .init(permitOpen: ["127.0.0.1:1"])),
        Fault(
            "a closed port behind the bastion", "ssh_forward", "ssh_forward_failed",
            body: { try $0.behindBastion(["port": "\(try FreePort.next())"]) }),
        Fault(
            "a host without address behind the bastion", "ssh_forward", "ssh_forward_failed",
            body: { try $0.behindBastion(["host": "db.invalid"]) }),
        bastion(
            "a bastion without a relay command", "ssh_forward", "ssh_relay_unavailable",
            .init(lines: ["ForceCommand /nonexistent/nc"]), ["sshTunneling": false]),
        Fault(
            "a closed port behind the relay", "ssh_forward", "ssh_forward_failed",
            body: { try $0.behindBastion(["port": "\(try FreePort.next())", "sshTunneling": false]) }),
    ]
}
