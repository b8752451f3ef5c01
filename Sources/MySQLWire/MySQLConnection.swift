import NIOCore

/// A logged-in connection to a MySQL or MariaDB server on a channel that somebody else made.
///
/// It does one thing at a time: further calls wait, except that a call made while a ``RowStream`` is still being read
/// fails with ``MySQLWireError/rowsOutstanding``. To end a long statement, run `KILL QUERY` with the ``connectionID`` on
/// another connection; a cancelled call returns at once and the connection throws away what still comes.
public final class MySQLConnection: Sendable {
    private let channel: any Channel
    let handler: NIOLoopBound<MySQLChannelHandler>
    private let maximumSimpleResult: Int

    /// The server's version without MariaDB's prefix for replicas, such as `10.11.6-MariaDB` or `8.4.2`.
    public let serverVersion: String
    /// Which of the two families answered.
    public let flavour: ServerFlavour
    /// The server's number of this connection, for `KILL QUERY`.
    public let connectionID: UInt32

    private init(channel: any Channel, opened: MySQLChannelHandler.Opened, maximumSimpleResult: Int) {
        self.channel = channel
        self.handler = opened.handler
        self.maximumSimpleResult = maximumSimpleResult
        self.serverVersion = opened.greeting.version
        self.flavour = opened.greeting.flavour
        self.connectionID = opened.greeting.connectionID
    }

    /// Completes when the channel is closed, whoever closed it.
    public var onClose: EventLoopFuture<Void> { channel.closeFuture }

    /// Logs in on a connected channel from which nothing was read yet, and switches its reading on.
    ///
    /// The channel belongs to the connection from here on: a failure or the task's cancellation closes it.
    ///
    /// - Parameter authenticating: called once on the event loop, after the greeting and the TLS upgrade and right
    ///   before the login is sent.
    public static func open(
        on channel: any Channel, configuration: Configuration, authenticating: (@Sendable () -> Void)? = nil
    ) async throws(MySQLWireError) -> MySQLConnection {
        for (name, value) in [("username", configuration.username), ("database", configuration.database ?? "")]
        where value.utf8.contains(0) {
            channel.close(promise: nil)
            throw .invalidArgument(name)
        }
        let eventLoop = channel.eventLoop
        let opening = eventLoop.makePromise(of: MySQLChannelHandler.Opened.self)
        let box = NIOLoopBoundBox.makeEmptyBox(valueType: MySQLChannelHandler.self, eventLoop: eventLoop)
        eventLoop.execute {
            let handler = MySQLChannelHandler(
                configuration: configuration, opening: opening, authenticating: authenticating)
            box.value = handler
            do {
                try channel.pipeline.syncOperations.addHandler(handler)
                if channel.isActive { try channel.syncOptions?.setOption(.autoRead, value: true) }
                // The option alone asks the socket, not the handlers that may hold back what arrived before.
                channel.read()
            } catch {
                handler.cancel()
                channel.close(promise: nil)
            }
        }
        let outcome = await withTaskCancellationHandler {
            await opening.futureResult.outcome()
        } onCancel: {
            eventLoop.execute { box.value?.cancel() }
        }
        let opened = try outcome.get()
        return MySQLConnection(
            channel: channel, opened: opened, maximumSimpleResult: configuration.maximumSimpleResult)
    }

    /// Runs one statement and gives all its rows as text, nil for NULL. For small results:
    /// ``Configuration/maximumSimpleResult`` bounds it.
    public func simpleQuery(_ sql: String) async throws(MySQLWireError) -> [[String?]] {
        var result: [[String?]] = []
        var bytes = 0
        for try await row in try await query(sql) {
            bytes += row.payload.readableBytes
            guard bytes <= maximumSimpleResult else { throw .resultTooLarge(limit: maximumSimpleResult) }
            result.append(try row.texts())
        }
        return result
    }

    /// Runs one statement; its rows come in the text protocol.
    public func query(_ sql: String) async throws(MySQLWireError) -> RowStream {
        try await stream(.query(sql))
    }

    /// Prepares a statement, runs it with the parameters and closes it; its rows come in the binary protocol.
    ///
    /// - Parameter forRowsOnly: whether a statement that the server describes without rows, or as maintenance of tables,
    ///   is not executed; then this throws ``MySQLWireError/notExecuted(_:)``.
    public func execute(
        _ sql: String, _ parameters: [MySQLParameter] = [], forRowsOnly: Bool = false
    ) async throws(MySQLWireError) -> RowStream {
        try await stream(.execute(sql, parameters, forRowsOnly: forRowsOnly))
    }

    /// Asks the server for a sign of life.
    public func ping() async throws(MySQLWireError) {
        _ = try await ask(.ping)
    }

    /// Whether the server has not yet said its last word on a command, given up or not.
    public var isExecuting: Bool {
        get async {
            // A loop that has ended executes nothing any more.
            (try? await channel.eventLoop.submit { [handler] in handler.value.isExecuting }.get()) ?? false
        }
    }

    /// Puts the session back to how it was after the login: variables, temporary tables, transaction.
    public func reset() async throws(MySQLWireError) {
        _ = try await ask(.resetConnection)
    }

    /// Says goodbye and closes; returns when the channel is closed.
    public func close() async {
        channel.eventLoop.execute { [handler] in handler.value.close() }
        _ = await channel.closeFuture.outcome()
    }

    private func stream(_ request: Request) async throws(MySQLWireError) -> RowStream {
        let (id, response) = try await ask(request)
        let source = RowSource(id: id, response: response, handler: handler, eventLoop: channel.eventLoop)
        return RowStream(columns: response.columns, source: source)
    }

    private func ask(_ request: Request) async throws(MySQLWireError) -> (Int, MySQLChannelHandler.Response) {
        let eventLoop = channel.eventLoop
        let promise = eventLoop.makePromise(of: MySQLChannelHandler.Response.self)
        let number = NIOLoopBoundBox.makeEmptyBox(valueType: Int.self, eventLoop: eventLoop)
        let answered = eventLoop.makePromise(of: (Int, MySQLChannelHandler.Response).self)
        eventLoop.execute { [handler] in
            let id = handler.value.request(request, promise)
            number.value = id
            promise.futureResult.map { (id, $0) }.cascade(to: answered)
        }
        let outcome = await withTaskCancellationHandler {
            await answered.futureResult.outcome()
        } onCancel: {
            eventLoop.execute { [handler] in
                if let id = number.value { handler.value.abandon(id) }
            }
        }
        return try outcome.get()
    }
}
