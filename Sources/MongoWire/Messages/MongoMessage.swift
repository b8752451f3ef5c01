import NIOCore

/// An OP_MSG (MongoDB's wire protocol, "OP_MSG"), which carries every command and every answer.
struct MongoMessage: Equatable, Sendable {
    /// Documents beside the body that belong into it as an array.
    struct Sequence: Equatable, Sendable {
        var identifier: String
        var documents: [BSONDocument]
    }

    /// What the flag bits say.
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt32

        /// A CRC-32C of the whole message stands at its end.
        static let checksumPresent = Flags(rawValue: 1)
        /// Another message follows that nobody asked for.
        static let moreToCome = Flags(rawValue: 1 << 1)
        /// The bits that a reader has to know: the lower sixteen, of which two have a meaning.
        static let unknownRequired = Flags(rawValue: 0xFFFC)
    }

    var requestID: Int32
    var responseTo: Int32
    var flags: Flags = []
    var body: BSONDocument
    var sequences: [Sequence] = []

    /// The number of OP_MSG.
    static let opCode: Int32 = 2013
    /// Length, request, response, number: the header of every message.
    static let headerSize = 16

    /// The body with the sequences as arrays in it.
    var document: BSONDocument {
        guard !sequences.isEmpty else { return body }
        var writer = BSONWriter()
        writer.append(contentsOf: body)
        for sequence in sequences {
            writer.append(sequence.identifier, .array(.list(sequence.documents.map { .document($0) })))
        }
        return writer.finished()
    }

    /// Writes the message as it goes over the wire.
    func encode(into buffer: inout ByteBuffer) {
        let start = buffer.writerIndex
        for field in [0, requestID, responseTo, Self.opCode] { buffer.writeInteger(field, endianness: .little) }
        buffer.writeInteger(flags.rawValue, endianness: .little)
        buffer.writeInteger(UInt8(0))
        buffer.writeImmutableBuffer(body.bytes)
        for sequence in sequences {
            buffer.writeInteger(UInt8(1))
            let size = buffer.writerIndex
            buffer.writeInteger(Int32(0))
            buffer.writeNullTerminatedString(sequence.identifier)
            for document in sequence.documents { buffer.writeImmutableBuffer(document.bytes) }
            buffer.setInteger(Int32(truncatingIfNeeded: buffer.writerIndex - size), at: size, endianness: .little)
        }
        let checksum = flags.contains(.checksumPresent) ? 4 : 0
        let length = buffer.writerIndex - start + checksum
        buffer.setInteger(Int32(truncatingIfNeeded: length), at: start, endianness: .little)
        if checksum > 0, let bytes = buffer.getSlice(at: start, length: length - 4) {
            buffer.writeInteger(CRC32C.checksum(bytes.readableBytesView), endianness: .little)
        }
    }
}
