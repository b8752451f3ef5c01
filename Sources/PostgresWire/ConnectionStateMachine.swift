/// A session with a server, without I/O: events in, actions out.
struct ConnectionStateMachine: Sendable {
    /// What the connection is opened for, and its bounds.
    struct Plan: Sendable {
        enum Purpose: Sendable {
            /// A session, with these startup parameters.
            case session([StartupParameter], AuthenticationStateMachine.Credentials)
            /// To cancel another session's query.
            case cancel(BackendKey)
        }

        var purpose: Purpose
        var wantsTLS: Bool
        var maximumMessageSize: Int
        var maximumLoginMessageSize: Int
        var maximumDrainSize: Int
    }

    enum State: Equatable, Sendable {
        /// Nothing is sent. Leads to `awaitingTLSAnswer`, `authenticating` or `awaitingHangup`.
        case initialised
        /// SSLRequest is sent; one byte is to come. Leads to `upgrading`, `readingTLSRefusal` or `closed`.
        case awaitingTLSAnswer
        /// The answer to SSLRequest is an ErrorResponse that is not whole yet. Leads to `closed`.
        case readingTLSRefusal
        /// The caller's upgrade runs; no byte may come. Leads to `authenticating`, `awaitingHangup` or `closed`.
        case upgrading
        /// The startup message is sent. Leads to `starting` or `closed`.
        case authenticating(AuthenticationStateMachine)
        /// Let in; the server tells its parameters. Leads to `idle` or `closed`.
        case starting
        /// Free for a query. Leads to `querying` or `closed`.
        case idle
        /// A query runs, or what is left of an abandoned one is thrown away. Leads to `idle` or `closed`.
        case querying(QueryStateMachine)
        /// CancelRequest is sent; the server hangs up. Leads to `closed`.
        case awaitingHangup
        /// Over.
        case closed
    }

    let plan: Plan
    var state = State.initialised
    /// Whether a message of the protocol has come; until then the peer may be anything.
    private(set) var hasHeardPostgres = false
    private var drainedBytes = 0
    /// What the server has told about the session.
    var session = SessionFacts()

    init(_ plan: Plan) { self.plan = plan }

    // MARK: Opening

    enum OpeningAction: Equatable {
        case wait
        case sendSSLRequest
        /// TLS, if wanted, is up: the login begins.
        case sendStartup(FrontendMessage)
        case sendCancel(FrontendMessage)
        case upgradeTLS
        /// What came is an ErrorResponse: decode it.
        case decode
        case fail(PostgresWireError)
    }

    /// The channel is there.
    mutating func connected() -> OpeningAction {
        guard plan.wantsTLS else { return begin(serverEndPoint: nil) }
        state = .awaitingTLSAnswer
        return .sendSSLRequest
    }

    /// Bytes came that are no messages: the answer to SSLRequest, or what may not come before TLS is up.
    mutating func negotiationBytesReceived(_ bytes: some Collection<UInt8>) -> OpeningAction {
        guard let first = bytes.first else { return .wait }
        guard case .awaitingTLSAnswer = state else {
            return fail(.unencryptedDataBeforeTLS(PeerExcerpt(bytes)))
        }
        let excerpt = PeerExcerpt(bytes)
        switch (Unicode.Scalar(first), bytes.count) {
        case ("S", 1):
            state = .upgrading
            return .upgradeTLS
        case ("S", _):
            return fail(excerpt.kind == nil ? .unencryptedDataBeforeTLS(excerpt) : .notPostgres(excerpt))
        case ("N", 1):
            return fail(.tlsNotSupported)
        case ("E", _):
            state = .readingTLSRefusal
            return .decode
        default:
            return fail(.notPostgres(excerpt))
        }
    }

    /// The caller's upgrade is done.
    mutating func upgradeSucceeded(_ binding: TLSBinding) -> OpeningAction {
        guard case .upgrading = state else { return .wait }
        return begin(serverEndPoint: binding.serverEndPoint)
    }

    /// The caller's upgrade failed.
    mutating func upgradeFailed(_ error: any Error) -> OpeningAction {
        guard case .upgrading = state else { return .wait }
        return fail(.upgradeFailed(error))
    }

    private mutating func begin(serverEndPoint: [UInt8]?) -> OpeningAction {
        switch plan.purpose {
        case .session(let parameters, var credentials):
            credentials.serverEndPoint = serverEndPoint
            state = .authenticating(AuthenticationStateMachine(credentials))
            return .sendStartup(.startup(parameters))
        case .cancel(let key):
            state = .awaitingHangup
            return .sendCancel(.cancelRequest(key))
        }
    }

    private mutating func fail(_ error: PostgresWireError) -> OpeningAction {
        state = .closed
        return .fail(error)
    }

    // MARK: Reading

    enum ReadMode: Equatable {
        case negotiation
        case messages
        case nothing
    }

