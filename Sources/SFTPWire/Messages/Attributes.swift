import NIOCore

/// What a server says of a file (draft-ietf-secsh-filexfer-02, section 5); nil is not said.
public struct Attributes: Hashable, Sendable {
    /// The file's kind, from the permissions' upper bits.
    public enum Kind: Hashable, Sendable {
        case regular, directory, other
    }

    /// In bytes.
    public var size: UInt64?
    /// The POSIX mode: kind and permissions.
    public var mode: UInt32?
    /// The last change, in seconds since 1970.
    public var modified: UInt32?

    /// Attributes of which nothing is said.
    public init(size: UInt64? = nil, mode: UInt32? = nil, modified: UInt32? = nil) {
        (self.size, self.mode, self.modified) = (size, mode, modified)
    }

    /// The file's kind, where the server tells its mode.
    public var kind: Kind? {
        mode.map { mode in
            switch mode & 0o170000 {
            case 0o100000: .regular
            case 0o040000: .directory
            default: .other
            }
        }
    }

    /// Which parts follow; from the draft's section 5.
    private enum Flag {
        static let size: UInt32 = 1
        static let owner: UInt32 = 2
        static let mode: UInt32 = 4
        static let times: UInt32 = 8
        static let extended: UInt32 = 0x8000_0000
    }

    /// Reads attributes to their end; nil where they are cut short.
    init?(from buffer: inout ByteBuffer) {
        self.init()
        guard let flags = buffer.readInteger(as: UInt32.self) else { return nil }
        if flags & Flag.size != 0 {
            guard let size = buffer.readInteger(as: UInt64.self) else { return nil }
            self.size = size
        }
        if flags & Flag.owner != 0, buffer.readSlice(length: 8) == nil { return nil }
        if flags & Flag.mode != 0 {
            guard let mode = buffer.readInteger(as: UInt32.self) else { return nil }
            self.mode = mode
        }
        if flags & Flag.times != 0 {
            guard buffer.readInteger(as: UInt32.self) != nil, let modified = buffer.readInteger(as: UInt32.self) else {
                return nil
            }
            self.modified = modified
        }
        if flags & Flag.extended != 0 {
            // Each pair takes eight bytes at least, so that a count that lies is found out by the buffer's end.
            guard let count = buffer.readInteger(as: UInt32.self) else { return nil }
            for _ in 0..<count {
                guard buffer.readString() != nil, buffer.readString() != nil else { return nil }
            }
        }
    }
}

extension ByteBuffer {
    /// Reads a string of the protocol: its length in four bytes, then its bytes (RFC 4251, section 5). Nil where it is
    /// cut short.
    mutating func readString() -> ByteBuffer? {
        guard let length = getInteger(at: readerIndex, as: UInt32.self), readableBytes - 4 >= Int(length) else {
            return nil
        }
        moveReaderIndex(forwardBy: 4)
        return readSlice(length: Int(length))
    }

    /// Writes a string of the protocol.
    mutating func writeString(_ bytes: some Collection<UInt8>) {
        writeInteger(UInt32(bytes.count))
        writeBytes(bytes)
    }
}
