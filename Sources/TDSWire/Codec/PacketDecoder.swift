import NIOCore

/// Why bytes are not what a server may send.
enum DecodingFailure: Error, Equatable {
    /// No packet of a server begins so.
    case notAPacket
    /// A token that is unknown, or has no place in a server's answer.
    case unexpectedToken(UInt8)
    /// A token, or a row, does not have the form of its type.
    case malformed(UInt8)
    /// A token or a row is over the bound; bytes.
    case tooLarge(size: Int, limit: Int)
}

/// Takes the headers out of what arrives: what is left is one stream of tokens. Holds no more than a header.
struct PacketDecoder {
    private var header = ByteBuffer()
    /// Bytes of the packet's data that are still to come.
    private var missing = 0
    private var isLastPacket = false
    private let types: [PacketType]

    /// - Parameter types: the types of packet that may come.
    init(_ types: [PacketType] = [.reply]) { self.types = types }

    /// Moves the data of the packets in `bytes` to `payload`, until a message ends or the bytes do.
    ///
    /// - Returns: whether a message has ended.
    mutating func decode(_ bytes: inout ByteBuffer, into payload: inout ByteBuffer) throws(DecodingFailure) -> Bool {
        while true {
            if missing > 0 {
                guard var part = bytes.readSlice(length: min(missing, bytes.readableBytes)), part.readableBytes > 0
                else { return false }
                missing -= part.readableBytes
                payload.writeBuffer(&part)
                if missing > 0 { return false }
                if isLastPacket { return true }
            }
            guard var rest = bytes.readSlice(length: min(PacketHeader.size - header.readableBytes, bytes.readableBytes))
            else { return false }
            header.writeBuffer(&rest)
            guard isPlausible else { throw .notAPacket }
            guard header.readableBytes == PacketHeader.size, let next = PacketHeader(&header) else { return false }
            header.clear()
            guard next.isProper else { throw .notAPacket }
            missing = next.length - PacketHeader.size
            isLastPacket = next.status & PacketStatus.endOfMessage.rawValue != 0
            if missing == 0, isLastPacket { return true }
        }
    }

    /// Whether what there is of the header can become one: a peer of another kind is told from its first byte.
    private var isPlausible: Bool {
        guard let type: UInt8 = header.getInteger(at: header.readerIndex) else { return true }
        return types.contains { $0.rawValue == type }
    }
}
