import SourceModel

/// Words what goes wrong at an SSH server.
enum SSHFailures {
    // MARK: Before the session is there

    /// A server that does not speak SSH; what it said instead.
    static func notAnSSHServer(_ bastion: Endpoint, said bytes: [UInt8]) -> SourceFailure {
        let words = LibSSH.plain(String(decoding: bytes.prefix(80), as: UTF8.self))
        return SourceFailure(
            .sshHandshake, .notAnSSHServer, "\(bastion) is not an SSH server: \(ForeignGreeting.name(bytes)) answered.",
            hint: "Set sshHost and sshPort to the SSH server; its usual port is 22.",
            server: ServerWords(code: "greeting", text: words))
    }

    static func hungUp(_ bastion: Endpoint, in stage: Stage, words: String) -> SourceFailure {
        SourceFailure(
            stage, .sshHandshakeFailed, "\(bastion) closed the connection during the SSH \(name(stage)).",
            hint: "Look into the SSH server's log: it may limit connections or refuse this address.",
            server: words.isEmpty ? nil : ServerWords(code: "disconnect", text: words))
    }

    static func handshakeFailed(_ bastion: Endpoint, words: String) -> SourceFailure {
        SourceFailure(
            .sshHandshake, .sshHandshakeFailed, "The SSH handshake with \(bastion) failed.",
            hint: "Look into the SSH server's log.", server: ServerWords(code: "handshake", text: words))
    }

    static func noCommonAlgorithm(_ bastion: Endpoint, words: String) -> SourceFailure {
        SourceFailure(
            .sshHandshake, .sshNoCommonAlgorithm,
            "\(bastion) and this service have no SSH algorithm in common.",
            hint:
                "Allow current algorithms there, for example curve25519-sha256, ssh-ed25519 and aes256-gcm.",
            server: ServerWords(code: "kex", text: words))
    }

    /// The caller's time is over, or nobody waits any more.
    static func stopped(_ bastion: Endpoint, in stage: Stage) -> SourceFailure {
        if stage == .dial || stage == .resolve {
            return SourceFailure(
                .dial, .dialTimeout, "\(bastion) did not answer in time.",
                hint: "Check sshHost, and that no firewall drops the packets.")
        }
        return SourceFailure(
            stage, .sshTimeout, "\(bastion) did not finish the SSH \(name(stage)) in time.",
            hint: stage == .sshForward
                ? "Check that host and port can be reached from the SSH server."
                : "Check that sshHost and sshPort name an SSH server, and that it is not overloaded.")
    }

    static func hostKeyMismatch(_ bastion: Endpoint, shown: HostKey, pinned: HostKey) -> SourceFailure {
        SourceFailure(
            .sshHostKey, .sshHostKeyMismatch,
            "\(bastion) shows the key \(shown.fingerprintText), but \(pinned.fingerprintText) is expected.",
            hint: "If the server's key was changed on purpose, set sshHostKey to the new key. "
                + "Otherwise somebody may be listening in between.",
            server: ServerWords(code: "host key", text: shown.reportText))
    }

    // MARK: Login

    static func loginFailed(_ bastion: Bastion, offered: [String], tried: [String], words: String) -> SourceFailure {
        let takes = offered.isEmpty ? "takes no method that it names" : "takes \(offered.joined(separator: ", "))"
        let attempts = tried.isEmpty ? "nothing that was given fits" : "tried: \(tried.joined(separator: ", "))"
        let fields =
            switch bastion.credentials {
            case .password: "sshUsername and sshPassword"
            case .key: "sshUsername and sshIdentity"
            }
        return SourceFailure(
            .sshAuth, .sshAuthFailed,
            "\(bastion.endpoint) refused the login of \(LibSSH.plain(bastion.username)): it \(takes); \(attempts).",
            hint: "Check \(fields).", server: words.isEmpty ? nil : ServerWords(code: "userauth", text: words))
    }

    // MARK: Passage

    /// The server's refusal to open a channel (RFC 4254, section 5.1).
    static func refused(_ bastion: Endpoint, target: Endpoint, reason: Int, words: String) -> SourceFailure {
        let server = ServerWords(code: "\(reason)", text: words)
        return switch reason {
        case 1, 3:
            SourceFailure(
                .sshForward, .sshForwardDenied, "\(bastion) does not allow forwarding to \(target).",
                hint: "Allow it there (AllowTcpForwarding, PermitOpen), or set sshTunneling to false to use a relay.",
                server: server)
        default:
            SourceFailure(
                .sshForward, .sshForwardFailed, "\(bastion) cannot connect to \(target): \(words).",
                hint: "Check host and port as the SSH server sees them, and that the data source is running.",
                server: server)
        }
    }

