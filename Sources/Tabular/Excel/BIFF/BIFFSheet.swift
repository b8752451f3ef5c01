import SourceModel

/// Reads the records of one sheet and gives its rows to a table ([MS-XLS], section 2.1.7.20.5).
struct BIFFSheet: ~Copyable {
    private typealias Kind = BIFFRecords.Kind

    private let sheet: SheetFacts
    private let records: BIFFRecords
    private let formats: [NumberFormat]
    private let strings: StringStore?
    private let dateSystem: DateSystem
    private let name: String
    private var table: SheetTable
    private var notes: SheetNotes
    private var merged: [MergedArea] = []
    private var row = SheetRow()
    private var place = CellPlace(row: 0, column: -1)
    /// Whether the string record that comes is the value of the formula at `place`.
    private var awaitsString = false

    init(
        _ sheet: SheetFacts, _ records: BIFFRecords, _ formats: [NumberFormat], _ strings: StringStore?,
        _ dateSystem: DateSystem, named name: String, into table: consuming SheetTable
    ) {
        (self.sheet, self.records, self.formats, self.strings) = (sheet, records, formats, strings)
        (self.dateSystem, self.name) = (dateSystem, name)
        self.table = table
        notes = SheetNotes(sheet.visibility)
    }

    /// - Returns: nil where the sheet holds no value.
    mutating func read() throws -> TabularTable? {
        guard try records.next(), records.kind == Kind.beginning else {
            throw sheet.failure(.fileMalformed, "it is not where the workbook says", hint: Self.hint)
        }
        // Charts on the sheet are sheets of their own inside of it.
        var depth = 1
        while depth > 0, try records.next() {
            switch records.kind {
            case Kind.beginning: depth += 1
            case Kind.endOfFile: depth -= 1
            default: if depth == 1 { try readRecord() }
            }
        }
        guard depth == 0 else { throw sheet.failure(.fileMalformed, "it is cut off", hint: Self.hint) }
        try endRow()
        return try table.finish(merged: merged, comment: notes.comment)
    }

    private mutating func readRecord() throws {
        switch records.kind {
        case Kind.number:
            try move()
            try add(number: records.double(at: 6), style: style(4))
        case Kind.rk:
            try move()
            try add(number: Self.rk(records.number(at: 6, bytes: 4)), style: style(4))
        case Kind.multipleRK: try readMultiple()
        case Kind.sharedString:
            try move()
            guard let string = strings?.string(try records.number(at: 6, bytes: 4)) else {
                throw sheet.failure(
                    .fileMalformed, at: place, "a shared string that the workbook does not have", hint: Self.hint)
            }
            guard string.count == 0 || row.add(stable: string, at: place.column) else {
                throw sheet.rowTooLong(at: place)
            }
        case Kind.label, Kind.richString:
            try move()
            try addText(at: 6)
        case Kind.boolOrError:
            try move()
            try add(boolOrError: records.number(at: 6, bytes: 1), isError: records.number(at: 7, bytes: 1) != 0)
        case Kind.formula: try readFormula()
        case Kind.string:
            guard awaitsString else { return }
            awaitsString = false
            try addText(at: 0)
        case Kind.mergedCells: try readMerged()
        default: break
        }
    }

    // MARK: Cells

    private static let hint = "Save it anew as an Excel workbook (.xlsx)."

    /// Goes to the record's cell.
    private mutating func move() throws {
        try move(row: records.number(at: 0, bytes: 2) + 1, column: records.number(at: 2, bytes: 2))
    }

    private mutating func move(row number: Int, column: Int) throws {
        awaitsString = false
        if number != place.row {
            guard number > place.row else {
                throw sheet.failure(
                    .fileMalformed, "row \(number) comes after row \(place.row)", hint: Self.hint)
            }
            try endRow()
            row.begin(number)
            place = CellPlace(row: number, column: -1)
        }
        guard column > place.column, column < 256 else {
            throw sheet.failure(
                .fileMalformed, "cell \(CellPlace(row: number, column: column)) comes after cell \(place)",
                hint: Self.hint)
        }
        place.column = column
    }

    private mutating func endRow() throws {
        if place.row > 0 { try table.take(&row) }
    }

    private func style(_ index: Int) throws -> NumberFormat {
        let style = try records.number(at: index, bytes: 2)
        return style < formats.count ? formats[style] : .number
    }

    private mutating func add(number value: Double, style: NumberFormat) throws {
        guard value.isFinite else {
            throw sheet.failure(.fileMalformed, at: place, "a number that is none", hint: Self.hint)
        }
        if let moment = dateSystem.value(value, shownAs: style) { return row.add(moment, at: place.column) }
        let isWhole = value.magnitude <= 0x1p53 && value == value.rounded()
        row.add(
            isWhole ? .integer(Int64(value)) : .decimal(value), at: place.column, isPercentage: style == .percentage)
    }

    /// A number in 30 bits: a whole one, or the upper part of a double, and either of them a hundredth (section 2.5.217).
    private static func rk(_ bits: Int) -> Double {
        let value =
            bits & 2 != 0
            ? Double(Int32(truncatingIfNeeded: bits) >> 2) : Double(bitPattern: UInt64(bits & 0xFFFF_FFFC) << 32)
        return bits & 1 != 0 ? value / 100 : value
    }

    private mutating func readMultiple() throws {
        let first = try records.number(at: 2, bytes: 2)
        let count = (records.data.count - 6) / 6
        for index in 0..<max(count, 0) {
            try move(row: records.number(at: 0, bytes: 2) + 1, column: first + index)
            try add(number: Self.rk(records.number(at: 6 + index * 6, bytes: 4)), style: style(4 + index * 6))
        }
    }

    /// A formula's value: a double, unless its two last bytes say that it is something else (section 2.5.133).
    private mutating func readFormula() throws {
        try move()
        guard try records.number(at: 12, bytes: 2) == 0xFFFF else {
            return try add(number: records.double(at: 6), style: style(4))
        }
        let value = try records.number(at: 8, bytes: 1)
        switch try records.number(at: 6, bytes: 1) {
        case 0: awaitsString = true
        case 1: try add(boolOrError: value, isError: false)
        case 2: try add(boolOrError: value, isError: true)
        default: break
        }
    }

    private mutating func add(boolOrError value: Int, isError: Bool) throws {
        if isError {
            notes.sawError(Self.errors[value] ?? "#\(value)", at: place)
        } else {
            row.add(.boolean(value != 0), at: place.column)
        }
    }

    /// Section 2.5.10.
    private static let errors = [
        0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    ]

    private mutating func addText(at index: Int) throws {
        var strings = BIFFStringReader(records, at: index, named: name)
        try strings.next(countSize: 2)
        let isThere = strings.text.withUnsafeBytes { $0.count == 0 || row.add($0, at: place.column) }
        guard isThere else { throw sheet.rowTooLong(at: place) }
    }

    private mutating func readMerged() throws {
        let count = try records.number(at: 0, bytes: 2)
        for index in 0..<count {
            let start = 2 + index * 8
            let first = CellPlace(
                row: try records.number(at: start, bytes: 2) + 1, column: try records.number(at: start + 4, bytes: 2))
            let last = CellPlace(
                row: try records.number(at: start + 2, bytes: 2) + 1,
                column: try records.number(at: start + 6, bytes: 2))
            if let area = MergedArea(first, last) { try sheet.add(area, to: &merged) }
        }
    }
}
