import NIOConcurrencyHelpers
import NIOCore

/// The connections that are open, each with whether its caller has gone.
package final class Departures: Sendable {
    private let open = NIOLockedValueBox<[ObjectIdentifier: Departure]>([:])

    package init() {}

    /// A handler for a new connection's pipeline.
    package func makeHandler() -> any RemovableChannelHandler { DepartureHandler(departures: self) }

    func added(_ channel: any Channel) -> Departure {
        let departure = Departure()
        open.withLockedValue { $0[ObjectIdentifier(channel)] = departure }
        return departure
    }

    func removed(_ channel: any Channel) {
        open.withLockedValue { $0.removeValue(forKey: ObjectIdentifier(channel)) }?.happened()
    }

    /// Runs work that is cancelled when the caller of this connection goes away.
    func whilePresent<Value: Sendable>(
        on channel: any Channel, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        // A test that asks the router without a connection has none here.
        guard let departure = open.withLockedValue({ $0[ObjectIdentifier(channel)] }) else { return try await work() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await departure.wait()
                return nil
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let ended { return ended }
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}

/// Notices that the caller has gone, so that what was begun for them can be given up.
private final class DepartureHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let departures: Departures
    private var departure: Departure?

    init(departures: Departures) { self.departures = departures }

    func handlerAdded(context: ChannelHandlerContext) { departure = departures.added(context.channel) }

    func handlerRemoved(context: ChannelHandlerContext) { departures.removed(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.fireChannelRead(data) }

    func channelInactive(context: ChannelHandlerContext) {
        departures.removed(context.channel)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { departure?.happened() }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Whether a connection's caller has gone.
final class Departure: Sendable {
    private struct State {
        var gone = false
        var next = 0
        var waiting: [Int: AsyncStream<Never>.Continuation] = [:]
    }

    private let state = NIOLockedValueBox(State())

    func happened() {
        let waiting = state.withLockedValue { state in
            state.gone = true
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Returns when the caller has gone or the task is cancelled.
    func wait() async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let id = state.withLockedValue { state -> Int? in
            guard !state.gone else { return nil }
            state.next += 1
            state.waiting[state.next] = continuation
            return state.next
        }
        guard let id else { return }
        for await _ in stream {}
        state.withLockedValue { _ = $0.waiting.removeValue(forKey: id) }
    }
}
