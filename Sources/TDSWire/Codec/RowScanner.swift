import NIOCore

/// How the cells of a result's rows are bounded.
struct RowLayout: Equatable, Sendable {
    let frames: [CellFrame]

    init(_ columns: [TDSColumn]) { frames = columns.map { CellFrame($0.type) } }

    /// Bytes of the bitmap before a row of the kind that leaves out what is NULL ([MS-TDS] section 2.2.7.15).
    var bitmapSize: Int { (frames.count + 7) / 8 }
}

/// Finds a row's end. Where the bytes are not all there yet it goes on later from where it was, so that a row that
/// comes in a thousand pieces is not read a thousand times.
struct RowScanner {
    enum Outcome: Equatable {
        case incomplete
        /// The row's length, its token included.
        case complete(Int)
        case malformed
        /// The row is to be at least so long.
        case tooLarge(Int)
    }

    /// Where the next unread byte stands, from the row's token on.
    private var offset = 0
    private var column = 0
    /// Whether `offset` is at a chunk of the column's value.
    private var isInChunks = false

    /// - Parameters:
    ///   - bytes: a row, from its token on, as far as it is there.
    ///   - limit: bytes of a row at most.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, _ layout: RowLayout, limit: Int) -> Outcome {
        guard let token = bytes.first else { return .incomplete }
        let isSparse = token == TokenType.sparseRow.rawValue
        if offset == 0 { offset = 1 + (isSparse ? layout.bitmapSize : 0) }
        guard bytes.count >= offset else { return .incomplete }
        while column < layout.frames.count {
            if isSparse, bytes[1 + column >> 3] & (1 << UInt8(column & 7)) != 0 {
                column += 1
                continue
            }
            let outcome = isInChunks ? chunks(bytes, limit) : cell(layout.frames[column], bytes, limit)
            guard let outcome else {
                column += 1
                continue
            }
            return outcome
        }
        return .complete(offset)
    }

    /// Goes over one cell.
    ///
    /// - Returns: nil where it is whole.
    private mutating func cell(_ frame: CellFrame, _ bytes: UnsafeRawBufferPointer, _ limit: Int) -> Outcome? {
        switch frame {
        case .fixed(let length): return skip(0, length, bytes, limit)
        case .byteLength(let lengths):
            guard let length: UInt8 = bytes.littleEndian(at: offset) else { return .incomplete }
            guard length == 0 || lengths == 0 || (length < 32 && lengths & 1 << UInt32(length) != 0) else {
                return .malformed
            }
            return skip(1, Int(length), bytes, limit)
        case .shortLength:
            guard let length: UInt16 = bytes.littleEndian(at: offset) else { return .incomplete }
            return skip(2, length == .max ? 0 : Int(length), bytes, limit)
        case .longLength:
            guard let length: UInt32 = bytes.littleEndian(at: offset) else { return .incomplete }
            return skip(4, Int(length), bytes, limit)
        case .textPointer:
            guard let pointer: UInt8 = bytes.littleEndian(at: offset) else { return .incomplete }
            guard pointer > 0 else { return skip(1, 0, bytes, limit) }
            let start = 1 + Int(pointer) + 8
            guard let length: UInt32 = bytes.littleEndian(at: offset + start) else { return .incomplete }
            return skip(start + 4, Int(length), bytes, limit)
        case .chunks:
            guard let total: UInt64 = bytes.littleEndian(at: offset) else { return .incomplete }
            if total == PartLength.null { return skip(8, 0, bytes, limit) }
            guard total == PartLength.unknown || total <= UInt64(limit) else {
                return .tooLarge(Int(clamping: total))
            }
            offset += 8
            isInChunks = true
            return chunks(bytes, limit)
        }
    }

    private mutating func chunks(_ bytes: UnsafeRawBufferPointer, _ limit: Int) -> Outcome? {
        while true {
            guard let length: UInt32 = bytes.littleEndian(at: offset) else { return .incomplete }
            if let outcome = skip(4, Int(length), bytes, limit) { return outcome }
            if length == 0 {
                isInChunks = false
                return nil
            }
        }
    }

    private mutating func skip(_ head: Int, _ length: Int, _ bytes: UnsafeRawBufferPointer, _ limit: Int) -> Outcome? {
        let end = offset + head + length
        guard end <= limit else { return .tooLarge(end) }
        guard end <= bytes.count else { return .incomplete }
        offset = end
        return nil
    }
}

/// Lengths of values that come in chunks ([MS-TDS] section 2.2.5.2.3).
enum PartLength {
    static let null = UInt64.max
    static let unknown = UInt64.max - 1
}

extension UnsafeRawBufferPointer {
    /// The number that stands there; nil where the bytes end before.
    func littleEndian<Number: FixedWidthInteger>(at offset: Int, as: Number.Type = Number.self) -> Number? {
        guard offset >= 0, offset + MemoryLayout<Number>.size <= count else { return nil }
        return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
