import NIOCore

/// Cuts a stream into packets: a length of four bytes, then as many bytes.
struct PacketDecoder {
    /// The largest packet that is taken, in bytes: what OpenSSH's own client takes.
    static let limit = 256 << 10

    private var buffer = ByteBuffer()

    /// Bytes that wait for the rest of their packet.
    var heldBytes: Int { buffer.readableBytes }
    /// Bytes of memory that are held for them.
    var capacity: Int { buffer.capacity }
    /// The first bytes of what waits, as text on one line.
    var excerpt: String {
        let text = String(decoding: buffer.readableBytesView.prefix(64), as: UTF8.self)
        return String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    /// Takes bytes in. What was there and is read already is let go, so that replies that point into it do not hold back,
    /// or copy, what comes next.
    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            if buffer.readerIndex > 0 { buffer = ByteBuffer(buffer: buffer) }
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next whole packet's body; nil where more bytes are needed.
    mutating func next() throws(SFTPWireError) -> ByteBuffer? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        guard length <= Self.limit else { throw .packetTooLarge(size: Int(length), limit: Self.limit) }
        guard buffer.readableBytes >= 4 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        let body = buffer.readSlice(length: Int(length))
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return body
    }
}
