import NIOCore

/// What a session asks of the server.
enum Request: Equatable, Sendable {
    /// Statements as text ([MS-TDS] section 2.2.6.7).
    case batch(String)
    /// A procedure by its number, with parameters ([MS-TDS] section 2.2.6.6).
    case call(Procedure, [TDSParameter])
    /// A batch that rolls back what is open.
    case rollback

    /// The procedures that have a number.
    enum Procedure: UInt16, Sendable {
        case executeSQL = 10
    }

    var packetType: PacketType {
        switch self {
        case .batch, .rollback: .batch
        case .call: .call
        }
    }

    /// Writes the message's body.
    ///
    /// - Parameter transaction: the descriptor of the transaction that the server has told; 0 for none.
    func encode(into buffer: inout ByteBuffer, transaction: UInt64) {
        // ALL_HEADERS with the one that names the transaction ([MS-TDS] section 2.2.5.3).
        buffer.writeMultipleIntegers(
            UInt32(22), UInt32(18), UInt16(2), transaction, UInt32(1), endianness: .little)
        switch self {
        case .batch(let text): buffer.writeUTF16(text)
        case .rollback: buffer.writeUTF16("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION")
        case .call(let procedure, let parameters):
            buffer.writeMultipleIntegers(UInt16(0xFFFF), procedure.rawValue, UInt16(0), endianness: .little)
            for parameter in parameters { parameter.encode(into: &buffer) }
        }
    }
}

extension ByteBuffer {
    /// Writes text as UTF-16LE.
    mutating func writeUTF16(_ text: String) {
        reserveCapacity(minimumWritableBytes: text.utf8.count * 2)
        for unit in text.utf16 { writeInteger(unit, endianness: .little) }
    }
}
