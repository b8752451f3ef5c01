import NIOCore

/// The whole protocol without I/O: bytes and wishes in, actions out.
///
/// After every event the owner asks ``nextAction()`` until it answers ``Action/wait``.
struct ConnectionStateMachine {
    /// What the machine needs to know of the configuration.
    struct Settings: Equatable, Sendable {
        var username: String
        var password: Password
        var database: String?
        var attributes: [String: String]
        var wantsTLS: Bool
        var allowsPublicKeyRetrieval: Bool
        /// The largest message after the login, in bytes.
        var maximumMessageSize: Int
        /// How many bytes of rows that nobody wants are read before the connection is closed instead.
        var maximumDrain: Int
    }

    /// The largest message before the account is accepted, in bytes.
    static let maximumLoginMessageSize = 1 << 20

    /// What the owner has to do.
    enum Action: Equatable {
        /// Nothing until the next event.
        case wait
        /// Send the request and put TLS on the channel; say ``upgradeCompleted()`` when it is up.
        case upgrade(SSLRequest)
        /// Send the login.
        case login(HandshakeResponse)
        /// Send a plugin's answer.
        case sendAuthentication(ByteBuffer)
        /// The account is accepted; requests can be made.
        case loginAccepted
        /// Send a command.
        case send(Command)
        /// The request's result set begins.
        case rowsBegan(id: Int, [ColumnDefinition], RowFormat)
        /// A row of it.
        case row(ByteBuffer)
        /// The request is done.
        case requestSucceeded(id: Int, CommandSummary)
        /// The request is refused; the connection is usable.
        case requestFailed(id: Int, MySQLWireError)
        /// Send COM_QUIT and close.
        case quit
        /// Close; the connection is over, and so is everything that was asked of it.
        case fail(MySQLWireError)
    }

    /// Where the connection is.
    private enum State: Equatable {
        /// From the start until the server's first message.
        case awaitingGreeting
        /// From SSLRequest until TLS is up.
        case upgrading(Greeting)
        /// From the login until the verdict.
        case authenticating(AuthenticationStateMachine)
        /// Nothing is asked of the server.
        case idle
        /// A request is on its way.
        case executing(Executing)
        /// From the end on. The error is what later requests are told.
        case over(MySQLWireError)
    }

    /// The request that is on its way.
    private struct Executing: Equatable {
        var id: Int
        var command: CommandStateMachine
        /// Nobody waits for it any more.
        var isAbandoned = false
        /// Its result set has begun.
        var hasRows = false
        var drained = 0
    }

    private struct Waiting: Equatable {
        var id: Int
        var request: Request
    }

    private let settings: Settings
    private var codec = PacketCodec(maximumMessageSize: Self.maximumLoginMessageSize)
    private var state = State.awaitingGreeting
    private var waiting: [Waiting] = []
    private var postponed: Action?
    /// The server's greeting, once it came.
    private(set) var greeting: Greeting?
    private var deprecatesEOF = false
    private var extendedCapabilities: MariaDBCapabilities = []
    private var closedDuringUpgrade = false

    init(settings: Settings) {
        self.settings = settings
    }

    /// Whether a request is on its way, abandoned or not.
    var isExecuting: Bool {
        if case .executing = state { true } else { false }
    }

    /// Bytes held that are not yet part of a message handed out.
    var bufferedBytes: Int { codec.bufferedBytes }

    // MARK: Events

    /// Bytes came from the server.
    mutating func bytesReceived(_ bytes: ByteBuffer) {
        if case .over = state { return }
        codec.append(bytes)
    }

    /// TLS is up.
    mutating func upgradeCompleted() -> Action {
        guard case .upgrading(let greeting) = state else { return .wait }
        guard !closedDuringUpgrade else { return end(.closedByServer(during: .upgrade)) }
        guard codec.bufferedBytes == 0 else { return end(.bytesBeforeTLS) }
        return logIn(greeting, isSecure: true)
    }

    /// Somebody asks for something. Refused while a row stream is still read.
    mutating func requested(id: Int, _ request: Request) -> Action {
        switch state {
        case .over(let error): return .requestFailed(id: id, error)
        case .executing(let executing) where executing.hasRows && !executing.isAbandoned:
            return .requestFailed(id: id, .rowsOutstanding)
        case .awaitingGreeting, .upgrading, .authenticating, .idle, .executing:
            waiting.append(Waiting(id: id, request: request))
            return nextAction()
        }
    }

    /// Nobody waits for that request any more: it is not sent, or what comes of it is thrown away.
    mutating func abandoned(id: Int) {
        waiting.removeAll { $0.id == id }
        if case .executing(var executing) = state, executing.id == id {
            executing.isAbandoned = true
            state = .executing(executing)
        }
    }

