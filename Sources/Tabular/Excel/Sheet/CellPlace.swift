/// A cell's place in a sheet.
struct CellPlace: Equatable, CustomStringConvertible {
    /// Excel's bounds (ECMA-376, part 1, section 18.3.1.73 and 18.3.1.4): `XFD1048576` is the last cell.
    static let rowLimit = 1_048_576
    static let columnLimit = 16_384

    /// From 1.
    var row: Int
    /// From 0: `A`.
    var column: Int

    /// `B3`.
    var description: String { "\(Self.letters(column))\(row)" }

    /// A column's name: `A` for 0, `AA` for 26.
    static func letters(_ column: Int) -> String {
        var letters = ""
        var rest = column + 1
        while rest > 0 {
            letters = String(UnicodeScalar(UInt8(ascii: "A") + UInt8((rest - 1) % 26))) + letters
            rest = (rest - 1) / 26
        }
        return letters
    }

    init(row: Int, column: Int) { (self.row, self.column) = (row, column) }

    /// Reads `B3`, also in small letters and with dollar signs.
    ///
    /// - Returns: nil where the text is none, or the place is beyond Excel's last cell.
    init?(_ text: UnsafePointer<UInt8>) {
        guard let (place, end) = Self.read(text), end[0] == 0 else { return nil }
        self = place
    }

    /// Reads a place from the beginning of a text that ends with a NUL.
    ///
    /// - Returns: the place, and what follows it.
    static func read(_ text: UnsafePointer<UInt8>) -> (CellPlace, rest: UnsafePointer<UInt8>)? {
        var (index, column, row) = (0, 0, 0)
        if text[index] == UInt8(ascii: "$") { index += 1 }
        while true {
            let letter = text[index] & 0xDF
            guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter) else { break }
            column = column * 26 + Int(letter - UInt8(ascii: "A")) + 1
            guard column <= columnLimit else { return nil }
            index += 1
        }
        if text[index] == UInt8(ascii: "$") { index += 1 }
        while (0x30...0x39).contains(text[index]) {
            row = row * 10 + Int(text[index] - 0x30)
            guard row <= rowLimit else { return nil }
            index += 1
        }
        guard column > 0, row > 0 else { return nil }
        return (CellPlace(row: row, column: column - 1), text + index)
    }
}

/// A rectangle of cells that look like one: the value is in the first, and what others still hold is not shown.
struct MergedArea: Equatable {
    var rows: ClosedRange<Int>
    var columns: ClosedRange<Int>

    /// - Returns: nil where the corners are in the wrong order.
    init?(_ first: CellPlace, _ last: CellPlace) {
        guard first.row <= last.row, first.column <= last.column else { return nil }
        rows = first.row...last.row
        columns = first.column...last.column
    }

    /// Whether a cell of the area has no value of its own.
    func covers(row: Int, column: Int) -> Bool {
        rows.contains(row) && columns.contains(column)
            && !(row == rows.lowerBound && column == columns.lowerBound)
    }
}
