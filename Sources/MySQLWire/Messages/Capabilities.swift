/// What the two sides can do ("Capabilities Flags").
struct Capabilities: OptionSet, Equatable, Sendable {
    let rawValue: UInt32

    /// Set by MySQL servers (as LONG_PASSWORD); MariaDB since 10.2 leaves it unset.
    static let mySQL = Capabilities(rawValue: 1 << 0)
    /// The login names a database.
    static let connectWithDatabase = Capabilities(rawValue: 1 << 3)
    /// The messages are those of protocol 4.1.
    static let protocol41 = Capabilities(rawValue: 1 << 9)
    /// TLS can be switched on by SSLRequest.
    static let tls = Capabilities(rawValue: 1 << 11)
    /// OK carries status flags.
    static let transactions = Capabilities(rawValue: 1 << 13)
    /// The login's answer to the challenge is longer than the one of 4.0.
    static let secureConnection = Capabilities(rawValue: 1 << 15)
    /// The login names its authentication plugin.
    static let pluginAuthentication = Capabilities(rawValue: 1 << 19)
    /// The login carries attributes of the client.
    static let connectAttributes = Capabilities(rawValue: 1 << 20)
    /// The login's answer has a length-encoded length.
    static let pluginAuthenticationLengthEncoded = Capabilities(rawValue: 1 << 21)
    /// The server may accept an expired password and let it only be changed. Never offered.
    static let handlesExpiredPasswords = Capabilities(rawValue: 1 << 22)
    /// Result sets end with OK in place of EOF.
    static let deprecateEOF = Capabilities(rawValue: 1 << 24)

    /// What this client offers where the server does. LOCAL INFILE, multiple statements, multiple results, session
    /// tracking and compression are never among them.
    static let offered: Capabilities = [
        .mySQL, .protocol41, .transactions, .secureConnection, .pluginAuthentication, .connectAttributes,
        .pluginAuthenticationLengthEncoded, .deprecateEOF,
    ]
}

/// What MariaDB has beyond MySQL's flags: it reads and sends them where ``Capabilities/mySQL`` is left out.
struct MariaDBCapabilities: OptionSet, Equatable, Sendable {
    let rawValue: UInt32

    /// Column definitions carry what the protocol's types cannot say, such as `json` and `inet6`.
    static let extendedMetadata = MariaDBCapabilities(rawValue: 1 << 3)

    /// What this client offers where the server does.
    static let offered: MariaDBCapabilities = .extendedMetadata
}

/// Server status flags that matter here ("SERVER_STATUS_flags_enum").
struct ServerStatus: OptionSet, Hashable, Sendable {
    let rawValue: UInt16

    /// Another result set follows. Never expected, since it is never offered.
    static let moreResultsExist = ServerStatus(rawValue: 1 << 3)
}
