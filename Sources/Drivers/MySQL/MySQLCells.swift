import MySQLWire
import NIOCore
import Results

/// Writes binary rows into a result: from the bytes of the wire to the bytes of the answer.
struct MySQLCells: Sendable {
    private let cells: [MySQLCell]
    private let layout: BinaryRowLayout

    init(columns: [ColumnDefinition]) {
        cells = columns.map(MySQLTypes.cell)
        layout = BinaryRowLayout(columns: columns)
    }

    /// Writes one row.
    ///
    /// - Throws: ``MySQLWireError/protocolViolation(_:)`` where the bytes are no row; then the encoder's row is not whole.
    func write(_ row: ByteBuffer, to encoder: inout RowEncoder) throws(MySQLWireError) {
        encoder.beginRow()
        try layout.forEachCell(in: row) { index, bytes in
            guard let bytes else { return encoder.writeNull() }
            MySQLCells.write(bytes, as: cells[index], to: &encoder)
        }
        encoder.endRow()
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, as cell: MySQLCell, to encoder: inout RowEncoder) {
        switch cell {
        case .int8: encoder.write(integer: Int64(load(bytes, as: Int8.self)))
        case .uint8: encoder.write(integer: Int64(load(bytes, as: UInt8.self)))
        case .int16: encoder.write(integer: Int64(load(bytes, as: Int16.self)))
        case .uint16: encoder.write(integer: Int64(load(bytes, as: UInt16.self)))
        case .int32: encoder.write(integer: Int64(load(bytes, as: Int32.self)))
        case .uint32: encoder.write(integer: Int64(load(bytes, as: UInt32.self)))
        case .int64: encoder.write(exact: load(bytes, as: Int64.self))
        case .uint64: encoder.write(exact: load(bytes, as: UInt64.self))
        case .float: write(Float(bitPattern: load(bytes, as: UInt32.self)).description, to: &encoder)
        case .double: write(Double(bitPattern: load(bytes, as: UInt64.self)).description, to: &encoder)
        case .bytes(let form): encoder.write(bytes, as: form)
        case .date: write(bytes, to: &encoder) { $0.date($1) }
        case .dateTime(let digits):
            write(bytes, to: &encoder) { $0.dateTime($1, digits: digits) }
        case .timestamp(let digits):
            write(bytes, to: &encoder) {
                $0.dateTime($1, digits: digits)
                $0.put(UInt8(ascii: "Z"))
            }
        case .time(let digits): write(bytes, to: &encoder) { $0.time($1, digits: digits) }
        }
    }

    /// A number of the wire; the layout has seen to it that its bytes are there.
    private static func load<Number: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, as: Number.Type) -> Number {
        guard bytes.count >= MemoryLayout<Number>.size else { return 0 }
        return Number(littleEndian: bytes.loadUnaligned(as: Number.self))
    }

    /// A number's shortest digits that give it back; a whole one without the point.
    private static func write(_ digits: String, to encoder: inout RowEncoder) {
        var digits = digits
        digits.withUTF8 { text in
            let isWhole = text.count > 2 && text[text.count - 1] == 0x30 && text[text.count - 2] == UInt8(ascii: ".")
            encoder.write(
                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text).dropLast(isWhole ? 2 : 0)), as: .float)
        }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to encoder: inout RowEncoder,
        _ body: (inout CalendarText, UnsafeRawBufferPointer) -> Void
    ) {
        withUnsafeTemporaryAllocation(byteCount: CalendarText.capacity, alignment: 1) { target in
            var text = CalendarText(target)
            body(&text, bytes)
            encoder.write(text.written, as: .text)
        }
    }
}

/// Writes the protocol's dates and times ("Binary Protocol Value") as text.
private struct CalendarText {
    /// `-` and 12 digits of hours, minutes, seconds, a fraction: no value needs more.
    static let capacity = 48

    private let target: UnsafeMutableRawBufferPointer
    private var end = 0

    init(_ target: UnsafeMutableRawBufferPointer) { self.target = target }

    var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: target[..<end]) }

    mutating func put(_ byte: UInt8) {
        target[end] = byte
        end += 1
    }

    /// At least so many digits.
    private mutating func digits(_ value: Int, _ width: Int) {
        var width = width
        var bound = 1
        for _ in 0..<width { bound *= 10 }
        while value >= bound {
            width += 1
            bound *= 10
        }
        var rest = value
        for index in stride(from: end + width - 1, through: end, by: -1) {
            target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        end += width
    }

    /// `2024-02-29`; no bytes are the zero date, and what a server leaves out is zero.
    mutating func date(_ bytes: UnsafeRawBufferPointer) {
        digits(byte(bytes, 0) | byte(bytes, 1) << 8, 4)
        put(UInt8(ascii: "-"))
        digits(byte(bytes, 2), 2)
        put(UInt8(ascii: "-"))
        digits(byte(bytes, 3), 2)
    }

    /// `2024-02-29T23:59:59.000001`.
    mutating func dateTime(_ bytes: UnsafeRawBufferPointer, digits: Int) {
        date(bytes)
        put(UInt8(ascii: "T"))
        clock(bytes, at: 4, days: 0, fraction: digits)
    }

    /// `-838:59:59.000000`.
    mutating func time(_ bytes: UnsafeRawBufferPointer, digits: Int) {
        if byte(bytes, 0) == 1 { put(UInt8(ascii: "-")) }
        clock(bytes, at: 5, days: integer(bytes, 1), fraction: digits)
    }

    private mutating func clock(_ bytes: UnsafeRawBufferPointer, at start: Int, days: Int, fraction: Int) {
        digits(days * 24 + byte(bytes, start), 2)
        put(UInt8(ascii: ":"))
        digits(byte(bytes, start + 1), 2)
        put(UInt8(ascii: ":"))
        digits(byte(bytes, start + 2), 2)
        var micros = min(integer(bytes, start + 3), 999_999)
        let count = fraction <= 6 ? fraction : (micros == 0 ? 0 : 6)
        guard count > 0 else { return }
        for _ in count..<6 { micros /= 10 }
        put(UInt8(ascii: "."))
        digits(micros, count)
    }

    private func byte(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
        index < bytes.count ? Int(bytes[index]) : 0
    }

    private func integer(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
        guard index + 4 <= bytes.count else { return 0 }
        return Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
    }
}
