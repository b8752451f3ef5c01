import NIOCore

/// The exchange between the greeting and the server's verdict, whichever plugins it goes through.
struct AuthenticationStateMachine: Equatable {
    /// How many messages a server may send before its verdict. MariaDB tries the account's plugins in turn.
    static let maximumRounds = 16

    /// What to do next.
    enum Action: Equatable {
        /// Send these bytes as a message.
        case send(ByteBuffer)
        /// Wait for the server.
        case wait
        /// The account is accepted.
        case accepted
        /// Give up.
        case fail(MySQLWireError)
    }

    private let credentials: Credentials
    private var method: AuthenticationMethod
    private var rounds = 0

    /// Begins with the server's default plugin where it is spoken, else with `mysql_native_password`; the server
    /// switches where the account has another.
    init(greeting: Greeting, credentials: Credentials) {
        self.credentials = credentials
        let method = AuthenticationMethod(named: greeting.pluginName) ?? .nativePassword
        self.method = method.canBegin(with: greeting.nonce, credentials: credentials) ? method : .nativePassword
    }

    /// The plugin in use.
    var pluginName: String { method.name }

    /// The login's answer to the greeting's challenge.
    mutating func greetingReceived(nonce: [UInt8]) -> Action {
        action(for: method.challengeReceived(nonce, credentials: credentials))
    }

    /// Takes the server's reply.
    mutating func replyReceived(_ payload: ByteBuffer) -> Action {
        rounds += 1
        guard rounds <= Self.maximumRounds else {
            return .fail(.protocolViolation("a verdict within \(Self.maximumRounds) messages of the login"))
        }
        switch LoginReply(payload: payload) {
        case .accepted:
            return .accepted
        case .refused(let error):
            return .fail(.server(error))
        case .switchPlugin(let name, let challenge):
            guard var next = AuthenticationMethod(named: name) else {
                return .fail(.authenticationPluginUnsupported(plugin: String(name.prefix(64))))
            }
            let step = next.challengeReceived(Array(challenge.readableBytesView.prefix(64)), credentials: credentials)
            method = next
            return action(for: step)
        case .more(let data):
            return action(for: method.dataReceived(data, credentials: credentials))
        case .unreadable:
            return .fail(.protocolViolation("a reply to the login"))
        }
    }

    private func action(for step: AuthenticationStep) -> Action {
        switch step {
        case .send(let bytes): .send(bytes)
        case .wait: .wait
        case .fail(let error): .fail(error)
        }
    }
}
