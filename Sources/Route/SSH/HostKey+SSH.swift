import CLibSSH
import Crypto
import Foundation
import SourceModel

extension Warning {
    /// Nobody said which key to expect, so that this one could be anybody's.
    static func pinned(_ seen: HostKey, of bastion: Bastion) -> Warning {
        Warning(
            .hostKeyPinned,
            "No sshHostKey is set: \(bastion.endpoint) shows \(seen.reportText), and a record that is stored expects "
                + "this key from then on. Compare it with the server's own.")
    }
}

extension HostKey {
    /// The key that the server has proven to hold in this session's key exchange; nil where the library has none.
    init?(shownIn session: ssh_session) {
        var key: ssh_key?
        guard ssh_get_server_publickey(session, &key) == SSH_OK, let key else { return nil }
        defer { ssh_key_free(key) }
        var text: UnsafeMutablePointer<CChar>?
        guard ssh_pki_export_pubkey_base64(key, &text) == SSH_OK, let text else { return nil }
        defer { ssh_string_free_char(text) }
        guard let blob = Data(base64Encoded: String(cString: text)) else { return nil }
        var reader = SSHWireReader(blob)
        guard let type = reader.takeString() else { return nil }
        self = .key(type: String(decoding: type, as: UTF8.self), blob: Array(blob))
    }

    /// SHA-256 over the key's blob.
    var digest: [UInt8] {
        switch self {
        case .key(_, let blob): Array(SHA256.hash(data: blob))
        case .fingerprint(let digest): digest
        }
    }

    /// `SHA256:…` as `ssh-keygen -l` prints it.
    package var fingerprintText: String {
        let text = Data(digest).base64EncodedString()
        return "SHA256:" + text.prefix { $0 != "=" }
    }

    /// The type and the fingerprint, for a report.
    var reportText: String {
        switch self {
        case .key(let type, _): "\(LibSSH.plain(type)) \(fingerprintText)"
        case .fingerprint: fingerprintText
        }
    }

    /// Whether a key that a server shows is the one that this value pins.
    func admits(_ shown: HostKey) -> Bool {
        switch (self, shown) {
        case (.key(_, let pinned), .key(_, let blob)): pinned == blob
        case (.fingerprint, _), (_, .fingerprint): digest == shown.digest
        }
    }
}

/// The signature algorithms to ask a server's key for, in order of preference.
struct HostKeyAlgorithms: Sendable, Equatable {
    private static let all: [(type: String, algorithms: [String])] = [
        ("ssh-ed25519", ["ssh-ed25519"]),
        ("ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]),
        ("ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]),
        ("ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]),
        ("ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]),
    ]

    /// The list as the library takes it.
    let list: String

    /// The pinned key's type first: a server with several keys then shows that one.
    /// - Parameter excluded: key types that have been seen and were not the pinned one.
    /// - Returns: nil where no type is left to ask for.
    init?(pinned: HostKey?, excluding excluded: Set<String> = []) {
        var types = Self.all.filter { !excluded.contains($0.type) }
        guard !types.isEmpty else { return nil }
        if case .key(let type, _)? = pinned, let index = types.firstIndex(where: { $0.type == type }) {
            types.insert(types.remove(at: index), at: 0)
        }
        list = types.flatMap(\.algorithms).joined(separator: ",")
    }
}
