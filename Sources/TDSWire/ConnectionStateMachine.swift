/// A session with a server, without I/O: events in, actions out.
struct ConnectionStateMachine: Sendable {
    /// What the connection is opened for, and its bounds.
    struct Plan: Sendable {
        var login: Login7
        var encryption: TDSEncryption
        /// Bytes of a row at most.
        var maximumRowSize: Int
        /// Bytes that are thrown away of an answer that nobody wants, at most.
        var maximumDrainSize: Int
    }

    enum State: Equatable, Sendable {
        /// Nothing is sent. Leads to `awaitingPreLogin`, with TDS 8.0 to `upgrading`.
        case initialised
        /// The caller's upgrade runs. Leads to `loggingIn`, with TDS 8.0 to `awaitingPreLogin`, or to `closed`.
        case upgrading
        /// PRELOGIN is sent. Leads to `upgrading`, `loggingIn` or `closed`.
        case awaitingPreLogin
        /// LOGIN7 is sent. Leads to `idle` or `closed`.
        case loggingIn(LoginStateMachine)
        /// Free for a request. Leads to `querying` or `closed`.
        case idle
        /// A request runs, or what is left of an abandoned one is thrown away. Leads to `idle` or `closed`.
        case querying(QueryStateMachine)
        /// Over.
        case closed
    }

    /// This client's version, as it tells it.
    static let clientVersion = TDSVersionNumber(major: 1, minor: 0, build: 0)

    let plan: Plan
    private(set) var state = State.initialised
    /// Whether a packet of the protocol has come; until then the peer may be anything.
    private(set) var hasHeardTDS = false
    private var drainedBytes = 0
    /// What the server has told about the session.
    private(set) var session = SessionFacts()
    /// Whether the login alone travels by TLS.
    private(set) var isForLoginAlone = false

    init(_ plan: Plan) { self.plan = plan }

    // MARK: Opening

    enum OpeningAction: Equatable {
        case wait
        case sendPreLogin(PreLogin)
        case upgradeTLS(TLSUpgrade.Request)
        /// Send the login, and take TLS away then where it carries nothing else.
        case sendLogin
        case fail(TDSWireError)
    }

    /// The channel is there.
    mutating func connected() -> OpeningAction {
        switch plan.encryption {
        case .strict:
            state = .upgrading
            return .upgradeTLS(
                TLSUpgrade.Request(carrier: nil, applicationProtocols: ["tds/8.0"], isForLoginAlone: false))
        case .required: return preLogin(.on)
        case .loginAlone: return preLogin(.off)
        }
    }

    private mutating func preLogin(_ encryption: PreLogin.Encryption) -> OpeningAction {
        state = .awaitingPreLogin
        // A NUL alone: the server need not be a certain instance.
        return .sendPreLogin(PreLogin(version: Self.clientVersion, encryption: encryption, instance: [0]))
    }

    /// The server's PRELOGIN came.
    ///
    /// - Parameter isAlone: whether nothing came behind it.
    mutating func preLoginReceived(_ answer: PreLogin, isAlone: Bool) -> OpeningAction {
        guard case .awaitingPreLogin = state else { return fail(.protocolViolation("PRELOGIN came out of turn.")) }
        hasHeardTDS = true
        guard isAlone else { return fail(.protocolViolation("Bytes came between PRELOGIN and what follows it.")) }
        switch (plan.encryption, answer.encryption) {
        case (.strict, _): return login()
        case (.required, .on), (.required, .required), (.required, .strict): return upgrade()
        case (.required, .off), (.required, .notSupported): return fail(.tlsNotSupported)
        case (.loginAlone, .off):
            isForLoginAlone = true
            return upgrade()
        case (.loginAlone, .notSupported):
            session.sentLoginInClear = true
            return login()
        case (.loginAlone, .on), (.loginAlone, .required), (.loginAlone, .strict): return fail(.tlsRequired)
        }
    }

    private mutating func upgrade() -> OpeningAction {
        state = .upgrading
        return .upgradeTLS(
            TLSUpgrade.Request(
                carrier: PreLoginCarrier.name, applicationProtocols: [], isForLoginAlone: isForLoginAlone))
    }

