/// One query, from its messages to ReadyForQuery.
struct QueryStateMachine: Equatable, Sendable {
    enum Action: Equatable {
        case wait
        case send([FrontendMessage])
        /// Rows of these columns come, or, where there are none, no rows at all.
        case describe([PostgresColumn])
        /// A prepared statement takes parameters of these types.
        case describeParameters([UInt32])
        /// A prepared statement gives no rows.
        case describeNoRows
        case row(DataRow)
        /// A statement is done; its command tag.
        case complete(String)
        /// The query is over and the connection is free.
        case finish(PostgresWireError?)
        case violation(String)
    }

    /// What was sent.
    enum Kind: Equatable, Sendable {
        /// Query: one statement or several.
        case simple
        /// Parse, Bind, Describe, Execute, Sync.
        case extended
        /// Parse, Describe, Sync: what a statement takes and gives, without running it.
        case preparation
        /// Bind, Execute, Sync: a prepared statement that gives rows of so many columns.
        case execution(columns: Int)
    }

    private enum Phase: Equatable {
        /// Parse is sent. Leads to `awaitingBind`, in a preparation to `awaitingParameters`.
        case awaitingParse
        /// Preparation: ParseComplete came. Leads to `awaitingDescription`.
        case awaitingParameters
        /// The statement is known. Leads to `awaitingDescription`, in an execution to `rows`.
        case awaitingBind
        /// BindComplete came, or the parameters are described. Leads to `rows` or `withoutRows`, in a preparation to
        /// `finished`.
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

    private let kind: Kind
    private var phase: Phase
    private(set) var failure: PostgresWireError?
    /// Nobody wants the rows any more.
    private(set) var isAbandoned = false

    init(_ kind: Kind) {
        self.kind = kind
        switch kind {
        case .simple: phase = .withoutRows
        case .extended, .preparation: phase = .awaitingParse
        case .execution: phase = .awaitingBind
        }
    }

    private var isExtended: Bool { kind != .simple }

    /// How many values each row must have that comes now; nil where no row may come, and where nobody wants any.
    var wantedColumns: Int? {
        if case .rows(let count) = phase, !isAbandoned { count } else { nil }
    }

    /// Whether what comes is thrown away.
    var isDraining: Bool { isAbandoned || phase == .copyingOut }

    mutating func abandon() { isAbandoned = true }

    mutating func parseCompleteReceived() -> Action {
        step(from: .awaitingParse, to: kind == .preparation ? .awaitingParameters : .awaitingBind)
    }

    mutating func parametersReceived(_ types: [UInt32]) -> Action {
        guard phase == .awaitingParameters else { return unexpected("ParameterDescription") }
        phase = .awaitingDescription
        return .describeParameters(types)
    }

    mutating func bindCompleteReceived() -> Action {
        if case .execution(let columns) = kind { return step(from: .awaitingBind, to: .rows(columns)) }
        return step(from: .awaitingBind, to: .awaitingDescription)
    }

    mutating func noDataReceived() -> Action {
        guard phase == .awaitingDescription else { return unexpected("NoData") }
        phase = kind == .preparation ? .finished : .withoutRows
        return kind == .preparation ? .describeNoRows : .describe([])
    }

    mutating func rowDescriptionReceived(_ columns: [PostgresColumn]) -> Action {
        guard phase == .awaitingDescription || (!isExtended && phase == .withoutRows) else {
            return unexpected("RowDescription")
        }
        phase = kind == .preparation ? .finished : .rows(columns.count)
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
        case .awaitingParse, .awaitingParameters, .awaitingBind, .awaitingDescription, .finished:
            return unexpected("CommandComplete")
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
