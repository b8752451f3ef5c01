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

    /// The number of the server's error that says that what ran has ended a transaction which it did not begin
    /// (`sys.messages`).
    private static let mismatchedTransactions: Int32 = 266

    /// Whether the request is one that may end the transaction: then nothing is told of it.
    let mayEndTransaction: Bool
    private var phase = Phase.beforeRows
    private var firstError: TDSWireError?
    /// Whether the transaction was rolled back: by the statement, or by the server because of an error or an attention.
    private var isRolledBack = false
    /// Whether it was the statement that ended the transaction, whatever else it has come to.
    private(set) var hasEndedTransaction = false
    /// Nobody wants what is left: an attention is sent, and its acknowledgement ends the answer.
    private(set) var isAbandoned = false

    init(mayEndTransaction: Bool = false) { self.mayEndTransaction = mayEndTransaction }

    /// Why the request has failed, as far as is known. A rollback is the statement's own where nothing explains it.
    var failure: TDSWireError? {
        let isUnexplained = isRolledBack && !isAbandoned && firstError == nil
        return hasEndedTransaction || isUnexplained ? .transactionEnded : firstError
    }

    /// Whether rows are wanted that come now.
    var wantsRows: Bool { phase == .rows && !isAbandoned }

    /// Whether what comes is thrown away.
    var isDraining: Bool { isAbandoned || phase == .afterRows }

    /// - Returns: whether an attention is to be sent.
    mutating func abandon() -> Bool {
        // A rollback that came before is not the attention's.
        if failure == .transactionEnded { hasEndedTransaction = true }
        defer { isAbandoned = true }
        return !isAbandoned
    }

    mutating func columnsReceived(_ columns: [TDSColumn]) -> Action {
        if !columns.isEmpty { wentOn() }
        switch phase {
        case .beforeRows where columns.isEmpty: return .wait
        // A failure that is certain is not to wait for somebody who reads all rows.
        case .beforeRows where failure == .transactionEnded:
            phase = .afterRows
            return .wait
        case .beforeRows:
            phase = .rows
            return isAbandoned ? .wait : .describe(columns)
        case .rows, .afterRows:
            phase = .afterRows
            return .wait
        }
    }

    mutating func errorReceived(_ error: TDSServerMessage) {
        if error.number == Self.mismatchedTransactions { wentOn() }
        firstError = firstError ?? .server(error)
    }

    mutating func transactionBegun() { wentOn() }

    /// The transaction in which the statement runs is committed, which the server does not do by itself.
    mutating func transactionCommitted() { hasEndedTransaction = !mayEndTransaction }

    mutating func transactionRolledBack() { isRolledBack = !mayEndTransaction }

    /// The statement does more. Behind a rollback this shows that it was the statement's own, even if there was an error
    /// before: with what the server rolls back the statement is over.
    private mutating func wentOn() {
        if isRolledBack { hasEndedTransaction = true }
    }

    mutating func doneReceived(_ done: Done) -> Action {
        if done.status.contains(.attention) {
            guard isAbandoned else { return .violation("An attention is acknowledged that nobody sent.") }
            return .finish(hasEndedTransaction ? .transactionEnded : .cancelled)
        }
        if done.status.contains(.error) || done.status.contains(.serverError) {
            firstError = firstError ?? .protocolViolation("A statement failed, and the server does not say why.")
        } else if done.status.contains(.count), !done.isLast, !isAbandoned {
            wentOn()
        }
        if phase == .rows { phase = .afterRows }
        guard done.isLast else { return .wait }
        // Where an attention is under way its acknowledgement comes after this, in a message of its own.
        return isAbandoned ? .wait : .finish(failure)
    }
}
