import Foundation
import NIOCore
import SourceModel
import Testbed
import Testing

@testable import Route

extension SSHTests {
    @Suite("Passages through a real OpenSSH server", .enabled(if: LocalSSHServer.isAvailable), .timeLimit(.minutes(3)))
    struct SSHForwardTests {
        @Test("A target that refuses is named with the server's words")
        func refusedTarget() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let closed = try FreePort.next()
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(closed, through: server.bastion())
                #expect(failure?.stage == .sshForward)
                #expect(failure?.code == .sshForwardFailed)
                #expect(
                    failure?.message
                        == "127.0.0.1:\(server.port) cannot connect to 127.0.0.1:\(closed): Connection refused.")
            }
        }

        @Test("A server that does not forward says so", arguments: ["AllowTcpForwarding no", "PermitOpen 127.0.0.1:1"])
        func denied(_ line: String) async throws {
            let server = try await LocalSSHServer([line])
            defer { server.stop() }
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(5432, through: server.bastion())
                #expect(failure?.code == .sshForwardDenied)
                #expect(failure?.server?.code == "1")
            }
        }

        @Test("A relay carries bytes where forwarding is forbidden, and ends with its channel")
        func relay() async throws {
            let server = try await LocalSSHServer(["AllowTcpForwarding no"])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let journal = StageJournal()
                let way = try await sessions.reach(
                    echo.port, through: server.bastion(), passage: .relayed, journal: journal)
                #expect(try await RoundTrip.run(way.channel, bytes: 1_000_003))
                #expect(journal.report().stages.last?.detail == "127.0.0.1:\(echo.port) by nc")
                #expect(server.commands.contains { $0.hasPrefix("nc ") })
                try await way.channel.close()
                try await eventually("the relay is gone") { server.commands.isEmpty }
            }
            await echo.stop()
        }

        @Test("A relay's refused target is named")
        func relayRefused() async throws {
            let server = try await LocalSSHServer(["AllowTcpForwarding no"])
            defer { server.stop() }
            let closed = try FreePort.next()
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(closed, through: server.bastion(), passage: .relayed)
                #expect(failure?.code == .sshForwardFailed)
                #expect(failure?.message.contains("Connection refused") == true)
            }
        }

        @Test(
            "A server without a relay command, or without commands, says so",
            arguments: ["ForceCommand exit 127", "ForceCommand /nonexistent/nc"])
        func noRelay(_ line: String) async throws {
            let server = try await LocalSSHServer([line])
            defer { server.stop() }
            try await SSHSessions.with { sessions in
                let failure = await sessions.refusal(5432, through: server.bastion(), passage: .relayed)
                #expect(failure?.code == .sshRelayUnavailable)
            }
        }

        @Test(
            "No host name gets further into a shell than as a name",
            arguments: ["-e", "'; touch /tmp/x; '", "$(id)", "a b", "a\nb", ""])
        func quoting(_ host: String) {
            #expect(RelayCommand.line(for: Endpoint(host: host, port: 5432)) == nil)
        }

        @Test("The end of the target's stream and its close arrive, and so do ours")
        func ends() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let greeter = try await LoopbackServer.start {
                try $0.pipeline.syncOperations.addHandler(Greeter("hello\n", hangsUp: true))
            }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let short = try await sessions.reach(greeter.port, through: server.bastion())
                #expect(try await LineReader.read(from: short.channel) == "hello\n")
                short.channel.read()
                try await short.channel.closeFuture.get()
                #expect(short.witness.failure(in: .login) == nil)

                let long = try await sessions.reach(echo.port, through: server.bastion())
                try await long.channel.close()
                try await eventually("the target's connection is gone") { Sockets.connections(to: echo.port) == 0 }
            }
            await greeter.stop()
            await echo.stop()
        }

        @Test("An exchange of new keys in the middle of the stream loses nothing")
        func rekeying() async throws {
            let server = try await LocalSSHServer(["RekeyLimit 1M"])
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let way = try await sessions.reach(echo.port, through: server.bastion())
                #expect(try await RoundTrip.run(way.channel, bytes: 12_000_007))
            }
            await echo.stop()
        }

        @Test("Cancelling gives up a channel that the server does not open, and the session serves on")
        func cancelled() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let first = try await sessions.reach(echo.port, through: server.bastion())
                let halted = server.sessions
                for process in halted { kill(process, SIGSTOP) }
                let entered = AsyncStream<Void>.makeStream()
                let journal = StageJournal(observer: {
                    if $0 == .entered(.sshForward) { entered.continuation.yield() }
                })
                let call = Task { await sessions.refusal(echo.port, through: server.bastion(), journal: journal) }
                for await _ in entered.stream { break }
                call.cancel()
                let failure = await call.value
                #expect(failure?.stage == .sshForward)
                #expect(failure?.code == .sshTimeout)
                for process in halted { kill(process, SIGCONT) }
                #expect(try await RoundTrip.run(first.channel, bytes: 1000))
                try await first.channel.close()
                try await eventually("no connection is left") { Sockets.connections(to: echo.port) == 0 }
            }
            await echo.stop()
        }

        @Test("A route goes through the SSH host, and asks the policy about it")
        func route() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let greeter = try await LoopbackServer.start {
                try $0.pipeline.syncOperations.addHandler(Greeter("hello\n"))
            }
            var source = DataSource.direct("127.0.0.1", greeter.port)
            var bastion = server.bastion()
            bastion.host = "bastion.test"
            source.scheme = .ssh(bastion, .forwarded, .plain)
            let route = Route.loopback(["bastion.test": ["127.0.0.1"]])
            let journal = StageJournal()
            let way = try await route.open(source, journal: journal)
            #expect(way.hostKey == (try server.hostKey("ed25519")))
            #expect(try await LineReader.read(from: way.channel) == "hello\n")
            #expect(journal.report().stages.first?.detail == "bastion.test is 127.0.0.1")
            try await way.channel.close()
            await route.shutdown()

            source.scheme = .ssh(server.bastion(.key(Secret("nonsense"), password: nil)), .forwarded, .plain)
            let failure = await #expect(throws: SourceFailure.self) { try await route.checkMaterial(of: source) }
            #expect(failure?.code == .invalidKey)
            await greeter.stop()
        }

        @Test("Fifty channels at once carry their own bytes over one session")
        func fifty() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let echo = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Echo()) }
            try await SSHSessions.with { sessions in
                let intact = try await withThrowingTaskGroup(of: Bool.self) { tasks in
                    for index in 0..<50 {
                        tasks.addTask {
                            let way = try await sessions.reach(echo.port, through: server.bastion())
                            let isIntact = try await RoundTrip.run(way.channel, bytes: 500_000 + index)
                            #expect(server.sessionCount == 1)
                            try await way.channel.close()
                            return isIntact
                        }
                    }
                    return try await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(intact == 50)
            }
            await echo.stop()
        }

        @Test("A reader that does not read holds the sender back, and loses nothing")
        func backPressure() async throws {
            let server = try await LocalSSHServer()
            defer { server.stop() }
            let flood = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Flood()) }
            try await SSHSessions.with { sessions in
                let idle = try await sessions.reach(flood.port, through: server.bastion())
                let busy = try await sessions.reach(flood.port, through: server.bastion())
                #expect(try await Drain.run(busy.channel, Flood.size))
                #expect(try await Drain.run(idle.channel, Flood.size))
            }
            await flood.stop()
        }
    }
}

/// Sends a fixed amount as fast as it is taken, then hangs up.
private final class Flood: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    static let size = 20_000_000
    private var left = size

    func channelActive(context: ChannelHandlerContext) { pour(context) }
    func channelWritabilityChanged(context: ChannelHandlerContext) { pour(context) }

    private func pour(_ context: ChannelHandlerContext) {
        while left > 0, context.channel.isWritable {
            let count = min(left, 50_000)
            left -= count
            var buffer = context.channel.allocator.buffer(capacity: count)
            buffer.writeRepeatingByte(UInt8(truncatingIfNeeded: left / 50_000), count: count)
            let isLast = left == 0
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in
                if isLast { channel.close(promise: nil) }
            }
        }
    }
}

/// Reads until the end and counts.
private final class Drain: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var count = 0
    private let promise: EventLoopPromise<Int>

    init(_ promise: EventLoopPromise<Int>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { count += unwrapInboundIn(data).readableBytes }
    func channelInactive(context: ChannelHandlerContext) { promise.succeed(count) }

    static func run(_ channel: any Channel, _ expected: Int) async throws -> Bool {
        let promise = channel.eventLoop.makePromise(of: Int.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Drain(promise))
        }.get()
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
        return try await promise.futureResult.get() == expected
    }
}
