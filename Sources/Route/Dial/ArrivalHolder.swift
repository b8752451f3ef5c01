import NIOCore
import Synchronization

/// Holds back what arrives on a channel until somebody reads from it.
///
/// A server may greet and hang up before the driver has added its handlers. NIO reads a socket to its end as soon as
/// the peer closes it, also where nobody asked to read, and drops what no handler takes: the greeting that says why
/// the server hung up would be lost. The holder keeps it, and keeps the channel open by allowing half-closure until
/// the first read; from then on it is transparent.
///
/// A channel that carries it must have been made with the options `autoRead` false and `allowRemoteHalfClosure` true.
package final class ArrivalHolder: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private enum State {
        /// Nobody has read yet. Leads to `open` at the first read or when TLS takes what was held.
        case holding
        /// The same, and the peer will send no more.
        case ended
        /// Everything passes.
        case open
    }

    private var state = State.holding
    private var held: [ByteBuffer] = []
    private let witness: StreamWitness?

    /// - Parameter witness: is told what comes and what breaks the channel.
    init(witness: StreamWitness? = nil) { self.witness = witness }

    /// Puts a holder on a channel; for channel initialisers.
    package static func install(on channel: any Channel) -> EventLoopFuture<Void> {
        install(on: channel, witness: nil)
    }

    /// The same, and the witness is told what comes and what breaks the channel.
    static func install(on channel: any Channel, witness: StreamWitness?) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ArrivalHolder(witness: witness), position: .first)
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        witness?.heard()
        switch state {
        case .holding, .ended: held.append(unwrapInboundIn(data))
        case .open: context.fireChannelRead(data)
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if state == .open { context.fireChannelReadComplete() }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if state == .holding, case .inputClosed? = event as? ChannelEvent {
            state = .ended
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        witness?.broke(error)
        context.fireErrorCaught(error)
    }

    package func read(context: ChannelHandlerContext) {
        let ended = state == .ended
        for buffer in release(context.channel) { context.fireChannelRead(wrapInboundOut(buffer)) }
        if ended {
            context.fireChannelReadComplete()
            context.close(promise: nil)
        } else {
            context.read()
        }
    }

    /// Becomes transparent and hands over what was held.
    func release(_ channel: any Channel) -> [ByteBuffer] {
        guard state != .open else { return [] }
        state = .open
        // A channel without this option cannot have been half-closed: there is nothing to undo.
        try? channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
        defer { held = [] }
        return held
    }

    /// Whether the peer has ended the stream while nobody read.
    var hasEnded: Bool { state == .ended }
}

/// What a connection lived through, for those who only see that it is closed.
final class StreamWitness: Sendable {
    private let seen = Mutex<(heard: Bool, cause: (any Error)?)>((false, nil))

    /// Whether anything ever came from the other side.
    var hasHeard: Bool { seen.withLock { $0.heard } }
    /// The first error of the channel.
    var cause: (any Error)? { seen.withLock { $0.cause } }

    func heard() { seen.withLock { $0.heard = true } }

    func broke(_ error: any Error) { seen.withLock { $0.cause = $0.cause ?? error } }
}
