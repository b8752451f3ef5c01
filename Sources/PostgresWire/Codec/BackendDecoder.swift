import NIOCore

/// Why bytes are not a message.
enum DecodingFailure: Error, Equatable {
    /// No message begins with this byte, or none that is allowed here.
    case unexpectedType(UInt8)
    /// The length is below 4 or over the bound.
    case length(Int, limit: Int)
    /// The body does not have the form of its type.
    case malformed(UInt8)
}

/// What may come now: how long a message may be, and whether only those of the login's begin are expected.
struct FrameRule: Equatable {
    var maximumSize: Int
    var isFirst: Bool
}

/// Cuts what arrives into messages. Holds at most one message that is not complete, and never more than its bound.
struct BackendDecoder {
    private var buffer = ByteBuffer()

    /// How many bytes wait to become a message.
    var bufferedBytes: Int { buffer.readableBytes }

    /// How many bytes of memory are held for them.
    var capacity: Int { buffer.capacity }

    /// Takes bytes in. What was there and is read already is let go, so that rows that point into it do not hold
    /// back, or copy, what comes next.
    mutating func append(_ incoming: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = incoming
        } else {
            if buffer.readerIndex > 0 { buffer = ByteBuffer(buffer: buffer) }
            buffer.writeImmutableBuffer(incoming)
        }
    }

    /// The next whole message, or nil until more bytes come.
    mutating func next(_ rule: FrameRule) throws(DecodingFailure) -> BackendMessage? {
        guard let type: UInt8 = buffer.getInteger(at: buffer.readerIndex) else {
            buffer = ByteBuffer()
            return nil
        }
        guard rule.isFirst ? Self.isFirstType(type) : Self.isType(type) else { throw .unexpectedType(type) }
        guard let length: Int32 = buffer.getInteger(at: buffer.readerIndex + 1) else { return nil }
        guard length >= 4, Int(length) <= rule.maximumSize else {
            throw .length(Int(length), limit: rule.maximumSize)
        }
        guard buffer.readableBytes >= 1 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 5)
        guard var body = buffer.readSlice(length: Int(length) - 4) else { throw .malformed(type) }
        guard let message = BackendMessage(type: type, body: &body), body.readableBytes == 0 else {
            throw .malformed(type)
        }
        return message
    }

    /// The DataRow messages that come next and are whole, as many as there are; nil where the next message is no whole
    /// DataRow of so many values, or one that lies about a length.
    mutating func nextRows(columns: Int, maximumSize: Int) -> RowSpan? {
        let (count, length) = buffer.withUnsafeReadableBytes { bytes in
            RowSpan.measure(bytes, columns: columns, maximumSize: maximumSize)
        }
        guard count > 0, let rows = buffer.readSlice(length: length) else { return nil }
        return RowSpan(count: count, messages: rows)
    }

    /// The messages that can be the first answer to a startup: Authentication, Error, Notice, NegotiateProtocolVersion.
    private static func isFirstType(_ type: UInt8) -> Bool {
        switch Unicode.Scalar(type) {
        case "R", "E", "N", "v": true
        default: false
        }
    }

    private static func isType(_ type: UInt8) -> Bool {
        switch Unicode.Scalar(type) {
        case "R", "K", "2", "3", "C", "d", "c", "G", "H", "W", "D", "I", "E", "v", "n", "N", "A", "t", "S", "1", "s",
            "Z", "T":
            true
        default: false
        }
    }
}
