import NIOCore

/// One request's rows on their way from the channel to whoever reads them. Lives on the event loop.
final class RowDelivery {
    private let started: EventLoopPromise<[TDSColumn]?>
    private var isStarted = false
    private var pending: [RowSpan] = []
    private(set) var pendingBytes = 0
    private var demand: EventLoopPromise<[RowSpan]>?
    private var outcome: Result<Void, TDSWireError>?
    private var ending: EventLoopPromise<Void>?
    private(set) var isAbandoned = false

    init(eventLoop: any EventLoop) { started = eventLoop.makePromise() }

    /// Completes with the first result's columns, or with nil where there is no result; fails if the request fails before
    /// that is known.
    var columnsKnown: EventLoopFuture<[TDSColumn]?> { started.futureResult }

    func describe(_ columns: [TDSColumn]) { start(.success(columns)) }

    func append(_ rows: RowSpan) {
        pending.append(rows)
        // A span of the smallest size costs this much in memory.
        pendingBytes += rows.tokens.readableBytes + MemoryLayout<RowSpan>.stride
    }

    /// The request is over.
    func finish(_ result: Result<Void, TDSWireError>) {
        guard outcome == nil else { return }
        outcome = result
        start(result.map { nil })
        deliver()
        ending?.completeWith(result.mapError { $0 as any Error })
        ending = nil
    }

    /// Completes when the request is over, given up or not; fails as the request does.
    func ended(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = ending ?? eventLoop.makePromise()
        if let outcome {
            promise.completeWith(outcome.mapError { $0 as any Error })
        } else {
            ending = promise
        }
        return promise.futureResult
    }

    /// Nobody waits any more for the request to be over.
    func stopWaiting() {
        ending?.fail(TDSWireError.cancelled)
        ending = nil
    }

    /// The reader wants rows: at least one, or none where the request is over.
    func next(on eventLoop: any EventLoop) -> EventLoopFuture<[RowSpan]> {
        let promise = eventLoop.makePromise(of: [RowSpan].self)
        guard demand == nil, !isAbandoned else {
            promise.fail(isAbandoned ? TDSWireError.cancelled : .busy)
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
        demand?.fail(TDSWireError.cancelled)
        demand = nil
    }

    private func start(_ result: Result<[TDSColumn]?, TDSWireError>) {
        guard !isStarted else { return }
        isStarted = true
        switch result {
        case .success(let columns): started.succeed(columns)
        case .failure(let error): started.fail(error)
        }
    }
}
