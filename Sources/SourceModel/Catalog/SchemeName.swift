/// The security schemes that a driver can take, by name.
package enum SchemeName: String, CaseIterable, Sendable, Hashable {
    /// Straight to the data source, nothing encrypted but the login's own means.
    case plain
    /// TLS, the server's certificate verified as `sslMode` says.
    case tls
    /// TLS with a client certificate.
    case mutualTLS = "mutual_tls"
    /// Through an SSH host, logged in by password or keyboard-interactive.
    case sshPassword = "ssh_password"
    /// Through an SSH host, logged in by a private key.
    case sshKey = "ssh_key"
    /// Through an SSH host that wants a private key and a password.
    case sshKeyAndPassword = "ssh_key_and_password"
    /// TLS to the data source inside of any of the SSH schemes.
    case sshTLS = "ssh_tls"
    /// TLS with a client certificate inside of any of the SSH schemes.
    case sshMutualTLS = "ssh_mutual_tls"
    /// Through an SSH host that does not forward: a relay command runs there.
    case sshRelay = "ssh_relay"
    /// A file at the SSH host, read by SFTP.
    case sftp

    /// The schemes that a driver takes.
    static func all(of driver: DriverKind) -> [SchemeName] {
        // What does not forward passes databases on by a relay, and gives its files by SFTP.
        allCases.filter { $0 != (driver.isServer ? .sftp : .sshRelay) }
    }

    /// What the scheme is, in a sentence.
    package var meaning: String {
        switch self {
        case .plain: "Directly, without encryption."
        case .tls: "Directly, by TLS."
        case .mutualTLS: "Directly, by TLS with a client certificate."
        case .sshPassword: "Through an SSH host, logged in there by password or keyboard-interactive."
        case .sshKey: "Through an SSH host, logged in there by private key."
        case .sshKeyAndPassword: "Through an SSH host that wants a private key and a password."
        case .sshTLS: "Through an SSH host, with TLS to the data source inside."
        case .sshMutualTLS: "Through an SSH host, with TLS and a client certificate inside."
        case .sshRelay: "Through an SSH host that does not forward, by a relay command there."
        case .sftp: "A file at an SSH host, read by SFTP."
        }
    }

    /// The fields that choose the scheme: what has to be set for it, `false` flags left out.
    package var fields: [Field] {
        switch self {
        case .plain: []
        case .tls: [.ssl]
        case .mutualTLS: [.ssl, .certificate, .keyfile]
        case .sshPassword: [.ssh, .sshHost, .sshUsername, .sshPassword]
        case .sshKey: [.ssh, .sshHost, .sshUsername, .sshIdentity]
        case .sshKeyAndPassword: [.ssh, .sshHost, .sshUsername, .sshIdentity, .sshPassword]
        case .sshTLS: [.ssl, .ssh, .sshHost, .sshUsername]
        case .sshMutualTLS: [.ssl, .certificate, .keyfile, .ssh, .sshHost, .sshUsername]
        case .sshRelay, .sftp: [.ssh, .sshHost, .sshUsername, .sshTunneling]
        }
    }
}
