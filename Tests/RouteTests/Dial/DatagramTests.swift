import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SourceModel
import Testing

@testable import Route

@Suite("Asking by UDP")
struct DatagramTests {
    private func ask(
        _ host: String, _ port: Int, by route: Route = .loopback(), wait: Duration = .seconds(10)
    ) async throws -> [UInt8] {
        try await route.ask(
            [1, 2, 3], of: host, port: port, service: "the echo", wait: wait, journal: StageJournal())
    }

    @Test("gives the answer that comes back, at once")
    func answered() async throws {
        let server = try await DatagramEcho.start()
        #expect(try await ask("db.test", server.port) == [1, 2, 3])
        #expect(server.heard.withLockedValue { $0 } == 1)
        await server.stop()
    }

    @Test("asks nobody whom the policy forbids")
    func forbidden() async throws {
        let server = try await DatagramEcho.start()
        let rules = DestinationPolicy.Rules(deny: [.block(try #require(AddressBlock("127.0.0.0/8")))])
        let route = Route.loopback(policy: DestinationPolicy(dataSource: rules))
        for host in ["db.test", "127.0.0.1"] {
            let failure = await #expect(throws: SourceFailure.self) { try await ask(host, server.port, by: route) }
            #expect(failure?.code == .destinationForbidden)
            #expect(failure?.stage == .resolve)
        }
        // It would have answered: what was sent to it before is there.
        #expect(try await ask("db.test", server.port) == [1, 2, 3])
        #expect(server.heard.withLockedValue { $0 } == 1)
        await server.stop()
    }

    @Test("says that nobody is at the port")
    func refused() async throws {
        let server = try await DatagramEcho.start()
        await server.stop()
        let failure = await #expect(throws: SourceFailure.self) { try await ask("db.test", server.port) }
        #expect(failure?.code == .connectionRefused)
        #expect(failure?.message == "The echo at db.test:\(server.port) (UDP) is not there.")
    }

    @Test("says that nothing came back")
    func silent() async throws {
        let server = try await DatagramEcho.start(isSilent: true)
        let failure = await #expect(throws: SourceFailure.self) {
            try await ask("db.test", server.port, wait: .milliseconds(50))
        }
        #expect(failure?.code == .dialTimeout)
        #expect(failure?.message == "The echo at db.test:\(server.port) (UDP) did not answer.")
        await server.stop()
    }

    @Test("says that the address cannot be reached, and not that somebody refused")
    func unreachable() async throws {
        // The system sends nobody a broadcast who has not asked to be allowed.
        let rules = DestinationPolicy.Rules(deniesSpecial: false)
        let route = Route.loopback(policy: DestinationPolicy(dataSource: rules))
        let failure = await #expect(throws: SourceFailure.self) { try await ask("255.255.255.255", 9, by: route) }
        #expect(failure?.code == .hostUnreachable)
        #expect(failure?.message.contains("cannot be reached") == true, "\(String(describing: failure))")
    }
}

/// Sends every datagram back, or none.
private final class DatagramEcho: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    struct Server {
        let port: Int
        let heard: NIOLockedValueBox<Int>
        let channel: any Channel

        func stop() async { try? await channel.close() }
    }

    private let heard: NIOLockedValueBox<Int>
    private let isSilent: Bool

    private init(_ heard: NIOLockedValueBox<Int>, isSilent: Bool) {
        self.heard = heard
        self.isSilent = isSilent
    }

    static func start(isSilent: Bool = false) async throws -> Server {
        let heard = NIOLockedValueBox(0)
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramEcho(heard, isSilent: isSilent))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Server(port: try #require(channel.localAddress?.port), heard: heard, channel: channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard.withLockedValue { $0 += 1 }
        if !isSilent { context.writeAndFlush(wrapOutboundOut(unwrapInboundIn(data)), promise: nil) }
    }
}
