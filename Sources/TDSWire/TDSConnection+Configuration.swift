extension TDSConnection {
    /// Who logs in, where to, and the bounds of the connection.
    public struct Configuration: Sendable {
        /// The SQL Server login; at Azure SQL Database perhaps with the server's name after an `@`.
        public var username: String
        /// Its password; nil if none is known.
        public var password: String?
        /// The database; nil is the login's own.
        public var database: String?
        /// The server's name, as it is known here: a front of many servers goes by it.
        public var server: String
        /// What the server lists as the program.
        public var application: String
        /// This machine's name, as the server lists it.
        public var host: String
        /// Whether a replica that can only be read will do.
        public var readOnlyIntent = false
        /// How much is encrypted.
        public var encryption: TDSEncryption
        /// Puts TLS on the channel; nil is a connection without TLS, to servers that have none.
        public var upgrade: TLSUpgrade?
        /// The longest row taken, in bytes.
        public var maximumRowSize = 64 << 20
        /// How many bytes of rows may wait for their reader before the server has to.
        public var rowBufferSize = 64 << 10
        /// How many bytes of a given up request are thrown away before the connection is closed instead.
        public var maximumDrainSize = 16 << 20
        /// The most bytes of a result that is collected.
        public var maximumCollectedSize = 1 << 20

        /// A configuration with the usual bounds.
        public init(
            username: String, password: String? = nil, database: String? = nil, server: String = "",
            application: String = "", host: String = "", encryption: TDSEncryption, upgrade: TLSUpgrade? = nil
        ) {
            self.username = username
            self.password = password
            self.database = database
            self.server = server
            self.application = application
            self.host = host
            self.encryption = encryption
            self.upgrade = upgrade
        }

        /// The plan for the machine, if every text can be sent.
        func plan() throws(TDSWireError) -> ConnectionStateMachine.Plan {
            let texts = [
                ("user name", username), ("password", password ?? ""), ("database", database ?? ""),
                ("program's name", application), ("server's name", server),
            ]
            // Each text of the login has at most 128 UTF-16 units ([MS-TDS] section 2.2.6.4).
            for (name, text) in texts where text.utf16.count > 128 {
                throw .invalidArgument("The \(name) has more than 128 characters.")
            }
            var login = Login7()
            login.version = encryption == .strict ? .v80 : .v74
            login.packetSize = 8000
            login.host = String(host.prefix(64))
            login.username = username
            login.password = Login7.Secret(text: password ?? "")
            login.application = application
            login.server = server
            login.library = "TDSWire"
            login.database = database ?? ""
            login.readOnlyIntent = readOnlyIntent
            return ConnectionStateMachine.Plan(
                login: login, encryption: encryption, maximumRowSize: maximumRowSize,
                maximumDrainSize: maximumDrainSize)
        }
    }
}

extension TDSConnection.Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Login and database; the password stays out.
    public var description: String { "\(username)@\(database ?? "")" }

    /// Login and database; the password stays out.
    public var debugDescription: String { description }

    /// A mirror without the password.
    public var customMirror: Mirror {
        Mirror(self, children: ["username": username, "database": database as Any])
    }
}
