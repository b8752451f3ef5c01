extension MySQLConnection {
    /// How to log in, and the bounds of what the server may send.
    public struct Configuration: Sendable {
        /// The account's name.
        public var username: String
        /// The account's password; nil and empty mean none.
        public var password: String?
        /// The database to start in. A missing one is refused with 1049, a forbidden one with 1044.
        public var database: String?
        /// What the server shows about this client, such as `program_name`.
        public var attributes: [String: String] = [:]
        /// Puts TLS on the channel. With it nothing of the login is ever sent without TLS.
        public var upgrade: TLSUpgrade?
        /// Whether, without TLS, the password may be sealed with the public key that the server sends. Who can change
        /// what passes on the way can put in a key of their own. Default true.
        public var allowsPublicKeyRetrieval = true
        /// The largest message taken after the login, in bytes. Default 64 MiB. Before it 1 MiB.
        public var maximumMessageSize = 64 << 20
        /// From how many bytes of rows on, not taken by their reader, nothing more is read. Default 256 KiB.
        public var rowBufferSize = 256 << 10
        /// How many bytes of rows that nobody wants are read before the connection is closed instead. Default 1 MiB.
        public var maximumDrain = 1 << 20
        /// How much ``MySQLConnection/simpleQuery(_:)`` gives, in bytes of rows. Default 1 MiB.
        public var maximumSimpleResult = 1 << 20

        /// A login; everything else has its default.
        public init(
            username: String, password: String? = nil, database: String? = nil, attributes: [String: String] = [:],
            upgrade: TLSUpgrade? = nil
        ) {
            self.username = username
            self.password = password
            self.database = database
            self.attributes = attributes
            self.upgrade = upgrade
        }

        var settings: ConnectionStateMachine.Settings {
            ConnectionStateMachine.Settings(
                username: username, password: Password(bytes: Array((password ?? "").utf8)), database: database,
                attributes: attributes, wantsTLS: upgrade != nil, allowsPublicKeyRetrieval: allowsPublicKeyRetrieval,
                maximumMessageSize: maximumMessageSize, maximumDrain: maximumDrain)
        }
    }
}

extension MySQLConnection.Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The account's name; never the password.
    public var description: String { "MySQL login of \(username)" }
    /// The account's name; never the password.
    public var debugDescription: String { description }
    /// Nothing of the content, so that no dump shows the password.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
