import SCRAM

extension ConnectionStateMachine {
    /// What a message of the server leads to.
    enum MessageAction: Equatable {
        case wait
        case send([FrontendMessage])
        case derive(SaltedPasswordRequest)
        /// The session is open.
        case opened
        case describe([PostgresColumn])
        case describeParameters([UInt32])
        case describeNoRows
        case row(DataRow)
        case complete(String)
        /// The query is over and the connection is free.
        case finish(PostgresWireError?)
        case notice(PostgresServerError)
        /// The connection cannot go on.
        case close(PostgresWireError)
    }

    /// A whole message came.
    mutating func messageReceived(_ message: BackendMessage) -> MessageAction {
        noteMessage()
        switch message {
        case .dataRow(let row): return inQuery { $0.dataRowReceived(row) }
        case .notice(let notice): return .notice(notice)
        case .notification: return .wait
        case .parameterStatus(let name, let value): return parameterReceived(name, value)
        case .error(let error): return errorReceived(error)
        case .readyForQuery(let status): return readyReceived(status)
        case .authentication(let request): return authenticationReceived(request)
        case .backendKeyData(let key): return keyReceived(key)
        case .negotiateProtocolVersion: return negotiationReceived()
        case .parseComplete: return inQuery { $0.parseCompleteReceived() }
        case .bindComplete: return inQuery { $0.bindCompleteReceived() }
        case .noData: return inQuery { $0.noDataReceived() }
        case .rowDescription(let columns): return inQuery { $0.rowDescriptionReceived(columns) }
        case .commandComplete(let tag): return inQuery { $0.commandCompleteReceived(tag) }
        case .portalSuspended: return inQuery { $0.portalSuspendedReceived() }
        case .emptyQueryResponse: return inQuery { $0.emptyQueryReceived() }
        case .copyInResponse: return inQuery { $0.copyInReceived() }
        case .copyOutResponse: return inQuery { $0.copyOutReceived() }
        case .copyData: return inQuery { $0.copyDataReceived() }
        case .copyDone: return inQuery { $0.copyDoneReceived() }
        case .parameterDescription(let types): return inQuery { $0.parametersReceived(types) }
        case .closeComplete, .copyBothResponse:
            return violation("The server answered what was not asked.")
        }
    }

    /// The work of `derive` is done.
    mutating func saltedPasswordDerived(_ salted: SecretBytes) -> MessageAction {
        guard case .authenticating(var login) = state else { return .wait }
        let action = login.saltedPasswordDerived(salted)
        state = .authenticating(login)
        return perform(action)
    }

    private mutating func authenticationReceived(_ request: AuthenticationRequest) -> MessageAction {
        guard case .authenticating(var login) = state else {
            return violation("An authentication request came out of turn.")
        }
        let action = login.requestReceived(request)
        if case (.cleartextPassword, .send) = (request, action) { session.sentCleartextPassword = true }
        state = .authenticating(login)
        return perform(action)
    }

    private mutating func perform(_ action: AuthenticationStateMachine.Action) -> MessageAction {
        switch action {
        case .wait: return .wait
        case .send(let message): return .send([message])
        case .derive(let request): return .derive(request)
        case .authenticated:
            state = .starting
            return .wait
        case .fail(let error): return close(error)
        }
    }

    private mutating func parameterReceived(_ name: String, _ value: String) -> MessageAction {
        switch state {
        case .starting, .idle, .querying: session.set(name, value)
        case .initialised, .awaitingTLSAnswer, .readingTLSRefusal, .upgrading, .authenticating, .awaitingHangup,
            .closed:
            return violation("ParameterStatus came before the login's end.")
        }
        return .wait
    }

    private mutating func keyReceived(_ key: BackendKey) -> MessageAction {
        guard case .starting = state else { return violation("BackendKeyData came out of turn.") }
        session.backendKey = key
        return .wait
    }

    /// A server of an older minor version than asked; this client asks for 3.0, which every server has.
    private mutating func negotiationReceived() -> MessageAction {
        guard case .authenticating = state else { return violation("NegotiateProtocolVersion came out of turn.") }
        return .wait
    }

    private mutating func errorReceived(_ error: PostgresServerError) -> MessageAction {
        switch state {
        case .readingTLSRefusal, .authenticating, .starting:
            session.lastError = error
            return close(.server(error))
        case .idle:
            session.lastError = error
            return .wait
        case .querying(var query):
            if error.endsSession { session.lastError = error }
            _ = query.errorReceived(error)
            state = .querying(query)
            return .wait
        case .initialised, .awaitingTLSAnswer, .upgrading, .awaitingHangup, .closed:
            return .wait
        }
    }

    private mutating func readyReceived(_ status: TransactionStatus) -> MessageAction {
        session.transactionStatus = status
        switch state {
        case .starting:
            state = .idle
            return .opened
        case .querying(var query):
            let action = query.readyReceived()
            if case .finish = action { state = .idle }
            return translate(action)
        case .initialised, .awaitingTLSAnswer, .readingTLSRefusal, .upgrading, .authenticating, .idle,
            .awaitingHangup, .closed:
            return violation("ReadyForQuery came out of turn.")
        }
    }

    /// Hands an event to the running query.
    private mutating func inQuery(_ event: (inout QueryStateMachine) -> QueryStateMachine.Action) -> MessageAction {
        guard case .querying(var query) = state else {
            return violation("A query's answer came while no query runs.")
        }
        let action = event(&query)
        state = .querying(query)
        return translate(action)
    }

    private mutating func translate(_ action: QueryStateMachine.Action) -> MessageAction {
        switch action {
        case .wait: .wait
        case .send(let messages): .send(messages)
        case .describe(let columns): .describe(columns)
        case .describeParameters(let types): .describeParameters(types)
        case .describeNoRows: .describeNoRows
        case .row(let row): .row(row)
        case .complete(let tag): .complete(tag)
        case .finish(let error): .finish(error)
        case .violation(let what): violation(what)
        }
    }

    private mutating func violation(_ what: String) -> MessageAction { close(.protocolViolation(what)) }

    private mutating func close(_ error: PostgresWireError) -> MessageAction {
        state = .closed
        return .close(error)
    }
}
