import CLibSSH
import SourceModel

extension SSHEngine {
    /// The ways to log in that a record can have, in the order in which they are tried.
    private enum Method: String, CaseIterable {
        case publicKey = "publickey"
        case password
        case keyboardInteractive = "keyboard-interactive"

        var flag: Int32 {
            switch self {
            case .publicKey: 0x0004
            case .password: 0x0002
            case .keyboardInteractive: 0x0010
            }
        }
    }

    /// Logs in; returns the methods that the server has accepted. A server may want several (RFC 4252, section 5.1):
    /// each method is used at most once.
    func login(_ handle: ssh_session) throws(SourceFailure) -> String {
        let key = try loadKey()
        // A passphrase is for the key alone: it is not shown to the server.
        let secret = key?.wasEncrypted == true ? nil : bastion.credentials.password
        var result = try drive(again: SSH_AUTH_AGAIN.asResult) { ssh_userauth_none($0, nil) }
        var accepted: [String] = []
        var tried: [Method] = []
        func take() { if let last = tried.last { accepted.append(last.rawValue) } }
        while true {
            switch result {
            case SSH_AUTH_SUCCESS.asResult:
                take()
                return accepted.isEmpty ? "none" : accepted.joined(separator: " and ")
            case SSH_AUTH_PARTIAL.asResult: take()
            case SSH_AUTH_DENIED.asResult: break
            default: throw loginEnded(handle)
            }
            let offered = ssh_userauth_list(handle, nil)
            let next = Method.allCases.first { method in
                guard offered & method.flag != 0, !tried.contains(method) else { return false }
                return method == .publicKey ? key != nil : secret != nil
            }
            guard let next else {
                throw SSHFailures.loginFailed(
                    bastion, offered: Self.names(offered), tried: tried.map(\.rawValue), words: "")
            }
            tried.append(next)
            result =
                switch next {
                case .publicKey: try offer(key?.handle)
                case .password: try send(secret)
                case .keyboardInteractive: try answer(secret)
                }
        }
    }

    private func loadKey() throws(SourceFailure) -> SSHPrivateKey? {
        guard case .key(let text, let password) = bastion.credentials else { return nil }
        return try SSHPrivateKey(text, passphrase: password)
    }

    private func offer(_ key: ssh_key?) throws(SourceFailure) -> Int32 {
        try drive(again: SSH_AUTH_AGAIN.asResult) { ssh_userauth_publickey($0, nil, key) }
    }

    private func send(_ secret: Secret?) throws(SourceFailure) -> Int32 {
        guard let secret else { return SSH_AUTH_DENIED.asResult }
        return try secret.withCString { (text) throws(SourceFailure) in
            try drive(again: SSH_AUTH_AGAIN.asResult) { ssh_userauth_password($0, nil, text) }
        }
    }

    /// Answers questions (RFC 4256): each hidden one with the password, at most ten rounds.
    private func answer(_ secret: Secret?) throws(SourceFailure) -> Int32 {
        guard let secret else { return SSH_AUTH_DENIED.asResult }
        return try secret.withCString { (text) throws(SourceFailure) in
            var result = SSH_AUTH_INFO.asResult
            for _ in 0..<10 {
                result = try drive(again: SSH_AUTH_AGAIN.asResult) { ssh_userauth_kbdint($0, nil, nil) }
                guard result == SSH_AUTH_INFO.asResult, let handle else { return result }
                let count = ssh_userauth_kbdint_getnprompts(handle)
                for index in 0..<UInt32(max(0, count)) {
                    var isShown: CChar = 0
                    _ = ssh_userauth_kbdint_getprompt(handle, index, &isShown)
                    if isShown == 0 {
                        ssh_userauth_kbdint_setanswer(handle, index, text)
                    } else {
                        ssh_userauth_kbdint_setanswer(handle, index, "")
                    }
                }
            }
            return SSH_AUTH_ERROR.asResult
        }
    }

    /// The server has ended the login, or the connection.
    private func loginEnded(_ handle: ssh_session) -> SourceFailure {
        let words = LibSSH.words(of: handle)
        return SourceFailure(
            .sshAuth, .sshAuthFailed, "\(endpoint) ended the connection during the login.",
            hint: "Check sshUsername and the login's secret, and look into the SSH server's log.",
            server: words.isEmpty ? nil : ServerWords(code: "userauth", text: words))
    }

    private static func names(_ offered: Int32) -> [String] {
        var names = Method.allCases.filter { offered & $0.flag != 0 }.map(\.rawValue)
        if offered & 0x0008 != 0 { names.append("hostbased") }
        if offered & 0x0020 != 0 { names.append("gssapi-with-mic") }
        return names
    }
}

extension ssh_auth_e {
    /// The value as the library's functions return it.
    fileprivate var asResult: Int32 { Int32(bitPattern: UInt32(truncatingIfNeeded: rawValue)) }
}
