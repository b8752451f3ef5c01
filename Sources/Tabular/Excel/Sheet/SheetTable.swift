import Foundation
import GRDB
import SourceModel

/// Takes the rows of a sheet as they come and makes a table of them. The first rows wait until it is clear whether there
/// is a header; after them nothing is kept.
struct SheetTable: ~Copyable {
    /// What was learned of a sheet too late: it has to be read again.
    struct Restart: Error {
        var knowledge: Knowledge
    }

    /// What is known of a sheet from an earlier reading.
    struct Knowledge {
        /// The leftmost column that has a value.
        var firstColumn: Int?
        var merged: [MergedArea] = []
    }

    /// So many rows, or bytes of text in them, are looked at for a header.
    private static let sampleRows = 200
    private static let sampleText = 4 << 20

    private let database: Database
    /// The table's name.
    let name: String
    private let sheet: SheetFacts
    private let hasHeader: Bool?
    private let reading: TabularReading
    private var knowledge: Knowledge
    private var sweep: MergedSweep

    private var sample: [SheetRow] = []
    private var sampleText = 0
    /// The names that the first row gives to columns; empty without a header.
    private var header: [Int: String] = [:]
    private var headerRow: Int?
    private var firstColumn = 0
    /// The leftmost value, where it is to the left of what the first rows have.
    private var leftmost: Int?
    private var columns: [SheetColumn] = []
    private var writer: TableWriter?
    private var rows = 0
    /// Where the table's rows are in the sheet: each entry holds from a row of the table on.
    private var places: [(tableRow: Int, sheetRow: Int)] = []

    /// - Parameters:
    ///   - name: the table's.
    ///   - hasHeader: whether the first row names the columns; nil looks.
    init(
        _ database: Database, name: String, of sheet: SheetFacts, hasHeader: Bool?, knowing knowledge: Knowledge,
        _ reading: TabularReading
    ) {
        (self.database, self.name, self.sheet) = (database, name, sheet)
        (self.hasHeader, self.knowledge, self.reading) = (hasHeader, knowledge, reading)
        sweep = MergedSweep(knowledge.merged)
    }

    /// Takes the next row.
    ///
    /// - Throws: `SourceFailure`, `Restart` or `DatabaseError`.
    mutating func take(_ row: inout SheetRow) throws {
        try sweep.clear(&row, of: sheet)
        guard !row.cells.isEmpty else { return }
        guard writer == nil else { return try insert(row) }
        sample.append(row)
        sampleText += row.textSize
        if sample.count >= Self.sampleRows || sampleText >= Self.sampleText { try settle() }
    }

    /// Says that every row was taken.
    ///
    /// - Parameters:
    ///   - merged: the sheet's merged areas.
    ///   - comment: what else is to be known of it.
    /// - Returns: nil where the sheet holds no value; there is then no table.
    /// - Throws: `Restart` where the sheet goes further to the left than its first rows, or cells inside of merged areas
    ///   were taken for values.
    mutating func finish(merged: [MergedArea], comment: String?) throws -> TabularTable? {
        if let leftmost { throw Restart(knowledge: Knowledge(firstColumn: leftmost, merged: merged)) }
        if writer == nil { try settle() }
        guard var writer = writer.take() else { return nil }
        if knowledge.merged.isEmpty {
            for area in merged where try holdsHiddenValue(area) {
                throw Restart(knowledge: Knowledge(firstColumn: knowledge.firstColumn, merged: merged))
            }
        }
        // Columns that only the header has.
        let named = (header.keys.max() ?? firstColumn) - firstColumn + 1
        if named > writer.width { try widen(&writer, to: named) }
        try convert()
        let names = ColumnNames.unique((0..<writer.width).map { header[firstColumn + $0] ?? "" })
        let described = zip(names, columns).map { name, column in
            let isPercentage = column.count > 0 && column.percentages == column.count
            return TabularColumn(
                name: name, type: column.type, isNullable: column.count < rows,
                comment: isPercentage ? "percentage: 0.125 is 12.5 %" : nil)
        }
        try writer.finish(described)
        return TabularTable(name: name, kind: .sheet, columns: described, rows: rows, comment: comment)
    }

    // MARK: The first rows

    private mutating func settle() throws {
        let leftmost = sample.compactMap { $0.cells.first?.column }.min()
        guard let leftmost else { return }
        firstColumn = min(leftmost, knowledge.firstColumn ?? leftmost)
        let rightmost = max(sample.compactMap { $0.cells.last?.column }.max() ?? 0, firstColumn)
        let widest = sample.first { $0.cells.last?.column == rightmost }
        try checkWidth(rightmost, row: widest?.number ?? 1)
        if hasHeader ?? SheetHeader.isThere(in: sample), let first = sample.first {
            for cell in first.cells { header[cell.column] = first.heading(cell) }
            headerRow = first.number
            sample.removeFirst()
        }
        let width = rightmost - firstColumn + 1
        columns = Array(repeating: SheetColumn(), count: width)
        writer = try TableWriter(database, table: name, width: width)
        let rows = sample
        sample = []
        for row in rows { try insert(row) }
    }

