import NIOCore

/// Rows that came one after the other, as the bytes in which they came: whole ROW and NBCROW tokens ([MS-TDS] sections
/// 2.2.7.15 and 2.2.7.19), whose lengths have been checked.
public struct RowSpan: Sendable, Equatable {
    /// How many rows there are.
    public let count: Int
    let tokens: ByteBuffer
    private let layout: RowLayout

    init(count: Int, tokens: ByteBuffer, layout: RowLayout) {
        self.count = count
        self.tokens = tokens
        self.layout = layout
    }

    /// Goes over all values of all rows.
    ///
    /// - Parameters:
    ///   - rowBegan: called before a row's first value.
    ///   - value: called with a column's index and its value's bytes, which are valid only during the call; nil is NULL.
    ///     A value that came in chunks is put together first.
    ///   - rowEnded: called after a row's last value; false ends the walk.
    public func walk(
        rowBegan: () -> Void, value: (Int, UnsafeRawBufferPointer?) -> Void, rowEnded: () -> Bool
    ) {
        var joined: [UInt8] = []
        tokens.withUnsafeReadableBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let isSparse = bytes[offset] == TokenType.sparseRow.rawValue
                let bitmap = offset + 1
                offset += 1 + (isSparse ? layout.bitmapSize : 0)
                rowBegan()
                for (column, frame) in layout.frames.enumerated() {
                    if isSparse, bytes[bitmap + column >> 3] & (1 << UInt8(column & 7)) != 0 {
                        value(column, nil)
                    } else {
                        Self.cell(frame, bytes, &offset, &joined) { value(column, $0) }
                    }
                }
                if !rowEnded() { return }
            }
        }
    }

    /// Hands one cell out and moves behind it. The scanner has seen to it that all of it is there.
    private static func cell(
        _ frame: CellFrame, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ joined: inout [UInt8],
        _ value: (UnsafeRawBufferPointer?) -> Void
    ) {
        func hand(_ head: Int, _ length: Int) {
            let start = offset + head
            offset = start + length
            value(UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
        }
        func null(_ head: Int) {
            offset += head
            value(nil)
        }
        switch frame {
        case .fixed(0): null(0)
        case .fixed(let length): hand(0, length)
        case .byteLength:
            let length = Int(bytes[offset])
            if length == 0 { null(1) } else { hand(1, length) }
        case .shortLength:
            let length: UInt16 = bytes.littleEndian(at: offset) ?? .max
            if length == .max { null(2) } else { hand(2, Int(length)) }
        case .longLength:
            let length: UInt32 = bytes.littleEndian(at: offset) ?? 0
            if length == 0 { null(4) } else { hand(4, Int(length)) }
        case .textPointer:
            let pointer = Int(bytes[offset])
            guard pointer > 0 else { return null(1) }
            let length: UInt32 = bytes.littleEndian(at: offset + 1 + pointer + 8) ?? 0
            hand(1 + pointer + 12, Int(length))
        case .chunks:
            if bytes.littleEndian(at: offset, as: UInt64.self) == PartLength.null { return null(8) }
            offset += 8
            chunks(bytes, &offset, &joined, value)
        }
    }

    private static func chunks(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ joined: inout [UInt8],
        _ value: (UnsafeRawBufferPointer?) -> Void
    ) {
        func next() -> Range<Int> {
            let length = Int(bytes.littleEndian(at: offset, as: UInt32.self) ?? 0)
            let start = offset + 4
            offset = start + length
            return start..<offset
        }
        let first = next()
        guard !first.isEmpty else { return value(UnsafeRawBufferPointer(rebasing: bytes[first])) }
        var chunk = next()
        guard !chunk.isEmpty else { return value(UnsafeRawBufferPointer(rebasing: bytes[first])) }
        joined.removeAll(keepingCapacity: true)
        joined.append(contentsOf: bytes[first])
        while !chunk.isEmpty {
            joined.append(contentsOf: bytes[chunk])
            chunk = next()
        }
        joined.withUnsafeBytes { value($0) }
    }
}
