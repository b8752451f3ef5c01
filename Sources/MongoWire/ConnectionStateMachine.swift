import SCRAM

/// One connection, from TLS to its end. Takes events, returns what is to be done; does nothing itself.
struct ConnectionStateMachine {
    /// What the connection is to become.
    struct Plan: Equatable, Sendable {
        /// Whether TLS is put on the channel first.
        var wantsTLS: Bool
        /// The name for the server's list of connections.
        var applicationName: String
        /// The login; nil to stay without one.
        var authentication: AuthenticationStateMachine?
        /// The longest message taken once the login is done, in bytes.
        var maximumMessageSize: Int
        /// The longest message taken before that, in bytes.
        var maximumLoginMessageSize: Int
    }

    enum State: Equatable {
        /// Nothing was done. Leads to `upgrading` or `greeting`.
        case initialised
        /// TLS is being put on the channel. Leads to `greeting`.
        case upgrading
        /// `hello`, or on a server that does not know it `isMaster`, is asked. Leads to `greeting` by the older name,
        /// `authenticating` or `idle`.
        case greeting(request: Int32, isLegacy: Bool)
        /// A command of the login is asked. Leads to itself, `deriving` or `idle`.
        case authenticating(request: Int32)
        /// The password's key is being derived. Leads to `authenticating`.
        case deriving
        /// The session is open and nothing is asked. Leads to `running`.
        case idle
        /// A command is asked. Leads to `idle`.
        case running(request: Int32)
        /// Over.
        case closed
    }

    enum Action: Equatable {
        case wait
        case upgradeTLS
        case send(MongoMessage)
        case derive(SaltedPasswordRequest)
        /// The session is open.
        case opened(ServerDescription)
        /// The command's answer, be it what it may.
        case reply(BSONDocument)
        /// The connection cannot go on.
        case fail(MongoWireError)
    }

    private let plan: Plan
    private(set) var state = State.initialised
    private var authentication: AuthenticationStateMachine?
    private var server: ServerDescription?
    private var lastRequest: Int32 = 0
    /// Whether a message of this protocol ever came.
    private(set) var hasHeardMongo = false

    init(_ plan: Plan) {
        self.plan = plan
        authentication = plan.authentication
    }

    /// The longest message that is taken now, in bytes.
    var messageLimit: Int {
        switch state {
        case .idle, .running: plan.maximumMessageSize
        case .initialised, .upgrading, .greeting, .authenticating, .deriving, .closed: plan.maximumLoginMessageSize
        }
    }

    /// Whether a command's answer is awaited.
    var isRunning: Bool { if case .running = state { true } else { false } }

    // MARK: Events

    /// The channel is connected.
    mutating func connected() -> Action {
        guard case .initialised = state else { return .wait }
        guard plan.wantsTLS else { return greet(legacy: false) }
        state = .upgrading
        return .upgradeTLS
    }

    /// TLS is up.
    mutating func upgradeSucceeded() -> Action {
        guard case .upgrading = state else { return .wait }
        return greet(legacy: false)
    }

    /// TLS did not come up.
    mutating func upgradeFailed(_ error: any Error) -> Action {
        guard case .upgrading = state else { return .wait }
        return close(.upgradeFailed(error))
    }

    /// A whole message came.
    mutating func messageReceived(_ message: MongoMessage) -> Action {
        guard !message.flags.contains(.moreToCome) else {
            return violation("The server announced more answers than were asked for.")
        }
        switch state {
        case .greeting(let request, let isLegacy):
            guard message.responseTo == request else { return unasked() }
            hasHeardMongo = true
            return greeted(message.document, isLegacy: isLegacy)
        case .authenticating(let request):
            guard message.responseTo == request else { return unasked() }
            if let refusal = MongoServerError(reply: message.document) { return close(.loginRefused(refusal)) }
            return authenticate { $0.replyReceived(message.document) }
        case .running(let request):
            guard message.responseTo == request else { return unasked() }
            state = .idle
            return .reply(message.document)
        case .idle, .deriving, .initialised, .upgrading: return unasked()
        case .closed: return .wait
        }
    }

