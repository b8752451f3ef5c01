import NIOCore

/// The protocol's variable-length integers and strings ("Protocol::LengthEncodedInteger").
///
/// Every reader answers nil where the bytes end too early or announce more than is there, and takes no memory for it.
extension ByteBuffer {
    /// Reads an integer of 1, 3, 4 or 9 bytes; nil for a truncated one and for the markers 0xFB (NULL) and 0xFF.
    mutating func readLengthEncodedInteger() -> UInt64? {
        guard let first = readInteger(as: UInt8.self) else { return nil }
        switch first {
        case 0...0xFA: return UInt64(first)
        case 0xFC: return readInteger(endianness: .little, as: UInt16.self).map(UInt64.init)
        case 0xFD:
            guard let low = readInteger(endianness: .little, as: UInt16.self),
                let high = readInteger(as: UInt8.self)
            else { return nil }
            return UInt64(high) << 16 | UInt64(low)
        case 0xFE: return readInteger(endianness: .little, as: UInt64.self)
        default: return nil
        }
    }

    /// Reads a length and as many bytes, without copying them.
    mutating func readLengthEncodedSlice() -> ByteBuffer? {
        guard let length = readLengthEncodedInteger(), length <= UInt64(readableBytes) else { return nil }
        return readSlice(length: Int(length))
    }

    /// Reads a length and as many bytes as UTF-8; what is not UTF-8 is replaced.
    mutating func readLengthEncodedString() -> String? {
        readLengthEncodedSlice().map { String(buffer: $0) }
    }

    /// Reads the bytes before the next zero byte, and the zero byte; nil if there is none.
    mutating func readZeroTerminatedSlice() -> ByteBuffer? {
        guard let end = readableBytesView.firstIndex(of: 0) else { return nil }
        let slice = readSlice(length: end - readerIndex)
        moveReaderIndex(forwardBy: 1)
        return slice
    }

    /// Writes an integer in its shortest form.
    mutating func writeLengthEncodedInteger(_ value: UInt64) {
        switch value {
        case 0...0xFA: writeInteger(UInt8(value))
        case 0xFB...0xFFFF:
            writeInteger(0xFC as UInt8)
            writeInteger(UInt16(value), endianness: .little)
        case 0x1_0000...0xFF_FFFF:
            writeInteger(0xFD as UInt8)
            writeInteger(UInt16(truncatingIfNeeded: value), endianness: .little)
            writeInteger(UInt8(value >> 16))
        default:
            writeInteger(0xFE as UInt8)
            writeInteger(value, endianness: .little)
        }
    }

    /// Writes the text's length in bytes and its UTF-8.
    mutating func writeLengthEncodedString(_ text: String) {
        writeLengthEncodedInteger(UInt64(text.utf8.count))
        writeString(text)
    }

    /// Writes the text's UTF-8 and a zero byte.
    mutating func writeZeroTerminatedString(_ text: String) {
        writeString(text)
        writeInteger(0 as UInt8)
    }
}
