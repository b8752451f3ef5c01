import Crypto
import Foundation
import Logging
import NIOCore
import NIOPosix
import SourceModel
import Testing

@testable import Route

/// Sends back what it gets.
final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.write(data, promise: nil) }
    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

extension SSHSessions {
    /// Quiet sessions with short times.
    static func make(_ change: (inout SSHTuning) -> Void = { _ in }) -> SSHSessions {
        var tuning = SSHTuning()
        change(&tuning)
        return SSHSessions(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, tuning: tuning)
    }

    /// A channel to a port of the loopback.
    func reach(
        _ port: Int, host: String = "127.0.0.1", through bastion: Bastion, passage: Passage = .forwarded,
        journal: StageJournal = StageJournal()
    ) async throws -> SSHPassage {
        try await channel(
            to: Endpoint(host: host, port: port), through: bastion, passage: passage,
            on: MultiThreadedEventLoopGroup.singleton.next(), journal: journal
        ) { () async throws(SourceFailure) in
            journal.enter(.resolve)
            journal.pass("127.0.0.1")
            return [IPAddress.v4(0x7F00_0001).socketAddress(port: bastion.port)]
        }
    }

    /// The failure of a way that must not open.
    func refusal(
        _ port: Int, host: String = "127.0.0.1", through bastion: Bastion, passage: Passage = .forwarded,
        journal: StageJournal = StageJournal()
    ) async -> SourceFailure? {
        do {
            let way = try await reach(port, host: host, through: bastion, passage: passage, journal: journal)
            try? await way.channel.close()
            return nil
        } catch {
            return error as? SourceFailure
        }
    }

    /// Runs a body and ends the sessions after it.
    static func with<Result>(
        _ change: (inout SSHTuning) -> Void = { _ in }, _ body: (SSHSessions) async throws -> Result
    ) async throws -> Result {
        let sessions = make(change)
        do {
            let result = try await body(sessions)
            await sessions.shutdown()
            return result
        } catch {
            await sessions.shutdown()
            throw error
        }
    }
}

/// Sends bytes and checks that the same come back.
enum RoundTrip {
    /// The SHA-256 of what was sent and of what came back.
    static func run(_ channel: any Channel, bytes count: Int) async throws -> Bool {
        let returned = channel.eventLoop.makePromise(of: SHA256.Digest.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Digester(expected: count, returned))
        }.get()
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
        var sent = SHA256()
        var left = count
        var seed = UInt64(truncatingIfNeeded: ObjectIdentifier(channel).hashValue)
        while left > 0 {
            var buffer = channel.allocator.buffer(capacity: min(left, 65536))
            while buffer.readableBytes < min(left, 65536) {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                buffer.writeInteger(seed)
            }
            let part = buffer.readSlice(length: min(left, 65536)) ?? buffer
            sent.update(data: Data(part.readableBytesView))
            left -= part.readableBytes
            try await channel.writeAndFlush(part)
        }
        return try await returned.futureResult.get() == sent.finalize()
    }

    private final class Digester: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var digest = SHA256()
        private var left: Int
        private var promise: EventLoopPromise<SHA256.Digest>?

        init(expected: Int, _ promise: EventLoopPromise<SHA256.Digest>) {
            left = expected
            self.promise = promise
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            digest.update(data: Data(buffer.readableBytesView))
            left -= buffer.readableBytes
            if left <= 0 {
                promise?.succeed(digest.finalize())
                promise = nil
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise?.fail(ChannelError.eof)
            promise = nil
        }
    }
}
