/// The container that `ssh-keygen` writes (OpenSSH's PROTOCOL.key), read as far as it is not encrypted.
struct OpenSSHKey: Equatable {
    /// The public key's type, such as `ssh-ed25519`.
    let type: String
    /// Whether a passphrase protects the private half.
    let isEncrypted: Bool

    /// - Returns: nil where the container is not whole.
    init?(_ bytes: [UInt8]) {
        var reader = SSHWireReader(bytes)
        guard reader.begins(with: "openssh-key-v1\0".utf8), let cipher = reader.text(), let kdf = reader.text(),
            reader.string() != nil, reader.number() == 1, let blob = reader.string(),
            let sealed = reader.string(), !sealed.isEmpty
        else { return nil }
        isEncrypted = cipher != "none"
        guard isEncrypted != (kdf == "none") else { return nil }
        var key = SSHWireReader(blob)
        guard let type = key.text() else { return nil }
        self.type = type
        if !isEncrypted {
            guard sealed.count.isMultiple(of: 8) else { return nil }
            var inner = SSHWireReader(sealed)
            guard let first = inner.number(), let second = inner.number(), first == second, inner.text() == type else {
                return nil
            }
        }
    }
}
