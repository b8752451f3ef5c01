import NIOCore
import Synchronization

/// The answer to a statement: rows as they come, and how it ended.
///
/// It is read once. Rows are held in bounded memory; what the reader has not taken stays with the server. A reader that
/// stops early, or whose task is cancelled, gives the rest up: the connection throws away what is still under way, or
/// closes if that is much.
public struct RowStream: AsyncSequence, Sendable {
    /// A row as it came, not decoded yet.
    public typealias Element = MySQLRow
    /// What can go wrong between two rows.
    public typealias Failure = MySQLWireError

    /// The columns; none if the statement gives no rows.
    public let columns: [ColumnDefinition]
    private let source: RowSource

    init(columns: [ColumnDefinition], source: RowSource) {
        self.columns = columns
        self.source = source
    }

    /// How the statement ended, once every row was read; nil before.
    public var summary: CommandSummary? { source.summary }

    /// The rows. A second reader sees what the first has not taken.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(columns: columns, source: source)
    }

    /// Gives up what was not read: what is still under way is thrown away, or the connection closes if that is much.
    /// Returns at once.
    public func giveUp() { source.abandon() }

    /// Reads the rows one after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let columns: [ColumnDefinition]
        private let lease: RowSource.Lease
        private var rows: ArraySlice<ByteBuffer> = []
        private var isLast = false

        init(columns: [ColumnDefinition], source: RowSource) {
            self.columns = columns
            self.lease = RowSource.Lease(source)
        }

        /// The next row, or nil after the last.
        public mutating func next() async throws(MySQLWireError) -> MySQLRow? {
            try await next(isolation: #isolation)
        }

        /// The rows that are there, at least one, as the server sent them; nil after the last. For readers that walk rows
        /// by a ``BinaryRowLayout``.
        public mutating func nextPayloads(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(MySQLWireError) -> ArraySlice<ByteBuffer>? {
            guard try await fill(isolation: actor) else { return nil }
            defer { rows = [] }
            return rows
        }

        /// The next row, or nil after the last.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(MySQLWireError) -> MySQLRow? {
            guard try await fill(isolation: actor), let payload = rows.popFirst() else { return nil }
            return MySQLRow(columns: columns, payload: payload, format: lease.source.format)
        }

        /// Sees that there are rows; false after the last.
        private mutating func fill(isolation actor: isolated (any Actor)?) async throws(MySQLWireError) -> Bool {
            while rows.isEmpty {
                if isLast { return false }
                let batch = try await lease.source.next()
                rows = batch.rows[...]
                if let end = batch.end {
                    isLast = true
                    // Rows before an error are given first.
                    if case .failure(let error) = end, rows.isEmpty { throw error }
                    if case .failure = end { isLast = false }
                }
            }
            return true
        }
    }
}

/// Where a stream's rows come from: the first from the response, the others from the handler.
final class RowSource: Sendable {
    /// Gives the source up when its reader goes away.
    final class Lease: Sendable {
        let source: RowSource
        init(_ source: RowSource) { self.source = source }
        deinit { source.abandon() }
    }

    private struct State {
        var first: RowFlow.Batch?
        var end: Result<CommandSummary, MySQLWireError>?
    }

    let format: RowFormat
    private let id: Int
    private let handler: NIOLoopBound<MySQLChannelHandler>
    private let eventLoop: any EventLoop
    private let state: Mutex<State>

    init(
        id: Int, response: MySQLChannelHandler.Response, handler: NIOLoopBound<MySQLChannelHandler>,
        eventLoop: any EventLoop
    ) {
        self.id = id
        self.format = response.format
        self.handler = handler
        self.eventLoop = eventLoop
        self.state = Mutex(State(first: response.first))
    }

    deinit { abandon() }

    /// How it ended, once that was taken.
    var summary: CommandSummary? {
        state.withLock { state in
            guard state.first == nil, case .success(let summary) = state.end else { return nil }
            return summary
        }
    }

    /// The next rows. After the end, an empty batch with the end.
    func next() async throws(MySQLWireError) -> RowFlow.Batch {
        let held: RowFlow.Batch? = state.withLock { state in
            if let first = state.first {
                state.first = nil
                state.end = first.end
                return first
            }
            return state.end.map { RowFlow.Batch(rows: [], end: $0) }
        }
        if let held { return held }
        let promise = eventLoop.makePromise(of: RowFlow.Batch.self)
        let batch: Result<RowFlow.Batch, MySQLWireError> = await withTaskCancellationHandler {
            eventLoop.execute { self.handler.value.takeRows(of: self.id, promise) }
            return await promise.futureResult.outcome()
        } onCancel: {
            abandon()
        }
        switch batch {
        case .success(let batch): state.withLock { $0.end = batch.end }
        case .failure(let error): state.withLock { $0.end = .failure(error) }
        }
        return try batch.get()
    }

    /// Nobody wants the rest.
    func abandon() {
        let isOver = state.withLock { $0.end != nil || $0.first?.end != nil }
        guard !isOver else { return }
        eventLoop.execute { [handler, id] in handler.value.abandon(id) }
    }
}

extension EventLoopFuture where Value: Sendable {
    /// The result; every promise of this room fails with ``MySQLWireError``, a foreign error comes from the channel.
    func outcome() async -> Result<Value, MySQLWireError> {
        do {
            return .success(try await get())
        } catch let error as MySQLWireError {
            return .failure(error)
        } catch {
            return .failure(.transportFailed(error))
        }
    }
}