    /// The owner wants the connection closed.
    mutating func closeRequested() -> Action {
        switch state {
        case .over: return .wait
        case .idle:
            state = .over(.connectionClosed)
            return .quit
        case .awaitingGreeting, .upgrading, .authenticating, .executing: return end(.connectionClosed)
        }
    }

    /// The channel failed, the upgrade failed, or the owner gives up.
    mutating func failed(_ error: MySQLWireError) -> Action {
        if case .over = state { return .wait }
        return end(error)
    }

    /// The server closed the connection. During the upgrade it is the upgrade that says why.
    mutating func closed() -> Action {
        switch state {
        case .over: return .wait
        case .upgrading:
            closedDuringUpgrade = true
            return .wait
        case .awaitingGreeting:
            // What arrived was no whole message; a few bytes of another protocol tell more than the closing.
            return end(codec.excerpt.isEmpty ? .closedByServer(during: .greeting) : .notMySQL(excerpt: codec.excerpt))
        case .authenticating: return end(.closedByServer(during: .login))
        case .idle: return end(.closedByServer(during: .idle))
        case .executing: return end(.closedByServer(during: .command))
        }
    }

    /// What to do next.
    mutating func nextAction() -> Action {
        if let action = postponed {
            postponed = nil
            return action
        }
        while true {
            switch state {
            case .over:
                return .wait
            case .upgrading:
                return codec.bufferedBytes == 0 ? .wait : end(.bytesBeforeTLS)
            case .idle where !waiting.isEmpty:
                return begin(waiting.removeFirst())
            case .awaitingGreeting, .authenticating, .idle, .executing:
                break
            }
            let message: PacketCodec.Message
            do {
                guard let next = try codec.next() else { return .wait }
                message = next
            } catch {
                return framingFailed(error)
            }
            let action = received(message)
            if action != .wait { return action }
        }
    }

    /// Encodes a login's message into the bytes to send.
    mutating func encode(_ message: (inout ByteBuffer) -> Void, into out: inout ByteBuffer) {
        var payload = ByteBuffer()
        message(&payload)
        codec.encode(payload, into: &out)
    }

    /// Encodes a command into the bytes to send.
    mutating func encode(_ command: Command, into out: inout ByteBuffer) {
        codec.beginCommand()
        encode({ command.write(into: &$0) }, into: &out)
    }
}

// MARK: - Steps

extension ConnectionStateMachine {
    private mutating func end(_ error: MySQLWireError) -> Action {
        state = .over(error)
        waiting = []
        postponed = nil
        codec.discard()
        return .fail(error)
    }

    private mutating func framingFailed(_ failure: PacketCodec.Failure) -> Action {
        if case .awaitingGreeting = state { return end(.notMySQL(excerpt: codec.excerpt)) }
        switch failure {
        case .messageTooLarge(let announced):
            return end(.messageTooLarge(announced: announced, limit: codec.maximumMessageSize))
        }
    }

    private mutating func received(_ message: PacketCodec.Message) -> Action {
        switch state {
        case .awaitingGreeting:
            return greetingReceived(message)
        case .authenticating(var authentication):
            guard message.isInSequence else { return end(.protocolViolation("packets in sequence")) }
            let action = authentication.replyReceived(message.payload)
            state = .authenticating(authentication)
            return perform(action)
        case .executing(var executing):
            guard message.isInSequence else { return end(.protocolViolation("packets in sequence")) }
            // Given back by advance; meanwhile the command's arrays have one owner and are not copied.
            state = .idle
            let action = executing.command.messageReceived(message.payload)
            return advance(&executing, by: action)
        case .idle:
            // A server that shuts down or ends an idle connection may say so unasked.
            guard let error = ServerError(payload: message.payload) else {
                return end(.protocolViolation("silence between commands"))
            }
            return end(.server(error))
        case .upgrading, .over:
            return .wait
        }
    }

