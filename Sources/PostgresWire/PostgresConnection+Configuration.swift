extension PostgresConnection {
    /// Who logs in, where to, and the bounds of the connection.
    public struct Configuration: Sendable {
        /// The role to log in as.
        public var username: String
        /// Its password; nil if none is known.
        public var password: String?
        /// The database; nil is the one named like the role.
        public var database: String?
        /// Further startup parameters, such as `application_name`. `client_encoding` is always UTF8.
        public var parameters: [(name: String, value: String)]
        /// Puts TLS on the channel; nil is a connection without TLS.
        public var upgrade: TLSUpgrade?
        /// Whether the password may be sent as it is, if the server asks for that. By default inside TLS only.
        public var allowsCleartextPassword: Bool
        /// The longest message taken once the login is done, in bytes; one row is one message.
        public var maximumMessageSize = 64 << 20
        /// The longest message taken before that, in bytes.
        public var maximumLoginMessageSize = 64 << 10
        /// How many bytes of rows may wait for their reader before the server has to.
        public var rowBufferSize = 64 << 10
        /// How many bytes of a given up query are thrown away before the connection is closed instead.
        public var maximumDrainSize = 1 << 20
        /// The most bytes of a result that `simpleQuery` collects.
        public var maximumSimpleResultSize = 1 << 20
        /// Is told each notice of the server, on the event loop.
        public var onNotice: (@Sendable (PostgresServerError) -> Void)?

        /// A configuration with the usual bounds.
        public init(
            username: String, password: String? = nil, database: String? = nil,
            parameters: [(name: String, value: String)] = [], upgrade: TLSUpgrade? = nil,
            allowsCleartextPassword: Bool? = nil
        ) {
            self.username = username
            self.password = password
            self.database = database
            self.parameters = parameters
            self.upgrade = upgrade
            self.allowsCleartextPassword = allowsCleartextPassword ?? (upgrade != nil)
        }

        /// The plan for the machine, if every text can be sent.
        func plan(nonce: String) throws(PostgresWireError) -> ConnectionStateMachine.Plan {
            guard !username.isEmpty else { throw .invalidArgument("The user name is empty.") }
            var startup = [StartupParameter(name: "user", value: username)]
            if let database { startup.append(StartupParameter(name: "database", value: database)) }
            startup.append(StartupParameter(name: "client_encoding", value: "UTF8"))
            for parameter in parameters where parameter.name != "client_encoding" {
                guard !parameter.name.isEmpty else { throw .invalidArgument("A parameter's name is empty.") }
                startup.append(StartupParameter(name: parameter.name, value: parameter.value))
            }
            for parameter in startup where (parameter.name + parameter.value).utf8.contains(0) {
                throw .invalidArgument("The parameter \(parameter.name) contains a NUL character.")
            }
            if let password, password.utf8.contains(0) {
                throw .invalidArgument("The password contains a NUL character.")
            }
            let credentials = AuthenticationStateMachine.Credentials(
                username: username, password: password.map { SecretText($0) },
                allowsCleartextPassword: allowsCleartextPassword, serverEndPoint: nil, nonce: nonce)
            return plan(for: .session(startup, credentials))
        }

        func plan(for purpose: ConnectionStateMachine.Plan.Purpose) -> ConnectionStateMachine.Plan {
            ConnectionStateMachine.Plan(
                purpose: purpose, wantsTLS: upgrade != nil, maximumMessageSize: maximumMessageSize,
                maximumLoginMessageSize: maximumLoginMessageSize, maximumDrainSize: maximumDrainSize)
        }
    }
}

extension PostgresConnection.Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Role and database; the password stays out.
    public var description: String { "\(username)@\(database ?? username)" }

    /// Role and database; the password stays out.
    public var debugDescription: String { description }

    /// A mirror without the password.
    public var customMirror: Mirror {
        Mirror(self, children: ["username": username, "database": database as Any])
    }
}
