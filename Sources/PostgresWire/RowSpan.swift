import NIOCore

/// Rows that came one after the other, as the bytes in which they came: whole DataRow messages ("Message Formats"),
/// whose lengths have been checked.
public struct RowSpan: Sendable, Equatable {
    /// How many rows there are.
    public private(set) var count: Int
    /// The messages: for each the letter `D`, four bytes of length, two of the number of values, then the values.
    private(set) var messages: ByteBuffer

    /// The letter and the length of a message, and the number of values in a row.
    private static let headerSize = 7

    init(count: Int, messages: ByteBuffer) {
        self.count = count
        self.messages = messages
    }

    /// One row.
    init(_ row: DataRow) {
        count = 1
        messages = ByteBuffer()
        messages.writeInteger(UInt8(ascii: "D"))
        messages.writeInteger(Int32(row.cells.readableBytes + 6))
        messages.writeInteger(UInt16(truncatingIfNeeded: row.count))
        messages.writeImmutableBuffer(row.cells)
    }

    /// Goes over all values of all rows.
    ///
    /// - Parameters:
    ///   - rowBegan: called before a row's first value.
    ///   - value: called with a value's bytes, which are valid only during the call; nil is NULL.
    ///   - rowEnded: called after a row's last value; false ends the walk.
    public func walk(
        rowBegan: () -> Void, value: (UnsafeRawBufferPointer?) -> Void, rowEnded: () -> Bool
    ) {
        messages.withUnsafeReadableBytes { bytes in
            var index = 0
            while index < bytes.count {
                let end = index + 1 + Int(bytes.bigEndian(at: index + 1, as: Int32.self))
                index += Self.headerSize
                rowBegan()
                while index < end {
                    let length = Int(bytes.bigEndian(at: index, as: Int32.self))
                    index += 4
                    if length < 0 {
                        value(nil)
                    } else {
                        value(UnsafeRawBufferPointer(rebasing: bytes[index..<(index + length)]))
                        index += length
                    }
                }
                if !rowEnded() { return }
            }
        }
    }

    /// Takes the first row's values out.
    mutating func popCells() -> ByteBuffer? {
        guard count > 0, let length: Int32 = messages.getInteger(at: messages.readerIndex + 1) else { return nil }
        count -= 1
        messages.moveReaderIndex(forwardBy: Self.headerSize)
        return messages.readSlice(length: Int(length) - Self.headerSize + 1)
    }

    /// How many whole and proper rows of so many values the bytes begin with, and how long they are together.
    static func measure(
        _ bytes: UnsafeRawBufferPointer, columns: Int, maximumSize: Int
    ) -> (rows: Int, length: Int) {
        var rows = 0
        var start = 0
        while start + headerSize <= bytes.count, bytes[start] == UInt8(ascii: "D") {
            let size = Int(bytes.bigEndian(at: start + 1, as: Int32.self))
            let end = start + 1 + size
            guard size >= headerSize - 1, size <= maximumSize, end <= bytes.count,
                bytes.bigEndian(at: start + 5, as: UInt16.self) == columns
            else { break }
            var index = start + headerSize
            var isProper = true
            for _ in 0..<columns {
                guard index + 4 <= end else {
                    isProper = false
                    break
                }
                let length = Int(bytes.bigEndian(at: index, as: Int32.self))
                index += 4 + max(0, length)
                guard length >= -1, index <= end else {
                    isProper = false
                    break
                }
            }
            guard isProper, index == end else { break }
            start = end
            rows += 1
        }
        return (rows, start)
    }
}

extension UnsafeRawBufferPointer {
    /// The integer that stands there in network order.
    fileprivate func bigEndian<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type) -> Integer {
        Integer(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
