import NIOCore

/// A session with SQL Server, or one that speaks its protocol (TDS 7.4 and 8.0), on a channel that somebody else has
/// connected. One request runs at a time.
public final class TDSConnection: Sendable {
    /// The channel below.
    public let channel: any Channel

    private let handler: NIOLoopBound<TDSChannelHandler>
    private let facts: SharedFacts
    private let configuration: Configuration

    private init(
        channel: any Channel, handler: NIOLoopBound<TDSChannelHandler>, facts: SharedFacts,
        configuration: Configuration
    ) {
        self.channel = channel
        self.handler = handler
        self.facts = facts
        self.configuration = configuration
    }

    // MARK: Opening

    /// Logs in on a connected channel of which nothing has been read, and switches its reading on.
    ///
    /// `authenticating` is called once, on the event loop, when TLS is up, as far as there is any, and the login begins.
    /// If this throws, or its task is cancelled, the channel is closed.
    ///
    /// - Throws: ``TDSWireError/routed(_:)`` where the server sends this client elsewhere, besides everything that can go
    ///   wrong.
    public static func open(
        on channel: any Channel, configuration: Configuration, authenticating: (@Sendable () -> Void)? = nil
    ) async throws(TDSWireError) -> TDSConnection {
        let facts = SharedFacts()
        do {
            let handler = try await withTaskCancellationHandler {
                () async throws -> NIOLoopBound<TDSChannelHandler> in
                try Task.checkCancellation()
                let plan = try configuration.plan()
                let settings = TDSChannelHandler.Settings(
                    upgrade: configuration.upgrade, rowBufferSize: configuration.rowBufferSize,
                    authenticating: authenticating)
                return try await open(on: channel, plan, settings, facts)
            } onCancel: {
                channel.close(promise: nil)
            }
            return TDSConnection(channel: channel, handler: handler, facts: facts, configuration: configuration)
        } catch {
            channel.close(promise: nil)
            throw Task.isCancelled ? .cancelled : TDSWireError(error)
        }
    }

    private static func open(
        on channel: any Channel, _ plan: ConnectionStateMachine.Plan, _ settings: TDSChannelHandler.Settings,
        _ facts: SharedFacts
    ) async throws -> NIOLoopBound<TDSChannelHandler> {
        let eventLoop = channel.eventLoop
        return try await eventLoop.flatSubmit { () -> EventLoopFuture<NIOLoopBound<TDSChannelHandler>> in
            let handler = TDSChannelHandler(plan: plan, settings: settings, facts: facts)
            let bound = NIOLoopBound(handler, eventLoop: eventLoop)
            do {
                try channel.pipeline.syncOperations.addHandler(handler)
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
            let opened = handler.open(on: eventLoop)
            channel.setOption(.autoRead, value: true).whenFailure { channel.pipeline.fireErrorCaught($0) }
            // The option alone asks the socket, not the handlers that may hold back what arrived before.
            channel.read()
            return opened.map { bound }
        }.get()
    }

    // MARK: What is known

    /// The server's version, as it tells it in the login.
    public var serverVersion: TDSVersionNumber? { facts.current.version }

    /// The server's name for its product, such as `Microsoft SQL Server`.
    public var program: String { facts.current.program }

    /// The database that the session is in.
    public var database: String { facts.current.database }

    /// Whether the login went over the network without TLS: its password is only disguised then.
    public var sentLoginInClear: Bool { facts.current.sentLoginInClear }

    /// How often the server has put the session back to what it was after its login.
    public var resets: Int { facts.current.resets }

    /// The last error that ended the session or came while nothing ran.
    public var lastServerError: TDSServerMessage? { facts.current.lastError }

    /// Completes when the channel is closed, by whomever.
    public var onClose: EventLoopFuture<Void> { channel.closeFuture }

    // MARK: Requests

    /// Runs a batch and collects the rows of its first result as text, within `Configuration.maximumCollectedSize`.
    ///
    /// - Parameter reset: whether the server is to put the session back to what it was after its login before it runs
    ///   the batch: settings, temporary tables. An open transaction is to be ended before: the batch would name it, and
    ///   the server does not know it any more.
    @discardableResult
    public func batch(_ sql: String, reset: Bool = false) async throws(TDSWireError) -> [[String?]] {
        try await collect(try await run(.batch(sql), reset: reset))
    }

    /// Rolls back the transaction that is open, if there is one.
    public func rollBack() async throws(TDSWireError) { _ = try await collect(try await run(.rollback, reset: false)) }

    /// Runs a statement with parameters by `sp_executesql` and collects the rows of its first result as text, within
    /// `Configuration.maximumCollectedSize`.
    public func rows(
        of sql: String, _ parameters: [TDSParameter] = []
    ) async throws(TDSWireError) -> [[String?]] {
        try await collect(try await execute(sql, parameters))
    }

    /// Runs a statement with parameters by `sp_executesql` and streams the rows of its first result.
    public func execute(
        _ sql: String, _ parameters: [TDSParameter] = []
    ) async throws(TDSWireError) -> RowStream {
        // A procedure takes 2,100 parameters; two are its own.
        guard parameters.count <= 2098 else { throw .invalidArgument("A statement takes at most 2098 parameters.") }
        var arguments = [TDSParameter("", .text(sql))]
        if !parameters.isEmpty { arguments.append(TDSParameter("", .text(parameters.declarations))) }
        return try await run(.call(.executeSQL, arguments + parameters), reset: false)
    }

    /// The bytes of a request at most: SQL Server takes a batch of 65,536 packets.
    private static let maximumRequest = 128 << 20

    private func run(_ request: Request, reset: Bool) async throws(TDSWireError) -> RowStream {
        guard !Task.isCancelled else { throw .cancelled }
        guard request.size <= Self.maximumRequest else {
            throw .messageTooLarge(size: request.size, limit: Self.maximumRequest)
        }
        let source = RowSource(eventLoop: channel.eventLoop, handler: handler)
        return RowStream(columns: try await source.start(request, reset: reset), source: source)
    }

    private func collect(_ stream: RowStream) async throws(TDSWireError) -> [[String?]] {
        var rows: [[String?]] = []
        var size = 0
        var reader = stream.makeReader()
        var text = TDSText()
        let types = (stream.columns ?? []).map(\.type)
        while let span = try await reader.next() {
            size += span.tokens.readableBytes
            guard size <= configuration.maximumCollectedSize else {
                throw .resultTooLarge(limit: configuration.maximumCollectedSize)
            }
            var row: [String?] = []
            span.walk(
                rowBegan: { row = [] },
                value: { column, bytes in
                    row.append(
                        bytes.map {
                            text.read($0, as: types[column])
                            return String(decoding: text.utf8, as: UTF8.self)
                        })
                },
                rowEnded: {
                    rows.append(row)
                    return true
                })
        }
        return rows
    }

    // MARK: Closing

    /// Closes the channel; returns when it is closed. A request that runs fails.
    public func close() async {
        channel.eventLoop.execute { [handler] in handler.value.close() }
        try? await channel.closeFuture.get()
    }
}

extension Request {
    /// Bytes of the message, at most.
    fileprivate var size: Int {
        switch self {
        case .batch(let text): 22 + text.utf8.count * 2
        case .rollback: 128
        case .call(_, let parameters):
            parameters.reduce(64) { size, parameter in
                if case .text(let text) = parameter.value { size + text.utf8.count * 2 + 128 } else { size + 128 }
            }
        }
    }
}
