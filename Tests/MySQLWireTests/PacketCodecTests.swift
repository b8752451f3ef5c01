import NIOCore
import Testing

@testable import MySQLWire

@Suite("Packets")
struct PacketCodecTests {
    @Test(
        "A length-encoded integer takes its shortest form and comes back",
        arguments: [
            (0 as UInt64, "00"), (250, "fa"), (251, "fcfb00"), (0xFFFF, "fcffff"), (0x10000, "fd000001"),
            (0xFF_FFFF, "fdffffff"), (0x100_0000, "fe0000000100000000"), (.max, "feffffffffffffffff"),
        ])
    func integers(value: UInt64, hex: String) {
        var bytes = ByteBuffer()
        bytes.writeLengthEncodedInteger(value)
        #expect(bytes == ServerSide.bytes(hex))
        #expect(bytes.readLengthEncodedInteger() == value)
    }

    @Test(
        "What ends too early or is no integer is nothing",
        arguments: ["", "fb", "ff", "fc00", "fd0000", "fe00000000000000"])
    func brokenIntegers(hex: String) {
        var bytes = ServerSide.bytes(hex)
        #expect(bytes.readLengthEncodedInteger() == nil)
    }

    @Test(
        "A length beyond the bytes that are there is refused, however large",
        arguments: ["026100", "fcffff61", "fe ffffffffffffffff 61", "fe ffffffffffffff7f 61"])
    func lyingLengths(hex: String) {
        var bytes = ServerSide.bytes(hex)
        bytes.moveWriterIndex(to: bytes.writerIndex - (hex == "026100" ? 1 : 0))
        #expect(bytes.readLengthEncodedSlice() == nil)
    }

    @Test("Messages split at every byte are the same messages")
    func splitAtEveryByte() throws {
        let payloads = [ByteBuffer(string: "one"), ByteBuffer(), ByteBuffer(string: "three")]
        let stream = ServerSide.packets(payloads, from: 0)
        for split in 0...stream.readableBytes {
            var codec = PacketCodec(maximumMessageSize: 100)
            var messages: [PacketCodec.Message] = []
            var rest = stream
            for length in [split, stream.readableBytes - split] {
                let part = rest.readSlice(length: length)
                codec.append(try #require(part))
                while let message = try codec.next() { messages.append(message) }
            }
            #expect(messages.map(\.payload) == payloads)
            #expect(messages.allSatisfy { $0.isInSequence })
            #expect(codec.bufferedBytes == 0)
        }
    }

    @Test("A truncated message is never handed out")
    func truncated() throws {
        let stream = ServerSide.packets([ByteBuffer(string: "whole")], from: 0)
        for length in 0..<stream.readableBytes {
            var codec = PacketCodec(maximumMessageSize: 100)
            codec.append(stream.getSlice(at: 0, length: length) ?? ByteBuffer())
            #expect(try codec.next() == nil)
        }
    }

    @Test(
        "Messages around 16 MiB are split and joined",
        arguments: [0xFF_FFFE, 0xFF_FFFF, 0x100_0000, 2 * 0xFF_FFFF, 2 * 0xFF_FFFF + 5])
    func largeMessages(size: Int) throws {
        let payload = ByteBuffer(repeating: 7, count: size)
        var encoder = PacketCodec(maximumMessageSize: 0)
        var stream = ByteBuffer()
        encoder.encode(payload, into: &stream)
        #expect(stream.readableBytes == size + 4 * (size / 0xFF_FFFF + 1))
        var decoder = PacketCodec(maximumMessageSize: size)
        var messages: [PacketCodec.Message] = []
        while let part = stream.readSlice(length: min(stream.readableBytes, 1 << 20)), part.readableBytes > 0 {
            decoder.append(part)
            while let message = try decoder.next() { messages.append(message) }
        }
        #expect(messages == [PacketCodec.Message(payload: payload, isInSequence: true)])
    }

    @Test("A header that announces too much is refused before its bytes come")
    func tooLarge() throws {
        var codec = PacketCodec(maximumMessageSize: 1000)
        codec.append(ByteBuffer(bytes: [0xE9, 0x03, 0, 0]))
        #expect(throws: PacketCodec.Failure.messageTooLarge(announced: 1001)) { try codec.next() }
    }

    @Test("Packets that together announce too much are refused")
    func tooLargeTogether() throws {
        var codec = PacketCodec(maximumMessageSize: 0xFF_FFFF + 9)
        codec.append(ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0]))
        codec.append(ByteBuffer(repeating: 0, count: 0xFF_FFFF))
        codec.append(ByteBuffer(bytes: [10, 0, 0, 1]))
        #expect(throws: PacketCodec.Failure.messageTooLarge(announced: 0xFF_FFFF + 10)) { try codec.next() }
    }

    @Test("A packet with another number than due is noticed, also inside a joined message")
    func sequence() throws {
        var codec = PacketCodec(maximumMessageSize: 1 << 26)
        codec.append(ByteBuffer(bytes: [1, 0, 0, 3, 0x61]))
        #expect(try codec.next()?.isInSequence == false)
        codec.append(ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 4]))
        codec.append(ByteBuffer(repeating: 0, count: 0xFF_FFFF))
        codec.append(ByteBuffer(bytes: [1, 0, 0, 6, 0x61]))
        #expect(try codec.next()?.isInSequence == false)
    }
}
