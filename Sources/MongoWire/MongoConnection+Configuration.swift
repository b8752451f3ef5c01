extension MongoConnection {
    /// Who logs in, and the bounds of the connection.
    public struct Configuration: Sendable {
        /// The login; nil to stay without one, which is enough for `hello`.
        public var credential: Credential?
        /// The name under which the server lists the connection; at most 128 bytes.
        public var applicationName: String
        /// Puts TLS on the channel; nil is a connection without TLS.
        public var upgrade: TLSUpgrade?
        /// The longest message taken once the login is done, in bytes; MongoDB's own bound.
        public var maximumMessageSize = 48_000_000
        /// The longest message taken before that, in bytes.
        public var maximumLoginMessageSize = 256 << 10

        /// A configuration with the usual bounds.
        public init(credential: Credential?, applicationName: String, upgrade: TLSUpgrade? = nil) {
            self.credential = credential
            self.applicationName = applicationName
            self.upgrade = upgrade
        }

        /// The plan for the machine, if every text can be sent.
        func plan(nonce: String) throws(MongoWireError) -> ConnectionStateMachine.Plan {
            guard applicationName.utf8.count <= 128 else {
                throw .invalidArgument("The application's name has more than 128 bytes.")
            }
            var authentication: AuthenticationStateMachine?
            if let credential { authentication = try AuthenticationStateMachine(credential, nonce: nonce) }
            return ConnectionStateMachine.Plan(
                wantsTLS: upgrade != nil, applicationName: applicationName, authentication: authentication,
                maximumMessageSize: maximumMessageSize, maximumLoginMessageSize: maximumLoginMessageSize)
        }
    }
}
