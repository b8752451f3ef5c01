import NIOCore

/// The kinds of message that travel in packets ([MS-TDS] section 2.2.3.1.1).
enum PacketType: UInt8, Sendable {
    case batch = 0x01
    case call = 0x03
    /// Everything that a server sends.
    case reply = 0x04
    case attention = 0x06
    case login = 0x10
    case preLogin = 0x12
}

/// What a packet's second byte says ([MS-TDS] section 2.2.3.1.2).
struct PacketStatus: OptionSet, Sendable {
    let rawValue: UInt8
    /// The message ends with this packet.
    static let endOfMessage = PacketStatus(rawValue: 0x01)
    /// The session is to be put back to what it was after its login, before the message is taken.
    static let resetConnection = PacketStatus(rawValue: 0x08)
}

/// The eight bytes before each packet's data ([MS-TDS] section 2.2.3.1).
struct PacketHeader: Equatable, Sendable {
    static let size = 8
    /// The longest packet that the protocol has, header included.
    static let maximumLength = 32_767

    var type: UInt8
    var status: UInt8
    /// Bytes of the packet, header included.
    var length: Int

    /// Reads a header.
    ///
    /// - Returns: nil until its bytes are there.
    init?(_ buffer: inout ByteBuffer) {
        guard
            let (type, status, length, _, _, _) = buffer.readMultipleIntegers(
                as: (UInt8, UInt8, UInt16, UInt16, UInt8, UInt8).self)
        else { return nil }
        self.type = type
        self.status = status
        self.length = Int(length)
    }

    /// Whether its length and status can be.
    var isProper: Bool { length >= Self.size && length <= Self.maximumLength && status & 0xE0 == 0 }
}

extension ByteBuffer {
    /// Writes a message cut into packets.
    ///
    /// - Parameter packetSize: bytes of a packet at most, header included.
    mutating func writeMessage(
        _ type: PacketType, _ body: ByteBuffer, packetSize: Int, status: PacketStatus = []
    ) {
        var body = body
        var number: UInt8 = 1
        repeat {
            let count = min(body.readableBytes, packetSize - PacketHeader.size)
            let isLast = count == body.readableBytes
            // The session is reset before the message's first packet.
            let flags = (number == 1 ? status : []).union(isLast ? .endOfMessage : [])
            writeMultipleIntegers(
                type.rawValue, flags.rawValue, UInt16(truncatingIfNeeded: count + PacketHeader.size), UInt16(0), number,
                UInt8(0))
            if var part = body.readSlice(length: count) { writeBuffer(&part) }
            number &+= 1
        } while body.readableBytes > 0
    }
}
