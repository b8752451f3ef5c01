/// How the data source is reached and protected: one value that cannot contradict itself.
package enum SecurityScheme: Sendable, Equatable {
    /// Straight to the data source.
    case direct(Encryption)
    /// Through an SSH host, with TLS inside where `Encryption` says so.
    case ssh(Bastion, Passage, Encryption)

    /// What protects the data source's own connection.
    package var encryption: Encryption {
        switch self {
        case .direct(let encryption), .ssh(_, _, let encryption): encryption
        }
    }

    /// The SSH host, where there is one.
    package var bastion: Bastion? {
        if case .ssh(let bastion, _, _) = self { bastion } else { nil }
    }
}

/// What the data source's own connection is wrapped in.
package enum Encryption: Sendable, Equatable {
    case plain
    case tls(ServerTrust)
    case mutualTLS(ServerTrust, ClientIdentity)

    /// Whom to trust, where there is TLS.
    package var trust: ServerTrust? {
        switch self {
        case .plain: nil
        case .tls(let trust), .mutualTLS(let trust, _): trust
        }
    }

    /// The client certificate, where there is one.
    package var identity: ClientIdentity? {
        if case .mutualTLS(_, let identity) = self { identity } else { nil }
    }
}

/// How the server's certificate is judged.
package struct ServerTrust: Sendable, Equatable {
    /// The record's `sslMode`.
    package enum Mode: String, CaseIterable, Sendable {
        /// The chain and the name.
        case verifyFull = "verify-full"
        /// The chain only.
        case verifyCA = "verify-ca"
        /// Nothing: encrypts, trusts anyone.
        case require
    }

    package var mode: Mode
    /// Trust anchors as DER; nil means the system's trust store.
    package var anchors: [[UInt8]]?
    /// The name expected in the certificate: `sslServerName`, else `host`. May be an IP address.
    package var serverName: String

    package init(mode: Mode, anchors: [[UInt8]]?, serverName: String) {
        self.mode = mode
        self.anchors = anchors
        self.serverName = serverName
    }
}

/// A client certificate that has been read and belongs to its key.
package struct ClientIdentity: Sendable, Equatable {
    /// The leaf first, as DER.
    package var chain: [[UInt8]]
    /// The private key as clean PEM (PKCS#8, PKCS#1 or SEC 1), not encrypted.
    package var key: Secret
    /// The leaf's last second of validity, in seconds since 1970.
    package var expires: Int64

    package init(chain: [[UInt8]], key: Secret, expires: Int64) {
        self.chain = chain
        self.key = key
        self.expires = expires
    }
}

/// The SSH host and the login there.
package struct Bastion: Sendable, Equatable {
    package var host: String
    package var port: Int
    package var username: String
    package var credentials: SSHCredentials
    /// The key that the host must show; nil where it is to be learned at the first connection.
    package var hostKey: HostKey?

    package init(host: String, port: Int, username: String, credentials: SSHCredentials, hostKey: HostKey?) {
        self.host = host
        self.port = port
        self.username = username
        self.credentials = credentials
        self.hostKey = hostKey
    }
}

/// What the SSH login is proven with.
package enum SSHCredentials: Sendable, Equatable {
    /// `password`, and `keyboard-interactive` answered with it.
    case password(Secret)
    /// A private key's clean text. The password is the key's passphrase where the key is encrypted, else the
    /// second factor where the server wants both.
    case key(Secret, password: Secret?)

    package var password: Secret? {
        switch self {
        case .password(let password): password
        case .key(_, let password): password
        }
    }
}

/// How the SSH host passes the bytes on.
package enum Passage: String, Sendable, Equatable {
    /// `direct-tcpip` (RFC 4254, section 7.2).
    case forwarded
    /// A relay command run there.
    case relayed
    /// Not passed on: the data source is a file there, read by the subsystem `sftp` (RFC 4254, section 6.5).
    case sftp
}

/// An SSH host's key as the record pins it.
package enum HostKey: Sendable, Hashable {
    /// Key type such as `ssh-ed25519` and the key's blob (RFC 4253, section 6.6).
    case key(type: String, blob: [UInt8])
    /// SHA-256 over the blob: what `SHA256:…` spells in base64 without padding.
    case fingerprint([UInt8])
}
