import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A peer that misbehaves, in this process and on a free port of the loopback.
package final class FaultyServer: Sendable {
    /// What it does to whoever connects.
    package enum Behaviour: Sendable {
        /// Takes the connection and never says a word.
        case silent
        /// Resets the connection at once.
        case reset
        /// Closes the connection at once.
        case close
        /// Says this and then waits: a banner, a greeting, an error of another protocol, garbage.
        case says([UInt8])
        /// Says this, one byte at each interval.
        case trickles([UInt8], every: Duration)
        /// Sends without end, as fast as the other side reads, this again and again.
        case floods([UInt8])
        /// Closes once it has received so many bytes, after saying this.
        case closes(afterReceiving: Int, saying: [UInt8] = [])
        /// Answers the n-th piece of input with the n-th answer, then is silent.
        case answers([[UInt8]])
    }

    /// Its port on 127.0.0.1.
    package let port: Int
    private let channel: any Channel
    private let guests: Guests

    private init(channel: any Channel, guests: Guests) throws {
        guard let port = channel.localAddress?.port else { throw TestbedError("A listening socket has no port.") }
        self.port = port
        self.channel = channel
        self.guests = guests
    }

    /// Starts one.
    package static func start(_ behaviour: Behaviour) async throws -> FaultyServer {
        let guests = Guests()
        let port = try FreePort.next()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { child in
                guests.entered(child)
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(Misbehaviour(behaviour, guests: guests))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return try FaultyServer(channel: channel, guests: guests)
    }

    /// Ends it with all its connections.
    package func stop() async {
        try? await channel.close()
        await guests.leave()
    }

    /// The connections that are open now.
    package var connections: Int { guests.count }
    /// The connections that were ever taken.
    package var accepted: Int { guests.everCount }
    /// Everything that clients sent, in the order in which it arrived.
    package var received: [UInt8] { guests.received }
}

/// The open connections of a listening socket.
final class Guests: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var ever = 0
        var received: [UInt8] = []
    }

    private let state = NIOLockedValueBox(State())

    var count: Int { state.withLockedValue { $0.open.count } }
    var everCount: Int { state.withLockedValue { $0.ever } }
    var received: [UInt8] { state.withLockedValue { $0.received } }

    func entered(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLockedValue { state in
            state.open[id] = channel
            state.ever += 1
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLockedValue { _ = $0.open.removeValue(forKey: id) }
        }
    }

    func heard(_ bytes: ByteBuffer) {
        // Bounded: a flooding client must not fill the memory of the tests.
        state.withLockedValue { state in
            if state.received.count < 1 << 20 { state.received += bytes.readableBytesView }
        }
    }

    /// Resets every open connection.
    func cut() {
        for channel in state.withLockedValue({ Array($0.open.values) }) { Reset.now(channel) }
    }

    /// Closes every open connection.
    func leave() async {
        for channel in state.withLockedValue({ Array($0.open.values) }) { try? await channel.close() }
    }
}

/// Closing with a RST instead of a FIN.
enum Reset {
    static func now(_ channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else {
            channel.close(promise: nil)
            return
        }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }
}

private final class Misbehaviour: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let behaviour: FaultyServer.Behaviour
    private let guests: Guests
    private var heard = 0
    private var turn = 0
    private var floods = false

    init(_ behaviour: FaultyServer.Behaviour, guests: Guests) {
        self.behaviour = behaviour
        self.guests = guests
    }

    func channelActive(context: ChannelHandlerContext) {
        switch behaviour {
        case .silent, .answers, .closes: break
        case .reset: Reset.now(context.channel)
        case .close: context.close(promise: nil)
        case .says(let bytes): say(bytes, context)
        case .trickles(let bytes, let interval): trickle(bytes[...], TimeAmount(interval), context)
        case .floods(let bytes):
            floods = true
            flood(bytes, context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        heard += bytes.readableBytes
        guests.heard(bytes)
        switch behaviour {
        case .closes(let limit, let words) where heard >= limit:
            say(words, context)
            context.close(promise: nil)
        case .answers(let answers) where turn < answers.count:
            say(answers[turn], context)
            turn += 1
        case .silent, .reset, .close, .says, .trickles, .floods, .closes, .answers: break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .floods(let bytes) = behaviour { flood(bytes, context) }
    }

    func channelInactive(context: ChannelHandlerContext) { floods = false }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func say(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func trickle(_ bytes: ArraySlice<UInt8>, _ interval: TimeAmount, _ context: ChannelHandlerContext) {
        guard let first = bytes.first, context.channel.isActive else { return }
        say([first], context)
        context.eventLoop.assumeIsolated().scheduleTask(in: interval) {
            self.trickle(bytes.dropFirst(), interval, context)
        }
    }

    private func flood(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard floods, context.channel.isWritable else { return }
        let piece = Array(repeatElement(bytes, count: max(1, 16_384 / max(1, bytes.count))).joined())
        while floods, context.channel.isWritable { say(piece, context) }
    }
}
