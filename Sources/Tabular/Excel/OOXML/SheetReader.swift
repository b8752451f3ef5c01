import SourceModel

/// Reads a sheet's part and gives its rows to a table (ECMA-376, part 1, section 18.3).
struct SheetReader: ~Copyable {
    /// What a cell's `t` says of its value (section 18.18.11).
    private enum CellType {
        case number, shared, formulaText, inline, boolean, error, date
    }

    private let sheet: SheetFacts
    private let styles: CellStyles
    private let strings: StringStore?
    private let dateSystem: DateSystem
    private var table: SheetTable
    private(set) var notes: SheetNotes
    private var merged: [MergedArea] = []

    private var row = SheetRow()
    private var isInRow = false
    /// The place of the cell that is read, or of the last one.
    private var place = CellPlace(row: 0, column: -1)
    private var isInCell = false
    private var type = CellType.number
    private var style = 0
    private var hasFormula = false
    private var isInValue = false
    private var isInline = false
    private var text = StringText()

    init(
        _ sheet: SheetFacts, _ styles: CellStyles, _ strings: StringStore?, _ dateSystem: DateSystem,
        into table: consuming SheetTable
    ) {
        (self.sheet, self.styles, self.strings, self.dateSystem) = (sheet, styles, strings, dateSystem)
        self.table = table
        notes = SheetNotes(sheet.visibility)
    }

    /// Says that the part was read.
    ///
    /// - Returns: nil where the sheet holds no value.
    mutating func finish() throws -> TabularTable? { try table.finish(merged: merged, comment: notes.comment) }

    // MARK: Events

    mutating func begin(_ name: XMLName, _ attributes: XMLAttributes) throws {
        if isInCell {
            switch name.letter {
            case UInt8(ascii: "v"): isInValue = true
            case UInt8(ascii: "f"): hasFormula = true
            default: if name == "is" { isInline = true } else if isInline { text.begin(name) }
            }
        } else if isInRow {
            if name.letter == UInt8(ascii: "c") { try beginCell(attributes) }
        } else if name == "row" {
            try beginRow(attributes)
        } else if name == "mergeCell" {
            try merge(attributes)
        }
    }

    mutating func end(_ name: XMLName) throws {
        if isInCell {
            switch name.letter {
            case UInt8(ascii: "v"): isInValue = false
            case UInt8(ascii: "c"): try endCell()
            default: if name == "is" { isInline = false } else if isInline { text.end(name) }
            }
        } else if isInRow, name == "row" {
            isInRow = false
            try table.take(&row)
        }
    }

    mutating func text(_ bytes: UnsafeRawBufferPointer) throws {
        guard isInValue ? text.append(bytes) : !isInline || text.take(bytes) else {
            throw sheet.failure(
                .fileTooLarge, at: place, "a text of more than \(StringText.limit) bytes", hint: "Shorten the text.")
        }
    }

    // MARK: Rows and cells

    private mutating func beginRow(_ attributes: XMLAttributes) throws {
        var number = place.row + 1
        if let text = attributes[bytes: "r"] {
            guard let read = Self.number(text), read > place.row else {
                throw sheet.failure(
                    .fileMalformed, "row \(attributes["r"] ?? "") comes after row \(place.row)", hint: Self.hint)
            }
            number = read
        }
        guard number <= CellPlace.rowLimit else {
            throw sheet.failure(
                .fileMalformed, "row \(number) is beyond the last that a sheet can have, \(CellPlace.rowLimit)",
                hint: Self.hint)
        }
        place = CellPlace(row: number, column: -1)
        row.begin(number)
        isInRow = true
    }

    private mutating func beginCell(_ attributes: XMLAttributes) throws {
        var column = place.column + 1
        (type, style, hasFormula) = (.number, 0, false)
        text.removeAll()
        try attributes.forEach { name, value in
            switch name.letter {
            case UInt8(ascii: "r"):
                guard let read = CellPlace(value), read.row == place.row, read.column > place.column else {
                    throw sheet.failure(
                        .fileMalformed,
                        "cell \(String(cString: value)) comes after "
                            + (place.column < 0 ? "the beginning of row \(place.row)" : "cell \(place)"),
                        hint: Self.hint)
                }
                column = read.column
            case UInt8(ascii: "s"): style = Self.number(value) ?? 0
            case UInt8(ascii: "t"): type = try cellType(value)
            default: break
            }
        }
        place.column = column
        guard column < CellPlace.columnLimit else {
            throw sheet.failure(
                .fileMalformed, "row \(place.row) has more than \(CellPlace.columnLimit) cells", hint: Self.hint)
        }
        isInCell = true
    }

