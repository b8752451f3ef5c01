import NIOCore

/// Turns the byte stream into messages and back: three bytes of length, one byte of sequence number, the payload.
///
/// A payload of 2^24 - 1 bytes is continued in the next packet; the codec joins and splits them. Sequence numbers
/// count up over both directions and start at 0 with each command.
///
/// Memory is bounded: a header that announces more than ``maximumMessageSize`` is refused when it arrives, and nothing
/// is reserved for bytes that have not come.
struct PacketCodec: Equatable {
    /// The largest payload of one packet.
    static let maximumPacketPayload = 0xFF_FFFF
    /// How many of the first bytes are kept to tell what answered.
    static let excerptLength = 64

    /// A message as it came, joined.
    struct Message: Equatable {
        /// The payload without headers.
        var payload: ByteBuffer
        /// Whether every packet of it had the number that was due.
        var isInSequence: Bool
    }

    /// Why bytes cannot be a message.
    enum Failure: Error, Equatable {
        /// A header announced a message above the limit.
        case messageTooLarge(announced: Int)
    }

    /// The largest message taken, in bytes.
    var maximumMessageSize: Int
    /// The number that the next packet must have, whoever sends it.
    private(set) var sequence: UInt8 = 0
    /// The first bytes that ever arrived, at most ``excerptLength``.
    private(set) var excerpt: [UInt8] = []
    private var unread = ByteBuffer()
    private var joined: ByteBuffer?
    private var joinedInSequence = true

    init(maximumMessageSize: Int) {
        self.maximumMessageSize = maximumMessageSize
    }

    /// The bytes held that are not yet part of a message handed out.
    var bufferedBytes: Int { unread.readableBytes + (joined?.readableBytes ?? 0) }

    /// Takes bytes from the peer.
    mutating func append(_ bytes: ByteBuffer) {
        if excerpt.count < Self.excerptLength {
            excerpt += bytes.readableBytesView.prefix(Self.excerptLength - excerpt.count)
        }
        if unread.readableBytes == 0 {
            unread = bytes
        } else {
            // Rows handed out may share the storage; writing copies it once, and only what was not read yet.
            if unread.readerIndex > 0 { unread = ByteBuffer(bytes: unread.readableBytesView) }
            unread.writeImmutableBuffer(bytes)
        }
    }

    /// Forgets what was not read, after the connection is over.
    mutating func discard() {
        unread = ByteBuffer()
        joined = nil
    }

    /// The next whole message, or nil until more bytes arrive.
    mutating func next() throws(Failure) -> Message? {
        while true {
            guard let header = unread.getInteger(at: unread.readerIndex, endianness: .little, as: UInt32.self) else {
                return nil
            }
            let length = Int(header & 0xFF_FFFF)
            let number = UInt8(header >> 24)
            let announced = length + (joined?.readableBytes ?? 0)
            guard announced <= maximumMessageSize else { throw .messageTooLarge(announced: announced) }
            guard unread.readableBytes >= 4 + length else { return nil }
            unread.moveReaderIndex(forwardBy: 4)
            guard var payload = unread.readSlice(length: length) else { return nil }
            let isInSequence = number == sequence
            sequence = number &+ 1
            if length == Self.maximumPacketPayload || joined != nil {
                joinedInSequence = (joined == nil || joinedInSequence) && isInSequence
                if joined == nil { joined = payload } else { joined?.writeBuffer(&payload) }
                if length == Self.maximumPacketPayload { continue }
                guard let whole = joined else { return nil }
                joined = nil
                return Message(payload: whole, isInSequence: joinedInSequence)
            }
            return Message(payload: payload, isInSequence: isInSequence)
        }
    }

    /// Starts counting at 0: the next packet begins a command.
    mutating func beginCommand() {
        sequence = 0
    }

    /// Writes a message, split where it is too long for one packet.
    mutating func encode(_ payload: ByteBuffer, into out: inout ByteBuffer) {
        var rest = payload
        while true {
            let length = min(rest.readableBytes, Self.maximumPacketPayload)
            out.writeInteger(UInt16(truncatingIfNeeded: length), endianness: .little)
            out.writeInteger(UInt8(length >> 16))
            out.writeInteger(sequence)
            sequence &+= 1
            guard var part = rest.readSlice(length: length) else { return }
            out.writeBuffer(&part)
            if length < Self.maximumPacketPayload { return }
        }
    }
}