    private mutating func greetingReceived(_ message: PacketCodec.Message) -> Action {
        switch Greeting.read(message.payload) {
        case .refusal(let error): return end(.server(error))
        case .otherVersion(let version): return end(.unsupportedServer("protocol version \(version)"))
        case .unreadable: return end(.notMySQL(excerpt: codec.excerpt))
        case .greeting(let greeting):
            guard message.isInSequence else { return end(.notMySQL(excerpt: codec.excerpt)) }
            self.greeting = greeting
            guard greeting.capabilities.isSuperset(of: [.protocol41, .secureConnection]) else {
                return end(.unsupportedServer("no protocol 4.1"))
            }
            guard settings.wantsTLS else { return logIn(greeting, isSecure: false) }
            guard greeting.capabilities.contains(.tls) else { return end(.tlsNotSupported) }
            guard codec.bufferedBytes == 0 else { return end(.bytesBeforeTLS) }
            state = .upgrading(greeting)
            return .upgrade(
                SSLRequest(
                    capabilities: capabilities(for: greeting, isSecure: true),
                    maximumMessageSize: announcedMessageSize,
                    extendedCapabilities: greeting.extendedCapabilities.intersection(.offered)))
        }
    }

    private var announcedMessageSize: UInt32 { UInt32(clamping: settings.maximumMessageSize) }

    private func capabilities(for greeting: Greeting, isSecure: Bool) -> Capabilities {
        var wanted = Capabilities.offered
        if isSecure { wanted.insert(.tls) }
        if settings.database != nil { wanted.insert(.connectWithDatabase) }
        return wanted.intersection(greeting.capabilities)
    }

    private mutating func logIn(_ greeting: Greeting, isSecure: Bool) -> Action {
        let capabilities = capabilities(for: greeting, isSecure: isSecure)
        deprecatesEOF = capabilities.contains(.deprecateEOF)
        extendedCapabilities = greeting.extendedCapabilities.intersection(.offered)
        let credentials = Credentials(
            password: settings.password, isSecure: isSecure,
            allowsPublicKeyRetrieval: settings.allowsPublicKeyRetrieval)
        var authentication = AuthenticationStateMachine(greeting: greeting, credentials: credentials)
        switch authentication.greetingReceived(nonce: greeting.nonce) {
        case .send(let answer):
            // Of the plugins that may begin only those that send the password itself exceed a one-byte length.
            guard capabilities.contains(.pluginAuthenticationLengthEncoded) || answer.readableBytes <= 0xFF else {
                return end(.unsupportedServer("no long answers to the challenge"))
            }
            state = .authenticating(authentication)
            return .login(
                HandshakeResponse(
                    capabilities: capabilities, maximumMessageSize: announcedMessageSize,
                    username: settings.username, authentication: answer, database: settings.database,
                    pluginName: authentication.pluginName, attributes: settings.attributes,
                    extendedCapabilities: extendedCapabilities))
        case .fail(let error): return end(error)
        case .wait, .accepted: return end(.protocolViolation("a challenge that can be answered"))
        }
    }

    private mutating func perform(_ action: AuthenticationStateMachine.Action) -> Action {
        switch action {
        case .send(let bytes): return .sendAuthentication(bytes)
        case .wait: return .wait
        case .fail(let error): return end(error)
        case .accepted:
            state = .idle
            codec.maximumMessageSize = settings.maximumMessageSize
            return .loginAccepted
        }
    }

    private mutating func begin(_ next: Waiting) -> Action {
        let command = CommandStateMachine(
            request: next.request, deprecatesEOF: deprecatesEOF,
            hasExtendedMetadata: extendedCapabilities.contains(.extendedMetadata),
            maximumMessageSize: settings.maximumMessageSize)
        state = .executing(Executing(id: next.id, command: command))
        return .send(command.opening)
    }

    private mutating func advance(_ executing: inout Executing, by action: CommandStateMachine.Action) -> Action {
        switch action {
        case .wait:
            state = .executing(executing)
            return .wait
        case .send(let command):
            // An abandoned request is not executed any more; its statement is closed.
            if executing.isAbandoned, case .execute(let statement, _) = command {
                state = .idle
                return .send(.closeStatement(statement))
            }
            state = .executing(executing)
            return .send(command)
        case .beginRows(let columns, let format):
            executing.hasRows = true
            state = .executing(executing)
            return executing.isAbandoned ? .wait : .rowsBegan(id: executing.id, columns, format)
        case .row(let payload):
            guard executing.isAbandoned else {
                state = .executing(executing)
                return .row(payload)
            }
            executing.drained += payload.readableBytes
            guard executing.drained <= settings.maximumDrain else { return end(.cancelled) }
            state = .executing(executing)
            return .wait
        case .end(let result, let statement):
            state = .idle
            let outcome: Action =
                switch result {
                case _ where executing.isAbandoned: .wait
                case .success(let summary): .requestSucceeded(id: executing.id, summary)
                case .failure(let error): .requestFailed(id: executing.id, error)
                }
            guard let statement else { return outcome }
            postponed = outcome == .wait ? nil : outcome
            return .send(.closeStatement(statement))
        case .fail(let error):
            return end(error)
        }
    }
}