    /// The caller's upgrade is done.
    mutating func upgradeSucceeded() -> OpeningAction {
        guard case .upgrading = state else { return .wait }
        return plan.encryption == .strict ? preLogin(.strict) : login()
    }

    /// The caller's upgrade failed.
    mutating func upgradeFailed(_ error: any Error) -> OpeningAction {
        guard case .upgrading = state else { return .wait }
        return fail(error as? TDSWireError == .handshakeNotInPackets ? .handshakeNotInPackets : .upgradeFailed(error))
    }

    private mutating func login() -> OpeningAction {
        state = .loggingIn(LoginStateMachine())
        return .sendLogin
    }

    private mutating func fail(_ error: TDSWireError) -> OpeningAction {
        state = .closed
        return .fail(error)
    }

    // MARK: Reading

    enum ReadMode: Equatable {
        /// One whole message that is no stream of tokens.
        case preLogin
        case tokens
        case nothing
    }

    /// How what comes is to be read.
    var readMode: ReadMode {
        switch state {
        case .awaitingPreLogin: .preLogin
        case .loggingIn, .idle, .querying: .tokens
        case .initialised, .upgrading, .closed: .nothing
        }
    }

    /// Bytes came that no server of this protocol sends. `excerpt` holds the first that came.
    mutating func decodingFailed(_ failure: DecodingFailure, excerpt: [UInt8]) -> TokenAction {
        state = .closed
        guard hasHeardTDS else { return .close(.notTDS(excerpt)) }
        switch failure {
        case .notAPacket: return .close(.protocolViolation("What came is no packet of a server."))
        case .unexpectedToken(let token): return .close(.protocolViolation("No token \(token) can come here."))
        case .malformed(let token): return .close(.protocolViolation("A token or type \(token) is malformed."))
        case .tooLarge(let size, let limit): return .close(.messageTooLarge(size: size, limit: limit))
        }
    }

    /// So many bytes came, which nobody may want.
    ///
    /// - Returns: why the connection cannot be kept; nil where it can.
    mutating func bytesDrained(_ count: Int) -> TDSWireError? {
        guard case .querying(let query) = state, query.isDraining else { return nil }
        drainedBytes += count
        if drainedBytes <= plan.maximumDrainSize { return nil }
        state = .closed
        if query.hasEndedTransaction { return .transactionEnded }
        if query.isAbandoned { return .connectionClosed(session.lastError) }
        return query.failure ?? .furtherResultTooLarge(limit: plan.maximumDrainSize)
    }

    // MARK: Tokens

    enum TokenAction: Equatable {
        case wait
        /// The session is open.
        case opened
        case describe([TDSColumn])
        /// The answer is over and the connection is free.
        case finish(TDSWireError?)
        /// The connection cannot go on.
        case close(TDSWireError)
    }

    /// Whether rows may come now, and whether they are wanted.
    var wantsRows: Bool {
        if case .querying(let query) = state { query.wantsRows } else { false }
    }

    /// A whole token came.
    mutating func tokenReceived(_ token: Token) -> TokenAction {
        switch token {
        case .environment(let change): return changed(change)
        case .error(let error): return errorReceived(error)
        case .loginAccepted(let answer): return accepted(answer)
        case .done(let done): return doneReceived(done)
        case .sspi: return unsupported("Windows authentication (NTLM or Kerberos)")
        case .federatedLogin: return unsupported("Microsoft Entra ID")
        case .columns(let columns): return inQuery { $0.columnsReceived(columns) }
        case .info, .returnStatus, .other: return .wait
        }
    }

    private mutating func changed(_ change: EnvironmentChange) -> TokenAction {
        session.note(change)
        switch (state, change) {
        case (.loggingIn(var login), .routing(let place)):
            login.routingReceived(place)
            state = .loggingIn(login)
        case (.querying(var query), .transactionBegun):
            query.transactionBegun()
            state = .querying(query)
        case (.querying(var query), .transactionCommitted):
            query.transactionCommitted()
            state = .querying(query)
        case (.querying(var query), .transactionRolledBack):
            query.transactionRolledBack()
            state = .querying(query)
        default: break
        }
        return .wait
    }

