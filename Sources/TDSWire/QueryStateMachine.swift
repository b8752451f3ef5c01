/// One request, from its message to the last DONE of its answer.
struct QueryStateMachine: Equatable, Sendable {
    enum Action: Equatable {
        case wait
        /// Rows of these columns come.
        case describe([TDSColumn])
        /// The answer is over and the connection is free.
        case finish(TDSWireError?)
        case violation(String)
    }

    private enum Phase: Equatable {
        /// No columns are described. Leads to `rows`, or to the end.
        case beforeRows
        /// The first result's rows come. Leads to `afterRows`.
        case rows
        /// The first result is over; what others give is thrown away.
        case afterRows
    }

    private var phase = Phase.beforeRows
    private(set) var failure: TDSWireError?
    /// Nobody wants what is left: an attention is sent, and its acknowledgement ends the answer.
    private(set) var isAbandoned = false

    /// Whether rows are wanted that come now.
    var wantsRows: Bool { phase == .rows && !isAbandoned }

    /// Whether what comes is thrown away.
    var isDraining: Bool { isAbandoned || phase == .afterRows }

    /// - Returns: whether an attention is to be sent.
    mutating func abandon() -> Bool {
        defer { isAbandoned = true }
        return !isAbandoned
    }

    mutating func columnsReceived(_ columns: [TDSColumn]) -> Action {
        switch phase {
        case .beforeRows where columns.isEmpty: return .wait
        case .beforeRows:
            phase = .rows
            return isAbandoned ? .wait : .describe(columns)
        case .rows, .afterRows:
            phase = .afterRows
            return .wait
        }
    }

    mutating func errorReceived(_ error: TDSServerMessage) { failure = failure ?? .server(error) }

    /// The transaction in which the statement runs is over, and not by us.
    mutating func transactionEnded() { failure = failure ?? .transactionEnded }

    mutating func doneReceived(_ done: Done) -> Action {
        if done.status.contains(.attention) {
            guard isAbandoned else { return .violation("An attention is acknowledged that nobody sent.") }
            return .finish(.cancelled)
        }
        if done.status.contains(.error) || done.status.contains(.serverError) {
            failure = failure ?? .protocolViolation("A statement failed, and the server does not say why.")
        }
        if phase == .rows { phase = .afterRows }
        guard done.isLast else { return .wait }
        // Where an attention is under way its acknowledgement comes after this, in a message of its own.
        return isAbandoned ? .wait : .finish(failure)
    }
}
