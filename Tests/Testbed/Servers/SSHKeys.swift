import Foundation

/// A key pair for logins by SSH.
package struct SSHKey: Sendable {
    /// The private key's text, as a person pastes it.
    package let privateText: String
    /// The public key's line, as in `authorized_keys`.
    package let publicLine: String
    /// The passphrase, where the private key is encrypted.
    package let passphrase: String?
    /// The private key as a file, for the native clients.
    package let file: URL
}

/// The key pairs of this process, made by `ssh-keygen` when first asked for.
package struct SSHKeys: Sendable {
    /// The kinds of keys and the forms of private keys that people paste.
    package enum Kind: String, CaseIterable, Sendable {
        /// OpenSSH's own form.
        case ed25519
        case ecdsa
        case rsa
        /// ed25519 behind a passphrase (aes256-ctr, bcrypt).
        case ed25519Encrypted
        /// RSA behind a passphrase, in OpenSSH's own form.
        case rsaEncrypted
        /// `BEGIN RSA PRIVATE KEY` (PKCS#1).
        case rsaPEM
        /// `BEGIN PRIVATE KEY` (PKCS#8).
        case rsaPKCS8
        /// `BEGIN EC PRIVATE KEY` (SEC 1).
        case ecdsaPEM
        /// `BEGIN PRIVATE KEY` (PKCS#8) with a curve.
        case ecdsaPKCS8
        /// `BEGIN RSA PRIVATE KEY` with `Proc-Type: 4,ENCRYPTED`.
        case rsaPEMEncrypted
        /// `BEGIN ENCRYPTED PRIVATE KEY` (PKCS#8).
        case rsaPKCS8Encrypted
        /// A key that no server here knows.
        case unknown

        /// What `ssh-keygen` is told.
        fileprivate var arguments: [String] {
            switch self {
            case .ed25519, .ed25519Encrypted, .unknown: ["-t", "ed25519"]
            case .ecdsa: ["-t", "ecdsa", "-b", "256"]
            case .ecdsaPEM: ["-t", "ecdsa", "-b", "256", "-m", "PEM"]
            case .ecdsaPKCS8: ["-t", "ecdsa", "-b", "256", "-m", "PKCS8"]
            case .rsa, .rsaEncrypted: ["-t", "rsa", "-b", "2048"]
            case .rsaPEM, .rsaPEMEncrypted: ["-t", "rsa", "-b", "2048", "-m", "PEM"]
            case .rsaPKCS8, .rsaPKCS8Encrypted: ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]
            }
        }

        /// The passphrase of the encrypted kinds.
        package var passphrase: String? {
            switch self {
            case .ed25519Encrypted, .rsaEncrypted, .rsaPEMEncrypted, .rsaPKCS8Encrypted: "a phrase: with \"blanks\" ü"
            case .ed25519, .ecdsa, .rsa, .rsaPEM, .rsaPKCS8, .ecdsaPEM, .ecdsaPKCS8, .unknown: nil
            }
        }
    }

    private let keys: [Kind: SSHKey]

    static func make() async throws -> SSHKeys {
        let folder = Workspace.makeFolder(for: "keys")
        var keys: [Kind: SSHKey] = [:]
        for kind in Kind.allCases {
            let file = folder.appending(path: kind.rawValue)
            try await Command.check(
                ["ssh-keygen", "-q"] + kind.arguments
                    + ["-N", kind.passphrase ?? "", "-C", kind.rawValue, "-f", file.path])
            keys[kind] = SSHKey(
                privateText: try String(contentsOf: file, encoding: .utf8),
                publicLine: try String(contentsOf: file.appendingPathExtension("pub"), encoding: .utf8)
                    .trimmingCharacters(in: .newlines),
                passphrase: kind.passphrase, file: file)
        }
        return SSHKeys(keys: keys)
    }

    /// The key of one kind.
    package func key(_ kind: Kind) -> SSHKey {
        guard let key = keys[kind] else {
            // Proof: `make` fills in every case.
            preconditionFailure("no key of the kind \(kind)")
        }
        return key
    }

    /// The lines of `authorized_keys`: all but the unknown one.
    var authorized: String {
        Kind.allCases.filter { $0 != .unknown }.map { key($0).publicLine + "\n" }.joined()
    }
}
