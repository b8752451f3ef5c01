/// One query, from its messages to ReadyForQuery.
struct QueryStateMachine: Equatable, Sendable {
    enum Action: Equatable {
        case wait
        case send([FrontendMessage])
        /// Rows of these columns come, or, where there are none, no rows at all.
        case describe([PostgresColumn])
        case row(DataRow)
        /// A statement is done; its command tag.
        case complete(String)
        /// The query is over and the connection is free.
        case finish(PostgresWireError?)
        case violation(String)
    }

    private enum Phase: Equatable {
        /// Extended: Parse is sent. Leads to `awaitingBind`.
        case awaitingParse
        /// Extended: ParseComplete came. Leads to `awaitingDescription`.
        case awaitingBind
        /// Extended: BindComplete came. Leads to `rows` or `withoutRows`.
        case awaitingDescription
        /// No rows are described: extended after NoData, simple between two statements.
        case withoutRows
        /// Rows of so many columns come.
        case rows(Int)
        /// The server sends the data of a COPY, which is thrown away.
        case copyingOut
        /// Nothing but ReadyForQuery may come.
        case finished
    }

    private let isExtended: Bool
    private var phase: Phase
    private(set) var failure: PostgresWireError?
    /// Nobody wants the rows any more.
    private(set) var isAbandoned = false

    init(isExtended: Bool) {
        self.isExtended = isExtended
        phase = isExtended ? .awaitingParse : .withoutRows
    }

    /// Whether what comes is thrown away.
    var isDraining: Bool { isAbandoned || phase == .copyingOut }

    mutating func abandon() { isAbandoned = true }

    mutating func parseCompleteReceived() -> Action { step(from: .awaitingParse, to: .awaitingBind) }

    mutating func bindCompleteReceived() -> Action { step(from: .awaitingBind, to: .awaitingDescription) }

    mutating func noDataReceived() -> Action {
        guard phase == .awaitingDescription else { return unexpected("NoData") }
        phase = .withoutRows
        return .describe([])
    }

    mutating func rowDescriptionReceived(_ columns: [PostgresColumn]) -> Action {
        guard phase == .awaitingDescription || (!isExtended && phase == .withoutRows) else {
            return unexpected("RowDescription")
        }
        phase = .rows(columns.count)
        return .describe(columns)
    }

    mutating func dataRowReceived(_ row: DataRow) -> Action {
        guard case .rows(let count) = phase else { return unexpected("DataRow") }
        guard row.count == count else {
            return .violation("A row has \(row.count) values where \(count) columns are described.")
        }
        return isAbandoned ? .wait : .row(row)
    }

    mutating func commandCompleteReceived(_ tag: String) -> Action {
        switch phase {
        case .withoutRows, .rows, .copyingOut: break
        case .awaitingParse, .awaitingBind, .awaitingDescription, .finished: return unexpected("CommandComplete")
        }
        phase = isExtended ? .finished : .withoutRows
        return .complete(tag)
    }

    /// The server met the row limit of Execute.
    mutating func portalSuspendedReceived() -> Action {
        guard isExtended, case .rows = phase else { return unexpected("PortalSuspended") }
        phase = .finished
        return .wait
    }

    mutating func emptyQueryReceived() -> Action {
        guard phase == .withoutRows else { return unexpected("EmptyQueryResponse") }
        if isExtended { phase = .finished }
        return .wait
    }

    /// COPY … FROM STDIN: refused, and a Sync for the one that the server has thrown away while it expected data.
    mutating func copyInReceived() -> Action {
        guard phase == .withoutRows else { return unexpected("CopyInResponse") }
        failure = failure ?? .copyNotSupported
        let refusal = FrontendMessage.copyFail("COPY is not supported by this client.")
        return .send(isExtended ? [refusal, .sync] : [refusal])
    }

    /// COPY … TO STDOUT: cannot be refused; its data are thrown away.
    mutating func copyOutReceived() -> Action {
        guard phase == .withoutRows else { return unexpected("CopyOutResponse") }
        failure = failure ?? .copyNotSupported
        phase = .copyingOut
        return .wait
    }

    mutating func copyDataReceived() -> Action { phase == .copyingOut ? .wait : unexpected("CopyData") }

    mutating func copyDoneReceived() -> Action { phase == .copyingOut ? .wait : unexpected("CopyDone") }

    mutating func errorReceived(_ error: PostgresServerError) -> Action {
        failure = failure ?? .server(error)
        phase = .finished
        return .wait
    }

    mutating func readyReceived() -> Action {
        guard phase == .finished || (!isExtended && phase == .withoutRows) else { return unexpected("ReadyForQuery") }
        return .finish(failure)
    }

    private mutating func step(from: Phase, to: Phase) -> Action {
        guard phase == from else { return unexpected("An answer to Parse or Bind") }
        phase = to
        return .wait
    }

    private func unexpected(_ message: String) -> Action { .violation("\(message) came out of turn.") }
}
