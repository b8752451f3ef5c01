extension Field {
    /// The longest value that is taken, in bytes of UTF-8.
    package var maximumBytes: Int {
        switch self {
        case .name: 200
        case .driver, .sslMode, .port, .sshPort: 40
        case .host, .sshHost, .sslServerName: 253
        case .username, .sshUsername: 512
        case .database, .password, .sshPassword: 4096
        case .sshHostKey: 16_384
        case .keyfile, .sshIdentity: 65_536
        case .certificate, .sslCA: 786_432
        case .ssl, .ssh, .sshTunneling, .options: 0
        }
    }

    /// Whether blanks at either end are a slip and no part of the value.
    var isTrimmed: Bool {
        switch self {
        case .name, .driver, .host, .port, .sslMode, .sslServerName, .sshHost, .sshPort, .sshHostKey, .certificate,
            .sslCA, .keyfile, .sshIdentity:
            true
        case .username, .password, .database, .sshUsername, .sshPassword, .ssl, .ssh, .sshTunneling, .options: false
        }
    }

    /// The field that a name means, aliases included.
    init?(spelling: String) {
        guard let field = Field(rawValue: spelling) ?? Field.aliases[spelling] else { return nil }
        self = field
    }

    /// Every name that a body may use for something that a caller can set.
    static let spellings = allCases.map(\.rawValue) + aliases.keys.sorted()
}