    static func relayUnavailable(_ bastion: Endpoint, said: String) -> SourceFailure {
        SourceFailure(
            .sshForward, .sshRelayUnavailable, "\(bastion) has no relay command that can be run.",
            hint: "Install nc on the SSH server, allow the login to run commands, or set sshTunneling to true.",
            server: said.isEmpty ? nil : ServerWords(code: "127", text: said))
    }

    static func sftpUnavailable(_ bastion: Endpoint, said: String) -> SourceFailure {
        SourceFailure(
            .sshForward, .sshRelayUnavailable, "\(bastion) does not offer SFTP to this login.",
            hint: "Turn the subsystem sftp on there, or set host and sshTunneling to fetch the file by HTTP.",
            server: said.isEmpty ? nil : ServerWords(code: "sftp", text: LibSSH.plain(said)))
    }

    static func relayFailed(_ bastion: Endpoint, target: Endpoint, status: Int?, said: String) -> SourceFailure {
        SourceFailure(
            .sshForward, .sshForwardFailed,
            "\(bastion) cannot connect to \(target)\(said.isEmpty ? "" : ": " + said.trimmed).",
            hint: "Check host and port as the SSH server sees them, and that the data source is running.",
            server: ServerWords(code: status.map(String.init) ?? "signal", text: said))
    }

    static func unspeakable(_ target: Endpoint) -> SourceFailure {
        SourceFailure(
            .sshForward, .sshForwardFailed, "\(LibSSH.plain(target.description)) cannot be reached by a relay command.",
            hint: "Set host to a plain name or address, or set sshTunneling to true.")
    }

    static func lost(_ bastion: Endpoint, in stage: Stage) -> SourceFailure {
        SourceFailure(
            stage, .connectionReset, "The SSH session with \(bastion) was lost.",
            hint: "Check that the SSH server is running and can be reached.")
    }

    static func exhausted(_ stage: Stage) -> SourceFailure {
        SourceFailure(
            stage, stage == .dial ? .hostUnreachable : .sshHandshakeFailed,
            "This service has no descriptors left for another SSH connection.",
            hint: "Raise the limit of open files for this service.")
    }

    private static func name(_ stage: Stage) -> String {
        switch stage {
        case .sshHostKey: "host key check"
        case .sshAuth: "login"
        case .sshForward: "forwarding"
        default: "handshake"
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while let last = text.last, last == " " || last == "." { text.removeLast() }
        return String(text)
    }
}

extension Bastion {
    /// Where the SSH server listens.
    var endpoint: Endpoint { Endpoint(host: host, port: port) }
}

/// Guesses who speaks from the first bytes.
enum ForeignGreeting {
    /// The speaker, for a sentence.
    static func name(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(64), as: UTF8.self)
        if text.hasPrefix("HTTP/") || text.hasPrefix("<") { return "a web server" }
        if bytes.count > 4, bytes[3] == 0, bytes[4] == 10 || bytes[4] == 0xFF { return "a MySQL or MariaDB server" }
        if bytes.count > 1, bytes[0] == 0x15 || bytes[0] == 0x16, bytes[1] == 3 { return "a TLS server" }
        if text.hasPrefix("220") { return "a mail or FTP server" }
        if text.hasPrefix("+OK") || text.hasPrefix("* OK") { return "a mail server" }
        if text.hasPrefix("RFB ") { return "a VNC server" }
        let shown = LibSSH.plain(String(text.prefix(40)))
        return shown.isEmpty || bytes.contains(where: { $0 < 9 }) ? "something else" : "something that says “\(shown)”"
    }

    /// Whether these first bytes can no longer lead to an SSH banner. A server may send lines of text before it
    /// (RFC 4253, section 4.2); 4,096 bytes of them are heard.
    static func isForeign(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, !mayBeBanner(bytes) else { return false }
        if bytes.count >= 4096 { return true }
        if first < 9 || bytes.contains(where: { $0 == 0 }) { return true }
        let text = String(decoding: bytes.prefix(16), as: UTF8.self)
        return ["HTTP/", "220 ", "220-", "+OK", "* OK", "RFB ", "<!", "<html"].contains(where: text.hasPrefix)
            || (bytes.count > 1 && (first == 0x15 || first == 0x16) && bytes[1] == 3)
    }

    private static func mayBeBanner(_ bytes: [UInt8]) -> Bool {
        bytes.split(separator: 10).contains { $0.prefix(4).elementsEqual("SSH-".utf8.prefix($0.count)) }
    }
}
