/// The fields of a record that a caller can set; the raw value is the name in JSON, XML and forms.
package enum Field: String, CaseIterable, Sendable, Hashable {
    case name, driver, host, username, password, database, port
    case ssl, keyfile, certificate, sslCA, sslMode, sslServerName
    case ssh, sshHost, sshUsername, sshPassword, sshPort, sshIdentity, sshTunneling, sshHostKey
    case options

    /// What a field holds.
    package enum Kind: Sendable {
        case text
        /// Text, also accepted as a number.
        case port
        case flag
        /// PEM text that is no secret: shown, but neither filtered nor sorted by.
        case pem
        case secret
        case options
    }

    package var kind: Kind {
        switch self {
        case .name, .driver, .host, .username, .database, .sslMode, .sslServerName, .sshHost, .sshUsername,
            .sshHostKey:
            .text
        case .port, .sshPort: .port
        case .ssl, .ssh, .sshTunneling: .flag
        case .certificate, .sslCA: .pem
        case .password, .keyfile, .sshPassword, .sshIdentity: .secret
        case .options: .options
        }
    }

    /// The fields that leave the service only as `********`.
    package static let secrets = allCases.filter { $0.kind == .secret }

    /// Other spellings that are accepted.
    package static let aliases: [String: Field] = ["sslCertificate": .certificate, "sslKeyfile": .keyfile]

    /// Fields that only the service writes: accepted and ignored, so that what GET gave can be PUT.
    package static let readOnly: Set<String> = [
        "id", "status", "published_at", "created_at", "updated_at", "created_by", "updated_by",
    ]
}
