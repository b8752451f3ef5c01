import NIOCore

/// How a command ended ("Protocol::OK_Packet", "Protocol::EOF_Packet").
public struct CommandSummary: Sendable, Hashable {
    /// How many rows were changed; 0 after a result set.
    public var affectedRows: UInt64
    /// The number that AUTO_INCREMENT gave, or 0.
    public var lastInsertID: UInt64
    /// How many warnings `SHOW WARNINGS` would list.
    public var warnings: UInt16
    /// The server's status flags.
    var status: ServerStatus

    init(affectedRows: UInt64 = 0, lastInsertID: UInt64 = 0, warnings: UInt16 = 0, status: ServerStatus = []) {
        self.affectedRows = affectedRows
        self.lastInsertID = lastInsertID
        self.warnings = warnings
        self.status = status
    }

    /// Reads an OK message, under either of its first bytes.
    init?(payload: ByteBuffer) {
        var bytes = payload
        guard let first = bytes.readInteger(as: UInt8.self), first == 0x00 || first == 0xFE,
            let affectedRows = bytes.readLengthEncodedInteger(), let lastInsertID = bytes.readLengthEncodedInteger(),
            let status = bytes.readInteger(endianness: .little, as: UInt16.self),
            let warnings = bytes.readInteger(endianness: .little, as: UInt16.self)
        else { return nil }
        self.init(
            affectedRows: affectedRows, lastInsertID: lastInsertID, warnings: warnings,
            status: ServerStatus(rawValue: status))
    }

    /// Reads an EOF message, which servers send that do not offer to leave it out.
    init?(endOfFile payload: ByteBuffer) {
        var bytes = payload
        guard bytes.readableBytes == 5, bytes.readInteger(as: UInt8.self) == 0xFE,
            let warnings = bytes.readInteger(endianness: .little, as: UInt16.self),
            let status = bytes.readInteger(endianness: .little, as: UInt16.self)
        else { return nil }
        self.init(warnings: warnings, status: ServerStatus(rawValue: status))
    }
}
