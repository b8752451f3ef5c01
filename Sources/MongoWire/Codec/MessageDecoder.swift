import NIOCore

/// Why bytes are not a message.
enum DecodingFailure: Error, Equatable {
    /// The length is below a header's or over the bound.
    case length(Int, limit: Int)
    /// No message that is spoken here has this number.
    case opCode(Int32)
    /// The message does not have the form that it ought to have; how.
    case malformed(String)
}

/// Cuts what arrives into messages. Holds at most one message that is not complete, and never more than its bound.
struct MessageDecoder {
    private var buffer = ByteBuffer()

    /// How many bytes wait to become a message.
    var bufferedBytes: Int { buffer.readableBytes }

    /// Takes bytes in.
    mutating func append(_ incoming: ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = incoming } else { buffer.writeImmutableBuffer(incoming) }
    }

    /// The next whole message, or nil until more bytes come.
    ///
    /// - Parameter limit: the longest message that is taken, in bytes.
    mutating func next(limit: Int) throws(DecodingFailure) -> MongoMessage? {
        let start = buffer.readerIndex
        guard let length: Int32 = buffer.getInteger(at: start, endianness: .little) else { return nil }
        guard length >= MongoMessage.headerSize + 10, length <= limit else {
            throw .length(Int(length), limit: limit)
        }
        guard let opCode: Int32 = buffer.getInteger(at: start + 12, endianness: .little) else { return nil }
        guard opCode == MongoMessage.opCode else { throw .opCode(opCode) }
        guard let whole = buffer.readSlice(length: Int(length)) else { return nil }
        // What follows must not keep this message's memory.
        buffer = buffer.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: buffer.readableBytesView)
        return try Self.message(whole)
    }

    private static func message(_ whole: ByteBuffer) throws(DecodingFailure) -> MongoMessage {
        var rest = whole
        guard
            let (_, requestID, responseTo, _) = rest.readMultipleIntegers(
                endianness: .little, as: (Int32, Int32, Int32, Int32).self),
            let bits: UInt32 = rest.readInteger(endianness: .little)
        else { throw .malformed("The header is not complete.") }
        let flags = MongoMessage.Flags(rawValue: bits)
        guard flags.isDisjoint(with: .unknownRequired) else { throw .malformed("There are unknown flags: \(bits).") }
        if flags.contains(.checksumPresent) {
            let end = whole.readableBytes - 4
            let sum: UInt32? = whole.getInteger(at: whole.readerIndex + end, endianness: .little)
            guard sum == CRC32C.checksum(whole.readableBytesView.prefix(end)) else {
                throw .malformed("The checksum is wrong.")
            }
            guard let sections = rest.readSlice(length: max(0, rest.readableBytes - 4)) else {
                throw .malformed("The checksum is not there.")
            }
            rest = sections
        }
        var body: BSONDocument?
        var sequences: [MongoMessage.Sequence] = []
        while let kind: UInt8 = rest.readInteger() {
            switch kind {
            case 0 where body == nil: body = try document(&rest)
            case 1: sequences.append(try sequence(&rest))
            default: throw .malformed("There is a section of the kind \(kind).")
            }
        }
        guard let body else { throw .malformed("There is no body.") }
        return MongoMessage(
            requestID: requestID, responseTo: responseTo, flags: flags, body: body, sequences: sequences)
    }

    private static func document(_ rest: inout ByteBuffer) throws(DecodingFailure) -> BSONDocument {
        guard let length: Int32 = rest.getInteger(at: rest.readerIndex, endianness: .little), length >= 5,
            let bytes = rest.readSlice(length: Int(length))
        else { throw .malformed("A document is not complete.") }
        do throws(BSONError) {
            return try BSONDocument(bytes, strictTexts: false)
        } catch {
            throw .malformed("A document cannot be read: \(error).")
        }
    }

    private static func sequence(_ rest: inout ByteBuffer) throws(DecodingFailure) -> MongoMessage.Sequence {
        guard let size: Int32 = rest.readInteger(endianness: .little), size >= 5,
            var inside = rest.readSlice(length: Int(size) - 4), let identifier = inside.readNullTerminatedString()
        else { throw .malformed("A sequence of documents is not complete.") }
        var documents: [BSONDocument] = []
        while inside.readableBytes > 0 { documents.append(try document(&inside)) }
        return MongoMessage.Sequence(identifier: identifier, documents: documents)
    }
}
