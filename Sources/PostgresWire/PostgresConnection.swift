import NIOCore
import SCRAM

/// A session with a PostgreSQL server, or one that speaks its protocol (version 3.0), on a channel that somebody else
/// has connected. One query runs at a time.
public final class PostgresConnection: Sendable {
    /// The channel below.
    public let channel: any Channel

    private let handler: NIOLoopBound<PostgresChannelHandler>
    private let facts: SharedFacts
    private let configuration: Configuration

    private init(
        channel: any Channel, handler: NIOLoopBound<PostgresChannelHandler>, facts: SharedFacts,
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
    /// `authenticating` is called once, on the event loop, when TLS (if configured) is up and the login begins. If
    /// this throws, or its task is cancelled, the channel is closed.
    public static func open(
        on channel: any Channel, configuration: Configuration, authenticating: (@Sendable () -> Void)? = nil
    ) async throws(PostgresWireError) -> PostgresConnection {
        let facts = SharedFacts()
        do {
            let handler = try await withTaskCancellationHandler {
                () async throws -> NIOLoopBound<PostgresChannelHandler> in
                try Task.checkCancellation()
                let plan = try configuration.plan(nonce: Self.makeNonce())
                return try await open(
                    on: channel, plan: plan, configuration: configuration, facts: facts, authenticating: authenticating)
            } onCancel: {
                channel.close(promise: nil)
            }
            return PostgresConnection(channel: channel, handler: handler, facts: facts, configuration: configuration)
        } catch {
            channel.close(promise: nil)
            throw Task.isCancelled ? .cancelled : PostgresWireError(error)
        }
    }

    /// Asks the server, on a further connected channel, to cancel what the backend of `key` runs; closes the channel.
    ///
    /// Returns when the server has hung up, that is, has passed the request on. Whether it had an effect is seen on
    /// the connection whose query was to be cancelled.
    public static func cancel(
        _ key: BackendKey, on channel: any Channel, upgrade: TLSUpgrade? = nil
    ) async throws(PostgresWireError) {
        let configuration = Configuration(username: "", upgrade: upgrade)
        do {
            try await withTaskCancellationHandler { () async throws -> Void in
                try Task.checkCancellation()
                _ = try await open(
                    on: channel, plan: configuration.plan(for: .cancel(key)), configuration: configuration,
                    facts: SharedFacts(), authenticating: nil)
            } onCancel: {
                channel.close(promise: nil)
            }
            channel.close(promise: nil)
        } catch {
            channel.close(promise: nil)
            throw Task.isCancelled ? .cancelled : PostgresWireError(error)
        }
    }

    private typealias Opening = (NIOLoopBound<PostgresChannelHandler>, PostgresChannelHandler.OpeningStep)

    private static func open(
        on channel: any Channel, plan: ConnectionStateMachine.Plan, configuration: Configuration, facts: SharedFacts,
        authenticating: (@Sendable () -> Void)?
    ) async throws -> NIOLoopBound<PostgresChannelHandler> {
        let eventLoop = channel.eventLoop
        let settings = PostgresChannelHandler.Settings(
            upgrade: configuration.upgrade, rowBufferSize: configuration.rowBufferSize,
            authenticating: authenticating, onNotice: configuration.onNotice)
        var future = eventLoop.flatSubmit { () -> EventLoopFuture<Opening> in
            let handler = PostgresChannelHandler(plan: plan, settings: settings, facts: facts)
            let bound = NIOLoopBound(handler, eventLoop: eventLoop)
            do {
                try channel.pipeline.syncOperations.addHandler(handler)
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
            let step = handler.open(on: eventLoop)
            channel.setOption(.autoRead, value: true).whenFailure { channel.pipeline.fireErrorCaught($0) }
            // The option alone asks the socket, not the handlers that may hold back what arrived before.
            channel.read()
            return step.map { (bound, $0) }
        }
        while true {
            let (handler, step) = try await future.get()
            switch step {
            case .opened: return handler
            case .derive(let request):
                // Here, off the event loop, the work delays nobody else.
                let salted: SecretBytes
                do throws(AuthenticationFailure) {
                    salted = try request.derive()
                } catch {
                    throw PostgresWireError.authenticationFailed(error)
                }
                future = eventLoop.flatSubmit {
                    handler.value.saltedPasswordDerived(salted, on: eventLoop).map { (handler, $0) }
                }
            }
        }
    }

    /// 18 random bytes in Base64, as RFC 5802 asks: printable and without a comma.
    private static func makeNonce() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var generator = SystemRandomNumberGenerator()
        return String((0..<24).map { _ in alphabet[Int.random(in: 0..<64, using: &generator)] })
    }

    // MARK: What is known

    /// The session's parameters as the server reports them, such as `server_version`.
    public var parameters: [String: String] { facts.current.parameters }

    /// What names this session's backend when its query is to be cancelled; nil for servers that tell none.
    public var backendKey: BackendKey? { facts.current.backendKey }

    /// The process id of this session's backend.
    public var backendProcessID: Int32? { backendKey?.processID }

    /// Where the session stands between `BEGIN` and `COMMIT`, as of the last query's end.
    public var transactionStatus: TransactionStatus { facts.current.transactionStatus }

    /// Whether the server has not yet said its last word on a query, given up or not.
    public var isQuerying: Bool {
        get async {
            // A loop that has ended runs nothing any more.
            (try? await channel.eventLoop.submit { [handler] in handler.value.isQuerying }.get()) ?? false
        }
    }

    /// The last error that ended the session or came while no query ran, such as 57P01 of a server that stops.
    public var lastServerError: PostgresServerError? { facts.current.lastError }

    /// Whether the server asked for the password as it is, and got it; without TLS anybody on the way could read it.
    public var sentCleartextPassword: Bool { facts.current.sentCleartextPassword }

    /// Completes when the channel is closed, by whomever.
    public var onClose: EventLoopFuture<Void> { channel.closeFuture }

    // MARK: Queries

    /// Runs one statement with the extended protocol, in one round trip, and streams its rows.
    ///
    /// - Parameters:
    ///   - rowLimit: the server stops after so many rows; 0 is no limit.
    ///   - results: how the values are written.
    public func query(
        _ sql: String, _ parameters: [PostgresParameter] = [], rowLimit: Int32 = 0, results: PostgresFormat = .text
    ) async throws(PostgresWireError) -> RowStream {
        guard parameters.count <= Int(UInt16.max) else {
            throw .invalidArgument("A statement takes at most \(UInt16.max) parameters.")
        }
        guard rowLimit >= 0 else { throw .invalidArgument("The row limit is negative.") }
        try Self.check(sql, parameters)
        let messages: [FrontendMessage] = [
            .parse(name: "", sql, types: parameters.map(\.type)), .bind(statement: "", parameters, results: results),
            .describePortal, .execute(maximumRows: rowLimit), .sync,
        ]
        return try await run(QueryRequest(messages: messages, kind: .extended))
    }

    /// Runs one statement, or several with `;` between them, with the simple protocol, and collects the rows of all
    /// as text, within `Configuration.maximumSimpleResultSize`.
    @discardableResult
    public func simpleQuery(_ sql: String) async throws(PostgresWireError) -> [[String?]] {
        try Self.check(sql, [])
        let stream = try await run(QueryRequest(messages: [.query(sql)], kind: .simple))
        var rows: [[String?]] = []
        var size = 0
        for try await row in stream {
            size += row.byteCount
            guard size <= configuration.maximumSimpleResultSize else {
                throw .resultTooLarge(limit: configuration.maximumSimpleResultSize)
            }
            rows.append(row.strings())
        }
        return rows
    }

    func run(_ request: QueryRequest) async throws(PostgresWireError) -> RowStream {
        guard !Task.isCancelled else { throw .cancelled }
        let source = makeSource()
        return RowStream(columns: try await source.start(request), source: source)
    }

    func makeSource() -> RowSource { RowSource(eventLoop: channel.eventLoop, handler: handler) }

    static func check(_ sql: String, _ parameters: [PostgresParameter]) throws(PostgresWireError) {
        guard !sql.utf8.contains(0) else { throw .invalidArgument("The statement contains a NUL character.") }
        // A message's length is 32 bits; PostgreSQL takes 1 GiB at most.
        let size = parameters.reduce(sql.utf8.count) { $0 + ($1.bytes?.readableBytes ?? 0) + 8 }
        guard size < 1 << 30 else { throw .messageTooLarge(size: size, limit: 1 << 30) }
    }

    // MARK: Closing

    /// Says goodbye to the server and closes the channel; returns when it is closed. A query that runs fails.
    public func close() async {
        channel.eventLoop.execute { [handler] in handler.value.close() }
        try? await channel.closeFuture.get()
    }
}
