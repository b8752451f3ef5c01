import NIOCore
import NIOEmbedded
import Testing

@testable import TDSWire

@Suite("TLS records in packets")
struct CarrierTests {
    private func rig() throws -> (EmbeddedChannel, PreLoginCarrier) {
        let carrier = PreLoginCarrier()
        let channel = EmbeddedChannel(handler: carrier)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return (channel, carrier)
    }

    private func packet(_ type: UInt8, _ payload: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: [type, 1, 0, UInt8(payload.count + 8), 0, 0, 1, 0] + payload)
    }

    @Test("What is written up to a flush goes as one message, cut where it is longer than a packet")
    func outbound() throws {
        let (channel, _) = try rig()
        channel.write(ByteBuffer(repeating: 1, count: 3000), promise: nil)
        channel.write(ByteBuffer(repeating: 2, count: 3000), promise: nil)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        let flushed = channel.writeAndFlush(ByteBuffer(bytes: [3]))
        var sent = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(sent.readBytes(length: 8) == [0x12, 0, 0x10, 0, 0, 0, 1, 0])
        #expect(sent.readSlice(length: 4088)?.readableBytes == 4088)
        #expect(sent.readBytes(length: 8) == [0x12, 1, 0x07, 0x81, 0, 0, 2, 0])
        #expect(sent.readableBytes == 1913)
        try flushed.wait()
    }

    @Test("What comes in packets is taken out of them, wherever it is cut", arguments: [UInt8(0x12), 0x04])
    func inbound(_ type: UInt8) throws {
        var bytes = packet(type, [1, 2, 3])
        bytes.writeImmutableBuffer(packet(type, [4]))
        for cut in 0...bytes.readableBytes {
            let (channel, _) = try rig()
            var rest = bytes
            let first = rest.readSlice(length: cut)
            try channel.writeInbound(try #require(first))
            try channel.writeInbound(rest)
            var records: [UInt8] = []
            while let part = try channel.readInbound(as: ByteBuffer.self) { records += part.readableBytesView }
            #expect(records == [1, 2, 3, 4])
        }
    }

    @Test("After the handshake everything goes as it is, what came with its end as well")
    func open() throws {
        let (channel, carrier) = try rig()
        channel.write(ByteBuffer(bytes: [9]), promise: nil)
        carrier.open(context: try channel.pipeline.syncOperations.context(handler: carrier))
        channel.writeAndFlush(ByteBuffer(bytes: [0x17, 3, 3]), promise: nil)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == packet(0x12, [9]))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: [0x17, 3, 3]))
        try channel.writeInbound(ByteBuffer(bytes: [0x17, 3, 3, 0]))
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(bytes: [0x17, 3, 3, 0]))
    }

    @Test("A handshake that is not in packets is told as that")
    func bare() throws {
        let (channel, _) = try rig()
        #expect(throws: TDSWireError.handshakeNotInPackets) {
            try channel.writeInbound(ByteBuffer(bytes: [0x16, 3, 3, 0, 1, 2]))
        }
    }
}
