extension DraftValidation {
    /// The SSH host and how it passes the bytes on; nil where the data source is reached directly.
    mutating func passage() -> (Bastion, Passage)? {
        guard draft.flag(.ssh) == true else {
            refuseUnusedSSH()
            return nil
        }
        let endpoint = endpoint(
            .sshHost, .sshPort, defaultPort: SSHDefaults.port, because: "ssh is true, so there must be an SSH host")
        let username = required(.sshUsername, because: "ssh is true, and the SSH host asks who logs in")
        let bastion = Bastion(
            host: endpoint.host, port: endpoint.port, username: username, credentials: credentials(), hostKey: hostKey()
        )
        return (bastion, draft.flag(.sshTunneling) ?? SSHDefaults.tunneling ? .forwarded : .relayed)
    }

    private mutating func credentials() -> SSHCredentials {
        let password = draft.secret(.sshPassword)
        guard let pasted = draft.secret(.sshIdentity) else {
            if let password { return .password(password) }
            complaints.add(
                .sshPassword, .missingField,
                "sshPassword and sshIdentity are missing: ssh is true, and one must prove the login.",
                hint: "Set sshPassword to the account's password or sshIdentity to its private key.")
            return .password(Secret(""))
        }
        do throws(PasteProblem) {
            let identity = try SSHIdentity(pasted)
            if identity.isEncrypted, password == nil {
                throw PasteProblem(
                    .keyPassphraseRequired, "sshIdentity is encrypted with a passphrase, and sshPassword is not set.",
                    hint: "Set sshPassword to the passphrase of sshIdentity.")
            }
            return .key(identity.text, password: password)
        } catch {
            complaints.add(.sshIdentity, error)
            return .key(pasted, password: password)
        }
    }

    private mutating func hostKey() -> HostKey? {
        guard let sent = draft.text(.sshHostKey) else { return nil }
        do throws(PasteProblem) {
            return try HostKey(pasted: sent)
        } catch {
            complaints.add(.sshHostKey, error)
            return nil
        }
    }

    /// Without `ssh` its companions say two things at once; with `ssh: false` they wait.
    mutating func refuseUnusedSSH() {
        guard draft.flag(.ssh) == nil else { return }
        let companions: [Field] = [
            .sshHost, .sshUsername, .sshPassword, .sshPort, .sshIdentity, .sshTunneling, .sshHostKey,
        ]
        for field in companions where draft.values[field] != nil && draft.flag(field) != false {
            let name = field.rawValue
            complaints.add(
                field, .conflictingFields, "\(name) is set but ssh is not.",
                hint: "Set ssh to true to go through the SSH host, or remove \(name).")
        }
    }
}

/// What holds where a field about SSH is absent.
package enum SSHDefaults {
    package static let port = 22
    /// Forwarding by `direct-tcpip`.
    package static let tunneling = true
}
