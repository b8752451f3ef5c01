import Foundation
import Testbed

/// How a data source is reached in the matrix.
enum Way: String, CaseIterable, Sendable {
    case direct
    case password = "SSH password"
    case ed25519 = "SSH ed25519"
    case ecdsa = "SSH ECDSA"
    case rsa = "SSH RSA"
    case passphrase = "SSH passphrase"
    case keyAndPassword = "SSH key and password"
    case relay = "SSH relay"

    /// The key that logs in, where one does.
    var key: SSHKeys.Kind? {
        switch self {
        case .direct, .password, .relay: nil
        case .ed25519, .keyAndPassword: .ed25519
        case .ecdsa: .ecdsa
        case .rsa: .rsa
        case .passphrase: .ed25519Encrypted
        }
    }
}

/// Bastions of which each lets in by one way alone.
struct Bastions: Sendable {
    let passwordOnly: SSHServer
    let keyOnly: SSHServer
    let keyAndPassword: SSHServer
    /// Forwards nothing.
    let closed: SSHServer
    let keys: SSHKeys

    static func start() async throws -> Bastions {
        Bastions(
            passwordOnly: try await SSHServer.start(.init(methods: .passwordOnly)),
            keyOnly: try await SSHServer.start(.init(methods: .keyOnly)),
            keyAndPassword: try await SSHServer.start(.init(methods: .keyAndPassword)),
            closed: try await SSHServer.start(.init(methods: .passwordOnly, forwarding: "no")),
            keys: try await Testbed.shared.sshKeys())
    }

    func stop() async {
        for server in [passwordOnly, keyOnly, keyAndPassword, closed] { await server.stop() }
    }

    func server(for way: Way) -> SSHServer? {
        switch way {
        case .direct: nil
        case .password: passwordOnly
        case .ed25519, .ecdsa, .rsa, .passphrase: keyOnly
        case .keyAndPassword: keyAndPassword
        case .relay: closed
        }
    }

    /// The fields that choose the way.
    func fields(for way: Way) -> [String: JSON] {
        guard let server = server(for: way) else { return ["ssh": false] }
        var fields = server.fields
        fields["sshTunneling"] = .flag(way != .relay)
        if let kind = way.key {
            let key = keys.key(kind)
            fields["sshIdentity"] = .text(key.privateText)
            fields["sshPassword"] = key.passphrase.map { .text($0) } ?? .null
        }
        if way == .keyAndPassword { fields["sshPassword"] = .text(SSHServer.login.password) }
        return fields
    }

    /// What is wrong with the way that a connection took, as the bastion and the kernel tell; nil if nothing is.
    func complaint(about way: Way, to port: Int, from service: Int32) async throws -> String? {
        let own = Sockets.connections(to: port, heldBy: service)
        guard let server = server(for: way) else {
            return own == 1 ? nil : "the service holds \(own) connections to the database"
        }
        guard own == 0 else { return "the service holds a connection to the database itself" }
        guard Sockets.listeningPorts(of: service).count == 1 else { return "the service listens for its tunnel" }
        let forwards = server.forwards(to: port)
        let relays = server.relays().filter { ProcessTable.commandLine(of: $0).hasSuffix(" \(port)") }
        guard forwards == (way == .relay ? 0 : 1), relays.count == (way == .relay ? 1 : 0) else {
            return "the bastion has \(forwards) forwards and \(relays.count) relays"
        }
        for words in try await accepted(way) where !server.logText.contains(words) {
            return "the bastion's log has no \"\(words)\""
        }
        return nil
    }

    /// What the bastion's log says of a login by this way.
    private func accepted(_ way: Way) async throws -> [String] {
        let user = SSHServer.login.username
        guard let kind = way.key else { return ["Accepted password for \(user)"] }
        let file = keys.key(kind).file.appendingPathExtension("pub").path
        let said = try await Command.check(["ssh-keygen", "-l", "-E", "sha256", "-f", file])
        let fingerprint = said.split(separator: " ").dropFirst().first.map(String.init) ?? "no fingerprint"
        return way == .keyAndPassword
            ? ["Partial publickey for \(user)", fingerprint, "Accepted password for \(user)"]
            : ["Accepted publickey for \(user)", fingerprint]
    }
}

extension SSHServer {
    /// The fields of a data source behind this server, reached by password.
    var fields: [String: JSON] {
        [
            "ssh": true, "sshHost": "127.0.0.1", "sshPort": "\(port)", "sshUsername": "\(Self.login.username)",
            "sshPassword": "\(Self.login.password)", "sshTunneling": true,
        ]
    }
}
