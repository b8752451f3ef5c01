import NIOCore

/// A query's rows as they arrive. Reading them drives the connection: while nobody reads, nothing is taken from the
/// channel beyond `Configuration.rowBufferSize` and what one read brings, and the server waits.
///
/// The rows can be read once. A stream that is dropped, or whose reading task is cancelled, gives the rest up: the
/// connection throws away what still comes, within `Configuration.maximumDrainSize`, and is free again, or closes.
/// A statement that gives nothing runs on at the server; `PostgresConnection.cancel(_:on:upgrade:)` ends it.
public struct RowStream: AsyncSequence, Sendable {
    /// One row.
    public typealias Element = PostgresRow
    /// Why the rows ended early.
    public typealias Failure = PostgresWireError

    /// The first result's columns; empty for a statement that gives no rows.
    public let columns: [PostgresColumn]

    let source: RowSource

    /// Reads the rows one by one.
    public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        private let columns: [PostgresColumn]
        private let source: RowSource
        private var spans: ArraySlice<RowSpan> = []
        private var isFinished = false

        init(columns: [PostgresColumn], source: RowSource) {
            self.columns = columns
            self.source = source
        }

        /// The next row, or nil after the last.
        public mutating func next() async throws(PostgresWireError) -> PostgresRow? {
            try await next(isolation: nil)
        }

        /// The next row, or nil after the last.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PostgresWireError) -> PostgresRow? {
            if let row = popRow() { return row }
            return try await refill(actor) ? popRow() : nil
        }

        /// Rows that are there, at least one, as the bytes in which they came; nil after the last. Much cheaper than one
        /// by one.
        public mutating func nextSpan(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(PostgresWireError) -> RowSpan? {
            if let span = spans.popFirst() { return span }
            return try await refill(actor) ? spans.popFirst() : nil
        }

        private mutating func popRow() -> PostgresRow? {
            while var span = spans.popFirst() {
                guard let cells = span.popCells() else { continue }
                if span.count > 0 { spans.insert(span, at: spans.startIndex) }
                return PostgresRow(columns: columns, cells: cells)
            }
            return nil
        }

        private mutating func refill(_ actor: isolated (any Actor)?) async throws(PostgresWireError) -> Bool {
            if isFinished { return false }
            do {
                spans = try await source.next()[...]
            } catch {
                isFinished = true
                throw error
            }
            isFinished = spans.isEmpty
            return !isFinished
        }
    }

    /// An iterator over the rows that are left.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(columns: columns, source: source) }

    /// The last statement's command tag, such as `SELECT 3`; known once the rows are read to their end.
    public func commandTag() async -> String? { await source.commandTag() }
}

/// The reader's end of a `RowDelivery`; the last one to let go of it gives up the rows that are left.
final class RowSource: Sendable {
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<PostgresChannelHandler>
    private let delivery: NIOLoopBoundBox<RowDelivery?>

    init(eventLoop: any EventLoop, handler: NIOLoopBound<PostgresChannelHandler>) {
        self.eventLoop = eventLoop
        self.handler = handler
        delivery = NIOLoopBoundBox.makeEmptyBox(eventLoop: eventLoop)
    }

    deinit { abandon() }

    /// Runs the query; returns when its columns are known.
    func start(_ request: QueryRequest) async throws(PostgresWireError) -> [PostgresColumn] {
        try await cancellable { [eventLoop, handler, delivery] in
            eventLoop.flatSubmit {
                let rows = RowDelivery(eventLoop: eventLoop)
                delivery.value = rows
                handler.value.submit(request, rows)
                return rows.columnsKnown
            }
        }
    }

    /// The rows that are there, at least one; none after the last.
    func next() async throws(PostgresWireError) -> [RowSpan] {
        try await cancellable { [eventLoop, handler, delivery] in
            eventLoop.flatSubmit {
                guard let rows = delivery.value else { return eventLoop.makeSucceededFuture([]) }
                defer { handler.value.resumeReading() }
                return rows.next(on: eventLoop)
            }
        }
    }

    /// What a prepared statement takes, and whether it gives rows.
    func description() async throws(PostgresWireError) -> (parameters: [UInt32], givesRows: Bool) {
        do {
            return try await eventLoop.submit { [delivery] in
                (delivery.value?.parameterTypes ?? [], delivery.value?.givesRows ?? false)
            }.get()
        } catch {
            throw PostgresWireError(error)
        }
    }

    func commandTag() async -> String? {
        try? await eventLoop.submit { [delivery] in delivery.value?.commandTag }.get()
    }

    /// Gives up the rows that are left.
    func abandon() {
        eventLoop.execute { [handler, delivery] in
            if let rows = delivery.value { handler.value.abandon(rows) }
        }
    }

    /// Awaits what `begin` starts; if the task is cancelled the query is given up.
    private func cancellable<Value: Sendable>(
        _ begin: @Sendable () -> EventLoopFuture<Value>
    ) async throws(PostgresWireError) -> Value {
        do {
            return try await withTaskCancellationHandler {
                let future = begin()
                // A cancellation that came before `begin` found nothing to give up.
                if Task.isCancelled { abandon() }
                return try await future.get()
            } onCancel: {
                abandon()
            }
        } catch {
            throw PostgresWireError(error)
        }
    }
}

extension PostgresWireError {
    /// The error itself, or, if it is one from below, the case that says so.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as PostgresWireError: error
            case is CancellationError: .cancelled
            default: .channelFailed(error)
            }
    }
}
