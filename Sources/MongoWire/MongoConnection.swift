import NIOCore
import SCRAM
import Synchronization

/// A session with a MongoDB server of version 3.6 or later, or with what speaks its protocol, on a channel that somebody
/// else has connected. One command runs at a time.
public final class MongoConnection: Sendable {
    /// The channel below.
    public let channel: any Channel
    /// What the server said of itself.
    public let server: ServerDescription

    private let handler: NIOLoopBound<MongoChannelHandler>
    private let tickets = Atomic<UInt64>(0)

    private init(channel: any Channel, handler: NIOLoopBound<MongoChannelHandler>, server: ServerDescription) {
        self.channel = channel
        self.handler = handler
        self.server = server
    }

    // MARK: Opening

    /// Greets, and logs in where the configuration says so, on a connected channel of which nothing has been read, and
    /// switches its reading on.
    ///
    /// `authenticating` is called once, on the event loop, when TLS (if configured) is up and the login begins. If
    /// this throws, or its task is cancelled, the channel is closed.
    public static func open(
        on channel: any Channel, configuration: Configuration, authenticating: (@Sendable () -> Void)? = nil
    ) async throws(MongoWireError) -> MongoConnection {
        do {
            return try await withTaskCancellationHandler {
                try Task.checkCancellation()
                return try await connection(on: channel, configuration, authenticating)
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            channel.close(promise: nil)
            throw Task.isCancelled ? .cancelled : MongoWireError(error)
        }
    }

    private typealias Opening = (NIOLoopBound<MongoChannelHandler>, MongoChannelHandler.OpeningStep)

    private static func connection(
        on channel: any Channel, _ configuration: Configuration, _ authenticating: (@Sendable () -> Void)?
    ) async throws -> MongoConnection {
        let plan = try configuration.plan(nonce: makeNonce())
        let eventLoop = channel.eventLoop
        let settings = MongoChannelHandler.Settings(upgrade: configuration.upgrade, authenticating: authenticating)
        var future = eventLoop.flatSubmit { () -> EventLoopFuture<Opening> in
            let handler = MongoChannelHandler(plan: plan, settings: settings)
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
            case .opened(let server): return MongoConnection(channel: channel, handler: handler, server: server)
            case .derive(let request):
                // Here, off the event loop, the work delays nobody else.
                let salted: SecretBytes
                do throws(AuthenticationFailure) {
                    salted = try request.derive()
                } catch {
                    throw MongoWireError.authenticationFailed(error)
                }
                future = eventLoop.flatSubmit {
                    handler.value.saltedPasswordDerived(salted, on: eventLoop).map { (handler, $0) }
                }
            }
        }
    }

    /// 24 random letters of Base64, as RFC 5802 asks: printable and without a comma.
    private static func makeNonce() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var generator = SystemRandomNumberGenerator()
        return String((0..<24).map { _ in alphabet[Int.random(in: 0..<64, using: &generator)] })
    }

    // MARK: Commands

    /// Runs one command and gives its answer. A task that is cancelled returns at once; the answer is thrown away when
    /// it comes, and until then the connection is `busy`.
    ///
    /// - Parameters:
    ///   - command: its first element names the command; `$db` is added.
    ///   - database: the database that it is about.
    /// - Throws: `server` where the server refuses it, `invalidArgument` where it cannot be sent, and what ends the
    ///   connection.
    public func run(_ command: BSONDocument, on database: String) async throws(MongoWireError) -> BSONDocument {
        guard !database.isEmpty, !database.utf8.contains(0) else {
            throw .invalidArgument("The database's name is empty or contains a NUL character.")
        }
        let document = command.adding(("$db", .string(database)))
        let limit = min(BSONLimits.documentSize, server.maximumMessageSize)
        guard document.bytes.readableBytes <= limit else {
            throw .invalidArgument("The command has \(document.bytes.readableBytes) bytes; \(limit) can be sent.")
        }
        let reply = try await submit(document)
        if let refusal = MongoServerError(reply: reply) { throw .server(refusal) }
        return reply
    }

    private func submit(_ command: BSONDocument) async throws(MongoWireError) -> BSONDocument {
        guard !Task.isCancelled else { throw .cancelled }
        let ticket = tickets.wrappingAdd(1, ordering: .relaxed).newValue
        let eventLoop = channel.eventLoop
        // Submitted before anybody can give it up: the loop would find nothing to abandon otherwise.
        let reply = eventLoop.flatSubmit { [handler] in
            handler.value.submit(command, ticket: ticket, on: eventLoop)
        }
        do {
            return try await withTaskCancellationHandler {
                try await reply.get()
            } onCancel: {
                eventLoop.execute { [handler] in handler.value.abandon(ticket) }
            }
        } catch {
            throw MongoWireError(error)
        }
    }

    /// Whether the answer to a command is awaited, wanted or not.
    public var isRunning: Bool {
        get async {
            // A loop that has ended runs nothing any more.
            (try? await channel.eventLoop.submit { [handler] in handler.value.isRunning }.get()) ?? false
        }
    }

    /// Returns when no answer is awaited any more, or the connection is closed.
    public func settled() async {
        let eventLoop = channel.eventLoop
        try? await eventLoop.flatSubmit { [handler] in handler.value.settled(on: eventLoop) }.get()
    }

    // MARK: Closing

    /// Completes when the channel is closed, by whomever.
    public var onClose: EventLoopFuture<Void> { channel.closeFuture }

    /// Closes the channel; returns when it is closed. A command that runs fails.
    public func close() async {
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }
}