    /// How what comes is to be read.
    var readMode: ReadMode {
        switch state {
        case .awaitingTLSAnswer, .upgrading: .negotiation
        case .readingTLSRefusal, .authenticating, .starting, .idle, .querying: .messages
        case .initialised, .awaitingHangup, .closed: .nothing
        }
    }

    /// What the decoder may take for a message.
    var frameRule: FrameRule {
        switch state {
        case .idle, .querying, .starting: FrameRule(maximumSize: plan.maximumMessageSize, isFirst: false)
        case .initialised, .awaitingTLSAnswer, .readingTLSRefusal, .upgrading, .authenticating, .awaitingHangup,
            .closed:
            FrameRule(maximumSize: plan.maximumLoginMessageSize, isFirst: !hasHeardPostgres)
        }
    }

    /// Bytes came that are no message. `excerpt` holds the first that came.
    mutating func decodingFailed(_ failure: DecodingFailure, excerpt: PeerExcerpt) -> MessageAction {
        state = .closed
        guard hasHeardPostgres else { return .close(.notPostgres(excerpt)) }
        switch failure {
        case .unexpectedType(let type):
            return .close(.protocolViolation("No message has the type \(type)."))
        case .length(let size, let limit) where size > limit:
            return .close(.messageTooLarge(size: size, limit: limit))
        case .length(let size, _):
            return .close(.protocolViolation("A message claims the length \(size)."))
        case .malformed(let type):
            return .close(.protocolViolation("A message of the type \(type) is malformed."))
        }
    }

    /// So many bytes came while nobody wants what comes; whether the connection can be kept.
    mutating func bytesDrained(_ count: Int) -> Bool {
        guard case .querying(let query) = state, query.isDraining else { return true }
        drainedBytes += count
        if drainedBytes <= plan.maximumDrainSize { return true }
        state = .closed
        return false
    }

    // MARK: Queries

    enum SubmitAction: Equatable {
        case send
        /// What is left of an abandoned query comes first.
        case wait
        case refuse(PostgresWireError)
    }

    /// The caller wants a query to run.
    mutating func querySubmitted(_ kind: QueryStateMachine.Kind) -> SubmitAction {
        switch state {
        case .idle:
            state = .querying(QueryStateMachine(kind))
            drainedBytes = 0
            return .send
        case .querying(let query):
            return query.isAbandoned ? .wait : .refuse(.busy)
        case .initialised, .awaitingTLSAnswer, .readingTLSRefusal, .upgrading, .authenticating, .starting,
            .awaitingHangup, .closed:
            return .refuse(.connectionClosed(session.lastError))
        }
    }

    /// How many values each row must have that comes now; nil where no row may come, and where nobody wants any.
    var wantedColumns: Int? {
        if case .querying(let query) = state { query.wantedColumns } else { nil }
    }

    /// Nobody wants the running query's rows any more.
    mutating func queryAbandoned() {
        guard case .querying(var query) = state else { return }
        query.abandon()
        state = .querying(query)
    }

    // MARK: The end

    /// The caller closes; whether the server is to be told.
    mutating func closeRequested() -> Bool {
        defer { state = .closed }
        switch state {
        case .starting, .idle, .querying: return true
        case .initialised, .awaitingTLSAnswer, .readingTLSRefusal, .upgrading, .authenticating, .awaitingHangup,
            .closed:
            return false
        }
    }

    /// The channel is gone, or failed with `cause`: why what runs has ended. Nil if that is as it should be.
    mutating func channelEnded(_ cause: (any Error)?) -> PostgresWireError? {
        defer { state = .closed }
        switch state {
        case .awaitingHangup: return nil
        case .querying(let query):
            if let failure = query.failure { return failure }
        case .initialised, .awaitingTLSAnswer, .readingTLSRefusal, .upgrading, .authenticating, .starting, .idle,
            .closed:
            break
        }
        if let cause, session.lastError == nil { return .channelFailed(cause) }
        return .connectionClosed(session.lastError)
    }

    mutating func noteMessage() { hasHeardPostgres = true }
}

/// What the server has told about the session.
struct SessionFacts: Equatable, Sendable {
    /// The most parameters that are kept; PostgreSQL 17 reports 15.
    static let maximumParameters = 128

    var parameters: [String: String] = [:]
    var backendKey: BackendKey?
    var transactionStatus = TransactionStatus.idle
    /// The last error that ended the session, or came while no query ran.
    var lastError: PostgresServerError?
    /// Whether the server asked for the password as it is, and got it.
    var sentCleartextPassword = false

    /// Keeps a parameter, unless the peer tells more than any server does.
    mutating func set(_ name: String, _ value: String) {
        guard parameters[name] != nil || parameters.count < Self.maximumParameters else { return }
        guard name.utf8.count + value.utf8.count <= 8_192 else { return }
        parameters[name] = value
    }
}
