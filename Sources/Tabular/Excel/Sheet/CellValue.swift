import Foundation

/// What a cell holds, styles and shared strings resolved.
enum CellValue {
    /// A whole number, as a rule of 53 bits at most.
    case integer(Int64)
    case decimal(Double)
    case boolean(Bool)
    /// Days since 1970-01-01.
    case date(day: Int)
    case timestamp(day: Int, milliseconds: Int)
    /// A time of the day, or a duration of more than one.
    case time(milliseconds: Int)
    /// UTF-8 that stays where it is for as long as the workbook is read.
    case stable(UnsafeRawBufferPointer)
    /// UTF-8 in the row's own text.
    case text(offset: Int, count: Int)

    var kind: FieldKinds {
        switch self {
        case .integer(let value): value.magnitude <= 1 << 53 ? .integer : .bigInteger
        case .decimal: .decimal
        case .boolean: .boolean
        case .date: .date
        case .timestamp: .timestampBlank
        case .time: .time
        case .stable, .text: .text
        }
    }
}

/// One row of a sheet, with its cells that hold a value. It is filled anew for each row.
struct SheetRow {
    struct Cell {
        /// From 0.
        var column: Int
        var value: CellValue
        /// Whether the number is shown as a percentage.
        var isPercentage = false
    }

    /// A row's cells hold so many bytes of text at most.
    static let textLimit = 16 << 20

    /// From 1.
    var number = 0
    /// From left to right.
    private(set) var cells: [Cell] = []
    /// What texts that are not shared have, one behind the other.
    private(set) var text: [UInt8] = []
    /// Bytes of text in all cells: a shared one counts in each, since each writes it out.
    private(set) var textSize = 0

    mutating func begin(_ number: Int) {
        self.number = number
        textSize = 0
        cells.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func add(_ value: CellValue, at column: Int, isPercentage: Bool = false) {
        cells.append(Cell(column: column, value: value, isPercentage: isPercentage))
    }

    /// Adds a text that stays where it is.
    ///
    /// - Returns: false where the row has no room for it.
    mutating func add(stable bytes: UnsafeRawBufferPointer, at column: Int) -> Bool {
        guard makeRoom(for: bytes.count) else { return false }
        add(.stable(bytes), at: column)
        return true
    }

    /// Adds a text, which is copied.
    ///
    /// - Returns: false where the row has no room for it.
    mutating func add(_ bytes: UnsafeRawBufferPointer, at column: Int) -> Bool {
        guard makeRoom(for: bytes.count) else { return false }
        cells.append(Cell(column: column, value: .text(offset: text.count, count: bytes.count)))
        text.append(contentsOf: bytes)
        return true
    }

    /// Adds a text, which is copied.
    ///
    /// - Returns: false where the row has no room for it.
    mutating func add(_ text: borrowing StringText, at column: Int) -> Bool { text.withBytes { add($0, at: column) } }

    private mutating func makeRoom(for count: Int) -> Bool {
        guard textSize + count <= Self.textLimit else { return false }
        textSize += count
        return true
    }

    mutating func removeCells(where isGone: (Cell) -> Bool) { cells.removeAll(where: isGone) }

    /// A text cell's characters.
    func string(_ value: CellValue) -> String? {
        switch value {
        case .stable(let bytes): String(decoding: bytes, as: UTF8.self)
        case .text(let offset, let count): String(decoding: text[offset..<(offset + count)], as: UTF8.self)
        case .integer, .decimal, .boolean, .date, .timestamp, .time: nil
        }
    }
}