    private func checkWidth(_ column: Int, row: Int) throws {
        guard column - firstColumn >= TableWriter.columnLimit else { return }
        throw sheet.failure(
            .fileTooLarge, at: CellPlace(row: row, column: column),
            "a value beyond the \(TableWriter.columnLimit) columns that are read, which begin at "
                + CellPlace.letters(firstColumn), hint: "Remove the value, or move it to a sheet of its own.")
    }

    // MARK: Rows

    private mutating func insert(_ row: SheetRow) throws {
        if let first = row.cells.first, first.column < leftmost ?? firstColumn { leftmost = first.column }
        // What follows is only looked at for how far to the left the sheet goes.
        guard leftmost == nil else { return }
        rows += 1
        if rows.isMultiple(of: 256) { reading.note(rows: rows) }
        if places.last.map({ row.number - $0.sheetRow != rows - $0.tableRow }) ?? true {
            places.append((rows, row.number))
        }
        guard var writer = writer.take() else { return }
        if let last = row.cells.last, last.column - firstColumn >= writer.width {
            try checkWidth(last.column, row: row.number)
            try widen(&writer, to: last.column - firstColumn + 1)
        }
        try row.text.withUnsafeBytes { text in
            var next = 0
            for cell in row.cells {
                let index = cell.column - firstColumn
                while next < index {
                    writer.bindNull(at: CInt(next + 1))
                    next += 1
                }
                next = index + 1
                columns[index].take(cell.value.kind, isPercentage: cell.isPercentage, row: rows)
                if columns[index].isText {
                    writer.bind(asText: cell.value, text, at: CInt(index + 1))
                } else {
                    writer.bind(cell.value, text, at: CInt(index + 1))
                }
            }
            while next < writer.width {
                writer.bindNull(at: CInt(next + 1))
                next += 1
            }
            try writer.insert()
        }
        self.writer = consume writer
    }

    private mutating func widen(_ writer: inout TableWriter, to width: Int) throws {
        try writer.widen(to: width)
        columns += Array(repeating: SheetColumn(), count: width - columns.count)
    }

    // MARK: The end

    /// Gives what is stored the form of its column's type.
    private func convert() throws {
        let conversions = columns.enumerated().compactMap { index, column in
            column.conversion(of: "c\(index)").map { "c\(index) = \($0)" }
        }
        guard !conversions.isEmpty else { return }
        try TableWriter.addPlainNumber(to: database)
        // SQLite takes so many assignments in one statement as there are columns.
        try database.execute(
            sql: "UPDATE \(ColumnNames.quoted(name)) SET \(conversions.joined(separator: ", "))")
    }

    /// Whether a cell that a merged area covers was taken for a value.
    private func holdsHiddenValue(_ area: MergedArea) throws -> Bool {
        if let headerRow, header.keys.contains(where: { area.covers(row: headerRow, column: $0) }) { return true }
        let (left, right) = (
            max(area.columns.lowerBound - firstColumn, 0),
            min(area.columns.upperBound - firstColumn, columns.count - 1)
        )
        guard left <= right else { return false }
        // From the place that holds the area's first row; places go down the sheet.
        let after = firstPlace(below: area.rows.lowerBound)
        for index in max(after - 1, 0)..<places.count {
            let place = places[index]
            guard place.sheetRow <= area.rows.upperBound else { break }
            try reading.advance(by: 0)
            let end = index + 1 < places.count ? places[index + 1].tableRow : rows + 1
            let lastSheetRow = place.sheetRow + end - place.tableRow - 1
            let (first, last) = (max(area.rows.lowerBound, place.sheetRow), min(area.rows.upperBound, lastSheetRow))
            guard first <= last else { continue }
            let shift = place.tableRow - place.sheetRow
            let values = (left...right).map { index in
                let isFirst = index + firstColumn == area.columns.lowerBound
                return isFirst
                    ? "rowid <> \(area.rows.lowerBound + shift) AND c\(index) IS NOT NULL" : "c\(index) IS NOT NULL"
            }
            let found = try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM \(ColumnNames.quoted(name)) "
                    + "WHERE rowid BETWEEN \(first + shift) AND \(last + shift) AND (\(values.joined(separator: " OR "))))"
            )
            if found == true { return true }
        }
        return false
    }

    /// The index of the first place that lies below a row of the sheet.
    private func firstPlace(below row: Int) -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle].sheetRow > row { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
