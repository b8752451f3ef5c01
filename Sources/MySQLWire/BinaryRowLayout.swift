import NIOCore

/// How the cells of binary rows lie ("Binary Protocol Resultset Row"); walks them without making values of them.
public struct BinaryRowLayout: Sendable, Equatable {
    /// How many bytes a cell has; 0 for those that begin with their length, below 0 for those without any.
    private let widths: [Int]

    /// The layout of rows of these columns.
    public init(columns: [ColumnDefinition]) {
        widths = columns.map { column in
            switch column.type {
            case .null: -1
            case .tiny: 1
            case .short, .year: 2
            case .long, .int24, .float: 4
            case .longLong, .double: 8
            default: 0
            }
        }
    }

    /// Calls the body for each cell in order, with its column's index and its bytes: numbers as they lie, in little-endian
    /// order and at any address; dates and times as they lie, without their length; everything else without its length.
    /// Nil is NULL. The bytes may be used inside the body only.
    ///
    /// - Throws: ``MySQLWireError/protocolViolation(_:)`` where the bytes are no row of these columns; the body has been
    ///   called for the cells before.
    public func forEachCell(
        in row: ByteBuffer, _ body: (Int, UnsafeRawBufferPointer?) -> Void
    ) throws(MySQLWireError) {
        guard row.withUnsafeReadableBytes({ walk($0, body) }) else {
            throw .protocolViolation("a row whose values can be read")
        }
    }

    private func walk(_ row: UnsafeRawBufferPointer, _ body: (Int, UnsafeRawBufferPointer?) -> Void) -> Bool {
        // One byte 0, then a bit for each column, the first two unused.
        var index = 1 + (widths.count + 9) / 8
        guard row.count >= index, row[0] == 0 else { return false }
        for (column, width) in widths.enumerated() {
            let bit = column + 2
            if width < 0 || row[1 + (bit >> 3)] & (1 << UInt8(truncatingIfNeeded: bit & 7)) != 0 {
                body(column, nil)
                continue
            }
            var length = width
            if width == 0 {
                guard let announced = Self.length(row, &index) else { return false }
                length = announced
            }
            guard length <= row.count - index else { return false }
            body(column, UnsafeRawBufferPointer(rebasing: row[index..<index + length]))
            index += length
        }
        return index == row.count
    }

    /// The length before a cell, at most what a buffer can hold; nil where it is none.
    private static func length(_ row: UnsafeRawBufferPointer, _ index: inout Int) -> Int? {
        guard index < row.count else { return nil }
        let first = row[index]
        index += 1
        let bytes: Int
        switch first {
        case 0...0xFA: return Int(first)
        case 0xFC: bytes = 2
        case 0xFD: bytes = 3
        case 0xFE: bytes = 8
        default: return nil
        }
        guard bytes <= row.count - index else { return nil }
        var length: UInt64 = 0
        for offset in 0..<bytes { length |= UInt64(row[index + offset]) << UInt64(8 * offset) }
        index += bytes
        return Int(exactly: length)
    }
}
