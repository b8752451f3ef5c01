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
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let source: RowSource
        private var batch: ArraySlice<PostgresRow> = []
        private var isFinished = false

        init(_ source: RowSource) { self.source = source }

        /// The next row, or nil after the last.
        public mutating func next() async throws(PostgresWireError) -> PostgresRow? {
            try await next(isolation: nil)
        }

        /// The next row, or nil after the last.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PostgresWireError) -> PostgresRow? {
            if let row = batch.popFirst() { return row }
            return try await refill(actor) ? batch.popFirst() : nil
        }

        /// All rows that are there, at least one; nil after the last. Cheaper than one by one.
        public mutating func nextBatch(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(PostgresWireError) -> ArraySlice<PostgresRow>? {
            if batch.isEmpty, try await !refill(actor) { return nil }
            defer { batch = [] }
            return batch
        }

        private mutating func refill(_ actor: isolated (any Actor)?) async throws(PostgresWireError) -> Bool {
            if isFinished { return false }
            do {
                batch = try await source.next()[...]
            } catch {
                isFinished = true
                throw error
            }
            isFinished = batch.isEmpty
            return !isFinished
        }
    }

    /// An iterator over the rows that are left.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source) }

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
    func next() async throws(PostgresWireError) -> [PostgresRow] {
        try await cancellable { [eventLoop, handler, delivery] in
            eventLoop.flatSubmit {
                guard let rows = delivery.value else { return eventLoop.makeSucceededFuture([]) }
                defer { handler.value.resumeReading() }
                return rows.next(on: eventLoop)
            }
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
