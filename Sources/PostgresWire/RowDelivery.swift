import NIOCore

/// One query's rows on their way from the channel to whoever reads them. Lives on the event loop.
final class RowDelivery {
    private let started: EventLoopPromise<[PostgresColumn]>
    private var isStarted = false
    private var columns: [PostgresColumn] = []
    private var pending: [RowSpan] = []
    private(set) var pendingBytes = 0
    private var demand: EventLoopPromise<[RowSpan]>?
    private var outcome: Result<Void, PostgresWireError>?
    private(set) var isAbandoned = false
    /// What a prepared statement takes.
    var parameterTypes: [UInt32] = []
    /// Whether a prepared statement gives rows.
    private(set) var givesRows = true
    /// The last statement's command tag.
    var commandTag: String?

    init(eventLoop: any EventLoop) { started = eventLoop.makePromise() }

    /// Completes with the first result's columns; fails if the query fails before they are known.
    var columnsKnown: EventLoopFuture<[PostgresColumn]> { started.futureResult }

    func describe(_ columns: [PostgresColumn]) {
        self.columns = columns
        start(.success(columns))
    }

    func describeNoRows() {
        givesRows = false
        start(.success([]))
    }

    func append(_ rows: RowSpan) {
        pending.append(rows)
        // A span of the smallest size costs this much in memory.
        pendingBytes += rows.messages.readableBytes + MemoryLayout<RowSpan>.stride
    }

    /// The query is over.
    func finish(_ result: Result<Void, PostgresWireError>) {
        guard outcome == nil else { return }
        outcome = result
        start(result.map { columns })
        deliver()
    }

    /// The reader wants rows: at least one, or none where the query is over.
    func next(on eventLoop: any EventLoop) -> EventLoopFuture<[RowSpan]> {
        let promise = eventLoop.makePromise(of: [RowSpan].self)
        guard demand == nil, !isAbandoned else {
            promise.fail(isAbandoned ? PostgresWireError.cancelled : .busy)
            return promise.futureResult
        }
        demand = promise
        deliver()
        return promise.futureResult
    }

    /// Hands out what is there, if somebody waits for it.
    func deliver() {
        guard let waiting = demand else { return }
        if !pending.isEmpty {
            demand = nil
            let rows = pending
            pending = []
            pendingBytes = 0
            waiting.succeed(rows)
        } else if let outcome {
            demand = nil
            switch outcome {
            case .success: waiting.succeed([])
            case .failure(let error): waiting.fail(error)
            }
        }
    }

    /// Nobody wants the rows any more.
    func abandon() {
        isAbandoned = true
        pending = []
        pendingBytes = 0
        start(.failure(.cancelled))
        demand?.fail(PostgresWireError.cancelled)
        demand = nil
    }

    private func start(_ result: Result<[PostgresColumn], PostgresWireError>) {
        guard !isStarted else { return }
        isStarted = true
        switch result {
        case .success(let columns): started.succeed(columns)
        case .failure(let error): started.fail(error)
        }
    }
}
