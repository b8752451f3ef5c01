import Foundation
import NIOCore
import NIOPosix
import Testbed
import Testing

@Suite struct FaultsTests {
    /// Reads what the port says until it closes or `enough` bytes came.
    private static func read(_ port: Int, sending: [UInt8] = [], enough: Int) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            if !sending.isEmpty { try await outbound.write(ByteBuffer(bytes: sending)) }
            var heard: [UInt8] = []
            for try await bytes in inbound {
                heard += bytes.readableBytesView
                if heard.count >= enough { break }
            }
            return heard
        }
    }

    @Test(
        "Each faulty server does what its name says",
        arguments: [
            (FaultyServer.Behaviour.says(Banners.ssh), Banners.ssh),
            (.trickles(Array("slow".utf8), every: .milliseconds(5)), Array("slow".utf8)),
            (.closes(afterReceiving: 2, saying: Banners.redis), Banners.redis),
            (.answers([Banners.http]), Banners.http),
        ])
    func says(behaviour: FaultyServer.Behaviour, words: [UInt8]) async throws {
        let server = try await FaultyServer.start(behaviour)
        let heard = try await Self.read(server.port, sending: [1, 2], enough: max(1, words.count))
        #expect(heard == words)
        try await eventually("the connection is gone") { server.connections == 0 }
        #expect(server.accepted == 1)
        await server.stop()
    }

    @Test("A closed connection is closed, a flood does not end, and a reset is a reset")
    func closeFloodAndReset() async throws {
        let closing = try await FaultyServer.start(.close)
        #expect(try await Self.read(closing.port, enough: 1) == [])
        await closing.stop()

        let flood = try await FaultyServer.start(.floods([7]))
        #expect(try await Self.read(flood.port, enough: 1 << 20).count >= 1 << 20)
        await flood.stop()

        let reset = try await FaultyServer.start(.reset)
        let end = await #expect(throws: (any Error).self) { try await Self.read(reset.port, enough: 1) }
        // The reset may arrive before the dial has looked whether it is connected: then it is the dial's error.
        let errors = (end as? NIOConnectionError)?.connectionErrors.map(\.error) ?? [end].compactMap(\.self)
        #expect(errors.map { ($0 as? IOError)?.errnoCode } == [ECONNRESET])
        #expect(reset.accepted == 1)
        await reset.stop()
    }

    @Test("A dial into a black hole gets no answer")
    func blackHole() async throws {
        let hole = try BlackHole()
        await #expect(throws: ChannelError.self) {
            _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.milliseconds(300)).connect(host: "127.0.0.1", port: hole.port).get()
        }
        withExtendedLifetime(hole) {}
    }

    @Test("A proxy passes, stalls, passes again and cuts, in front of a real server")
    func proxy() async throws {
        let server = try await Testbed.shared.postgres()
        let proxy = try await Proxy.start(to: server.port)
        // SSLRequest: the server answers S.
        let question: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 47]
        #expect(try await Self.read(proxy.port, sending: question, enough: 1) == Array("S".utf8))
        proxy.set(.delay(.milliseconds(5)))
        #expect(try await Self.read(proxy.port, sending: question, enough: 1) == Array("S".utf8))
        proxy.set(.stall)
        async let silent = Self.read(proxy.port, sending: question, enough: 1)
        try await eventually("the silent connection is counted") { proxy.connections == 1 }
        proxy.set(.cut)
        let heard = try? await silent
        #expect(heard == nil || heard == [])
        try await eventually("no connection is left") { proxy.connections == 0 }
        proxy.set(.pass)
        #expect(try await Self.read(proxy.port, sending: question, enough: 1) == Array("S".utf8))
        await proxy.stop()
    }
}
