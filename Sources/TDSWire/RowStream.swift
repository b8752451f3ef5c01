import NIOCore

/// A request's rows as they arrive. Reading them drives the connection: while nobody reads, nothing is taken from the
/// channel beyond `Configuration.rowBufferSize` and what one read brings, and the server waits.
///
/// The rows can be read once. A stream that is dropped, or whose reading task is cancelled, gives the rest up: the server
/// is sent an attention, what it still has under way is thrown away, within `Configuration.maximumDrainSize`, and the
/// connection is free again, or closes.
public struct RowStream: Sendable {
    /// The first result's columns; nil for a request that gives none.
    public let columns: [TDSColumn]?

    let source: RowSource

    /// Reads the rows piece by piece.
    public struct Reader: Sendable {
        private let source: RowSource
        private var spans: ArraySlice<RowSpan> = []
        private var isFinished = false

        init(source: RowSource) { self.source = source }

        /// Rows that are there, at least one, as the bytes in which they came; nil after the last.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(TDSWireError) -> RowSpan? {
            if let span = spans.popFirst() { return span }
            if isFinished { return nil }
            do {
                spans = try await source.next()[...]
            } catch {
                isFinished = true
                throw error
            }
            isFinished = spans.isEmpty
            return spans.popFirst()
        }
    }

    /// A reader of the rows that are left.
    public func makeReader() -> Reader { Reader(source: source) }

    /// Gives up what was not read. Returns at once.
    public func giveUp() { source.abandon() }

    /// Gives up what was not read, and returns when the server has ended the request.
    ///
    /// - Throws: what the request failed with although nobody wants its rows any more, such as
    ///   ``TDSWireError/transactionEnded``; ``TDSWireError/cancelled`` where it was ended before it was done.
    public func end() async throws(TDSWireError) { try await source.end() }
}

/// The reader's end of a `RowDelivery`; the last one to let go of it gives up the rows that are left.
final class RowSource: Sendable {
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<TDSChannelHandler>
    private let delivery: NIOLoopBoundBox<RowDelivery?>

    init(eventLoop: any EventLoop, handler: NIOLoopBound<TDSChannelHandler>) {
        self.eventLoop = eventLoop
        self.handler = handler
        delivery = NIOLoopBoundBox.makeEmptyBox(eventLoop: eventLoop)
    }

    deinit { abandon() }

    /// Sends the request; returns when its columns are known.
    func start(_ request: Request, reset: Bool) async throws(TDSWireError) -> [TDSColumn]? {
        try await cancellable { [eventLoop, handler, delivery] in
            eventLoop.flatSubmit {
                let rows = RowDelivery(eventLoop: eventLoop)
                delivery.value = rows
                handler.value.submit(request, reset: reset, rows)
                return rows.columnsKnown
            }
        }
    }

    /// The rows that are there, at least one; none after the last.
    func next() async throws(TDSWireError) -> [RowSpan] {
        try await cancellable { [eventLoop, handler, delivery] in
            eventLoop.flatSubmit {
                guard let rows = delivery.value else { return eventLoop.makeSucceededFuture([]) }
                defer { handler.value.resumeReading() }
                return rows.next(on: eventLoop)
            }
        }
    }

    /// Gives up the rows that are left.
    func abandon() {
        eventLoop.execute { [handler, delivery] in
            if let rows = delivery.value { handler.value.abandon(rows) }
        }
    }

    /// Gives up the rows that are left, and waits until the request is over.
    func end() async throws(TDSWireError) {
        do {
            try await withTaskCancellationHandler { [eventLoop, handler, delivery] in
                let future = eventLoop.flatSubmit {
                    guard let rows = delivery.value else { return eventLoop.makeSucceededVoidFuture() }
                    handler.value.abandon(rows)
                    return rows.ended(on: eventLoop)
                }
                // A cancellation that came before found nobody waiting.
                if Task.isCancelled { stopWaiting() }
                try await future.get()
            } onCancel: {
                stopWaiting()
            }
        } catch {
            throw TDSWireError(error)
        }
    }

    private func stopWaiting() { eventLoop.execute { [delivery] in delivery.value?.stopWaiting() } }

    /// Awaits what `begin` starts; if the task is cancelled the request is given up.
    private func cancellable<Value: Sendable>(
        _ begin: @Sendable () -> EventLoopFuture<Value>
    ) async throws(TDSWireError) -> Value {
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
            throw TDSWireError(error)
        }
    }
}
