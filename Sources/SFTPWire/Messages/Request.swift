import NIOCore

/// What a client asks of a server (draft-ietf-secsh-filexfer-02, section 6): reading only.
enum Request: Hashable, Sendable {
    /// Attributes of the file at a path, links followed.
    case stat(path: String)
    /// Opens a file for reading.
    case open(path: String)
    /// Attributes of an open file.
    case statHandle(ByteBuffer)
    /// Up to `length` bytes from a place of an open file.
    case read(ByteBuffer, offset: UInt64, length: UInt32)
    /// Closes an open file.
    case close(ByteBuffer)

    /// The version of the protocol that is spoken here, the one that OpenSSH speaks.
    static let version: UInt32 = 3

    /// The message that begins a session.
    static var hello: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(5))
        buffer.writeInteger(UInt8(1))
        buffer.writeInteger(version)
        return buffer
    }

    /// The whole packet, its length first.
    func packet(id: UInt32) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeInteger(type)
        body.writeInteger(id)
        switch self {
        case .stat(let path): body.writeString(path.utf8)
        case .open(let path):
            body.writeString(path.utf8)
            body.writeInteger(UInt32(1))  // SSH_FXF_READ
            body.writeInteger(UInt32(0))  // no attributes
        case .statHandle(let handle), .close(let handle): body.writeString(handle.readableBytesView)
        case .read(let handle, let offset, let length):
            body.writeString(handle.readableBytesView)
            body.writeInteger(offset)
            body.writeInteger(length)
        }
        var packet = ByteBuffer()
        packet.reserveCapacity(4 + body.readableBytes)
        packet.writeInteger(UInt32(body.readableBytes))
        packet.writeBuffer(&body)
        return packet
    }

    private var type: UInt8 {
        switch self {
        case .open: 3
        case .close: 4
        case .read: 5
        case .statHandle: 8
        case .stat: 17
        }
    }
}