    /// What came is no message.
    mutating func decodingFailed(_ failure: DecodingFailure, excerpt: PeerExcerpt) -> Action {
        guard hasHeardMongo else { return close(.notMongo(excerpt)) }
        switch failure {
        case .length(let size, let limit) where size > limit: return close(.messageTooLarge(size: size, limit: limit))
        case .length(let size, _): return violation("A message says that it has \(size) bytes.")
        case .opCode(let code): return violation("A message has the number \(code).")
        case .malformed(let how): return violation(how)
        }
    }

    /// The work of `derive` is done.
    mutating func saltedPasswordDerived(_ salted: SecretBytes) -> Action {
        guard case .deriving = state else { return .wait }
        return authenticate { $0.saltedPasswordDerived(salted) }
    }

    /// Somebody wants a command run. Never called while one is.
    mutating func commandSubmitted(_ command: BSONDocument) -> Action {
        switch state {
        case .idle:
            let message = next(command)
            state = .running(request: message.requestID)
            return .send(message)
        case .running: return .fail(.busy)
        case .initialised, .upgrading, .greeting, .authenticating, .deriving, .closed: return .fail(.connectionClosed)
        }
    }

    /// The channel is closed, or closes.
    ///
    /// - Parameter excerpt: what the peer said, where that was no whole message.
    mutating func channelEnded(_ cause: (any Error)?, excerpt: PeerExcerpt) -> MongoWireError {
        let state = state
        self.state = .closed
        if case .greeting = state, !excerpt.bytes.isEmpty { return .notMongo(excerpt) }
        return cause.map { .channelFailed($0) } ?? .connectionClosed
    }

    // MARK: Steps

    private mutating func greet(legacy: Bool) -> Action {
        var writer = BSONWriter()
        writer.append(Self.question(legacy: legacy), 1)
        writer.append("helloOk", true)
        let client: BSONDocument = [
            "application": .document(["name": .string(plan.applicationName)]),
            "driver": .document(["name": "MongoWire", "version": "1"]),
            "os": .document(["type": "Linux"]),
        ]
        writer.append("client", .document(client))
        for element in authentication?.greeting ?? [] { writer.append(element.name, element.value) }
        writer.append("$db", "admin")
        let message = next(writer.finished())
        state = .greeting(request: message.requestID, isLegacy: legacy)
        return .send(message)
    }

    private static func question(legacy: Bool) -> String { legacy ? "isMaster" : "hello" }

    /// The number of "no such command".
    private static let commandNotFound = 59

    private mutating func greeted(_ reply: BSONDocument, isLegacy: Bool) -> Action {
        if let refusal = MongoServerError(reply: reply) {
            if refusal.code == Self.commandNotFound, !isLegacy { return greet(legacy: true) }
            return close(.server(refusal))
        }
        let server = ServerDescription(reply: reply, to: Self.question(legacy: isLegacy))
        guard server.wireVersion >= ServerDescription.oldestWireVersion else {
            return close(.serverTooOld(wireVersion: server.wireVersion))
        }
        self.server = server
        guard authentication != nil, server.kind != .arbiter else { return open() }
        return authenticate { $0.greetingReceived(reply) }
    }

    private mutating func authenticate(
        _ event: (inout AuthenticationStateMachine) -> AuthenticationStateMachine.Action
    ) -> Action {
        guard var login = authentication else { return violation("There is no login.") }
        let action = event(&login)
        authentication = login
        switch action {
        case .send(let command):
            let message = next(command)
            state = .authenticating(request: message.requestID)
            return .send(message)
        case .derive(let request):
            state = .deriving
            return .derive(request)
        case .authenticated: return open()
        case .fail(let error): return close(error)
        }
    }

    private mutating func open() -> Action {
        guard let server else { return violation("The session has no server.") }
        state = .idle
        return .opened(server)
    }

    private mutating func next(_ command: BSONDocument) -> MongoMessage {
        lastRequest = lastRequest == .max ? 1 : lastRequest + 1
        return MongoMessage(requestID: lastRequest, responseTo: 0, body: command)
    }

    private mutating func unasked() -> Action { violation("The server answered what was not asked.") }

    private mutating func violation(_ what: String) -> Action { close(.protocolViolation(what)) }

    private mutating func close(_ error: MongoWireError) -> Action {
        state = .closed
        return .fail(error)
    }
}