    private mutating func accepted(_ answer: LoginAcknowledgement) -> TokenAction {
        guard case .loggingIn(var login) = state else { return violation("LOGINACK came out of turn.") }
        session.version = answer.version
        session.program = answer.program
        login.acknowledged()
        state = .loggingIn(login)
        return .wait
    }

    private mutating func unsupported(_ method: String) -> TokenAction {
        guard case .loggingIn = state else { return violation("A question about the login came out of turn.") }
        return close(.unsupportedAuthenticationMethod(method))
    }

    private mutating func errorReceived(_ error: TDSServerMessage) -> TokenAction {
        switch state {
        case .loggingIn(var login):
            login.errorReceived(error)
            state = .loggingIn(login)
        case .querying(var query):
            if error.endsSession { session.lastError = error }
            query.errorReceived(error)
            state = .querying(query)
        case .idle: session.lastError = error
        case .initialised, .upgrading, .awaitingPreLogin, .closed: break
        }
        return .wait
    }

    private mutating func doneReceived(_ done: Done) -> TokenAction {
        guard case .loggingIn(let login) = state else { return inQuery { $0.doneReceived(done) } }
        guard done.isLast else { return .wait }
        switch login.ended() {
        case .wait: return .wait
        case .accepted:
            state = .idle
            return .opened
        case .fail(let error):
            if case .server(let refusal) = error { session.lastError = refusal }
            return close(error)
        }
    }

    /// Hands an event to the running request.
    private mutating func inQuery(_ event: (inout QueryStateMachine) -> QueryStateMachine.Action) -> TokenAction {
        guard case .querying(var query) = state else {
            return violation("An answer came to what nobody asked.")
        }
        let action = event(&query)
        state = .querying(query)
        switch action {
        case .wait: return .wait
        case .describe(let columns): return .describe(columns)
        case .finish(let error):
            state = .idle
            return .finish(error)
        case .violation(let what): return violation(what)
        }
    }

    private mutating func violation(_ what: String) -> TokenAction { close(.protocolViolation(what)) }

    private mutating func close(_ error: TDSWireError) -> TokenAction {
        state = .closed
        return .close(error)
    }

    // MARK: Requests

    enum SubmitAction: Equatable {
        case send
        /// What is left of an abandoned request comes first.
        case wait
        case refuse(TDSWireError)
    }

    /// The caller wants a request to run.
    ///
    /// - Parameter mayEndTransaction: whether it is meant to end the transaction that is open.
    mutating func requestSubmitted(mayEndTransaction: Bool) -> SubmitAction {
        switch state {
        case .idle:
            state = .querying(QueryStateMachine(mayEndTransaction: mayEndTransaction))
            drainedBytes = 0
            return .send
        case .querying(let query): return query.isAbandoned ? .wait : .refuse(.busy)
        case .initialised, .upgrading, .awaitingPreLogin, .loggingIn, .closed:
            return .refuse(.connectionClosed(session.lastError))
        }
    }

    /// Nobody wants what the running request still gives.
    ///
    /// - Returns: whether the server is to be told, by an attention.
    mutating func requestAbandoned() -> Bool {
        guard case .querying(var query) = state else { return false }
        defer { state = .querying(query) }
        return query.abandon()
    }

    // MARK: The end

    /// The caller closes; the protocol has no word for it.
    mutating func closeRequested() { state = .closed }

    /// The channel is gone, or failed with `cause`: why what runs has ended.
    mutating func channelEnded(_ cause: (any Error)?) -> TDSWireError {
        defer { state = .closed }
        switch state {
        case .loggingIn(let login):
            if let refusal = login.refusalSoFar { return .server(refusal) }
        case .querying(let query):
            if let failure = query.failure { return failure }
        case .initialised, .upgrading, .awaitingPreLogin, .idle, .closed: break
        }
        if let cause, session.lastError == nil { return .channelFailed(cause) }
        return .connectionClosed(session.lastError)
    }

    /// A packet of the protocol has come.
    mutating func notePacket() { hasHeardTDS = true }
}