    private func cellType(_ value: UnsafePointer<UInt8>) throws -> CellType {
        if value[1] == 0 {
            switch value[0] {
            case UInt8(ascii: "n"): return .number
            case UInt8(ascii: "s"): return .shared
            case UInt8(ascii: "b"): return .boolean
            case UInt8(ascii: "e"): return .error
            case UInt8(ascii: "d"): return .date
            default: break
            }
        }
        switch String(cString: value) {
        case "str": return .formulaText
        case "inlineStr": return .inline
        case let other:
            throw sheet.failure(
                .fileMalformed, at: CellPlace(row: place.row, column: place.column + 1),
                "a cell of the unknown type \(other.prefix(20))", hint: Self.hint)
        }
    }

    private mutating func endCell() throws {
        isInCell = false
        // A cell without a value has a style, or is a formula that nobody has worked out.
        guard text.count > 0 || type == .inline || type == .formulaText else {
            if hasFormula { notes.sawFormulaWithoutValue(at: place) }
            return
        }
        let column = place.column
        switch type {
        case .number: try addNumber(at: column)
        case .shared:
            let index = text.withBytes { Self.number($0) }
            guard let index, let string = strings?.string(index) else {
                throw sheet.failure(
                    .fileMalformed, at: place, "a shared string that the workbook does not have", hint: Self.hint)
            }
            // An empty text is no value, as in every other file.
            guard string.count == 0 || row.add(stable: string, at: column) else { throw sheet.rowTooLong(at: place) }
        case .formulaText, .inline: try addText(at: column)
        case .boolean:
            guard let flag = text.withBytes({ Self.flag($0) }) else {
                throw sheet.failure(.fileMalformed, at: place, "a truth value that is none", hint: Self.hint)
            }
            row.add(.boolean(flag), at: column)
        case .error: notes.sawError(text.withBytes { String(decoding: $0.prefix(20), as: UTF8.self) }, at: place)
        case .date:
            let moment = text.withBytes { CellMoment.read($0) }
            if let moment { row.add(moment, at: column) } else { try addText(at: column) }
        }
    }

    private mutating func addNumber(at column: Int) throws {
        let reading = text.withBytes { CellNumber.read($0) }
        let format = styles[style]
        switch reading {
        case .integer(let value):
            if let moment = moment(Double(value), format) {
                row.add(moment, at: column)
            } else {
                row.add(.integer(value), at: column, isPercentage: format == .percentage)
            }
        case .decimal(let value):
            row.add(moment(value, format) ?? .decimal(value), at: column, isPercentage: format == .percentage)
        case .digits: try addText(at: column)
        case nil: throw sheet.failure(.fileMalformed, at: place, "a number that is none", hint: Self.hint)
        }
    }

    @inline(__always)
    private func moment(_ value: Double, _ format: NumberFormat) -> CellValue? {
        format == .number ? nil : dateSystem.value(value, shownAs: format)
    }

    private mutating func addText(at column: Int) throws {
        text.unescape()
        guard text.count == 0 || row.add(text, at: column) else { throw sheet.rowTooLong(at: place) }
    }

    private mutating func merge(_ attributes: XMLAttributes) throws {
        guard let text = attributes[bytes: "ref"] else { return }
        // An area of one cell covers nothing.
        guard let (first, rest) = CellPlace.read(text), rest[0] == UInt8(ascii: ":"),
            let last = CellPlace(rest + 1), let area = MergedArea(first, last)
        else { return }
        try sheet.add(area, to: &merged)
    }

    private static let hint = "Save the workbook anew with a spreadsheet program."

    /// A truth value of XML Schema (part 2, section 3.3.2).
    private static func flag(_ text: UnsafeRawBufferPointer) -> Bool? {
        switch text.count {
        case 1: text[0] == 0x31 ? true : text[0] == 0x30 ? false : nil
        case 4: text.elementsEqual("true".utf8) ? true : nil
        case 5: text.elementsEqual("false".utf8) ? false : nil
        default: nil
        }
    }

    /// A whole number without a sign, of at most nine digits.
    private static func number(_ text: UnsafePointer<UInt8>) -> Int? {
        var (value, index) = (0, 0)
        while text[index] != 0 {
            guard (0x30...0x39).contains(text[index]), index < 9 else { return nil }
            value = value * 10 + Int(text[index] - 0x30)
            index += 1
        }
        return index > 0 ? value : nil
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> Int? {
        guard text.count > 0, text.count <= 9 else { return nil }
        var value = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
