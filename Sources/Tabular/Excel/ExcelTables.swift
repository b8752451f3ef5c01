import GRDB
import SourceModel

/// A workbook that is open: its sheets can be read, in any order and more than once.
protocol Workbook {
    /// What the file is, such as `Excel workbook (.xlsx)`.
    var displayName: String { get }
    /// The sheets with cells, in the workbook's order.
    var sheets: [SheetFacts] { get }
    var dateSystem: DateSystem { get }

    /// Says how much there is to be read.
    ///
    /// - Parameter indices: the sheets that will be.
    func expect(_ indices: [Int], _ reading: TabularReading)

    /// Reads what all sheets need.
    func prepare() throws

    /// Reads a sheet into a table.
    ///
    /// - Returns: nil where the sheet holds no value; there is then no table.
    /// - Throws: `SourceFailure`, or what the table throws.
    func read(_ index: Int, into table: consuming SheetTable) throws -> TabularTable?
}

/// A workbook's sheets as tables of a database.
enum ExcelTables {
    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: an empty file that becomes the database; files of the same name with an ending may be made beside it.
    ///   - reading: told how far it is; what it throws ends the reading.
    /// - Throws: `SourceFailure`, `FileChanged`, or what `reading` throws.
    static func build(
        from identity: FileIdentity, named name: String, options: ExcelOptions, at path: String,
        _ reading: TabularReading
    ) throws -> TabularContents {
        let file = try OpenFile(identity.path, named: name)
        guard try file.identity() == identity else { throw FileChanged() }
        let contents: TabularContents
        do {
            let workbook: any Workbook =
                switch try WorkbookKind(of: file, named: name) {
                case .openXML:
                    try OpenXMLWorkbook(file, size: identity.size, named: name, scratch: path, reading)
                case .compound: try BIFFWorkbook(file, size: identity.size, named: name, scratch: path, reading)
                }
            contents = try build(workbook, options, named: name, at: path, reading)
        } catch {
            // Half of one content and half of another is nobody's mistake.
            guard try file.identity() == identity else { throw FileChanged() }
            throw error
        }
        guard try file.identity() == identity else { throw FileChanged() }
        return contents
    }

    private static func build(
        _ workbook: any Workbook, _ options: ExcelOptions, named name: String, at path: String,
        _ reading: TabularReading
    ) throws -> TabularContents {
        let indices = try indices(of: workbook, options, named: name)
        workbook.expect(indices, reading)
        try workbook.prepare()
        let names = ColumnNames.tables(ofSheets: workbook.sheets.map(\.name))
        let tables = try DatabaseFile.write(at: path, named: name) { database in
            try indices.compactMap { index in
                try read(
                    workbook, index, named: names[index], hasHeader: options.header, into: database, reading)
            }
        }
        guard !tables.isEmpty else {
            throw SourceFailure(
                .open, .fileMalformed,
                "\(name) holds no values in \(options.sheet.map { "sheet \($0)" } ?? "any sheet").",
                hint: "Write at least the columns' names into a sheet.")
        }
        let empty = indices.count - tables.count
        var words = [workbook.displayName, count(tables.count, "sheet")]
        if empty > 0 { words.append(count(empty, "empty sheet") + " left out") }
        words.append(workbook.dateSystem == .from1904 ? "dates from 1904" : "dates from 1900")
        return TabularContents(tables: tables, summary: words.joined(separator: ", "))
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static func indices(
        of workbook: any Workbook, _ options: ExcelOptions, named name: String
    ) throws(SourceFailure) -> [Int] {
        let sheets = workbook.sheets
        guard !sheets.isEmpty else {
            throw SourceFailure(
                .open, .fileMalformed, "\(name) has no sheet with cells.", hint: "Add a worksheet to the workbook.")
        }
        guard let wanted = options.sheet else { return Array(sheets.indices) }
        if let index = sheets.firstIndex(where: { $0.name.lowercased() == wanted.lowercased() }) { return [index] }
        let known = sheets.prefix(10).map(\.name).joined(separator: ", ") + (sheets.count > 10 ? ", …" : "")
        throw SourceFailure(
            .open, .fileNotFound, "\(name) has no sheet \(wanted).",
            hint: "Set options.sheet to one of these: \(known).")
    }

    private static func read(
        _ workbook: any Workbook, _ index: Int, named table: String, hasHeader: Bool?, into database: Database,
        _ reading: TabularReading
    ) throws -> TabularTable? {
        var knowledge = SheetTable.Knowledge()
        while true {
            do {
                return try workbook.read(
                    index,
                    into: SheetTable(
                        database, name: table, of: workbook.sheets[index], hasHeader: hasHeader, knowing: knowledge,
                        reading))
            } catch let restart as SheetTable.Restart {
                // It ends: merged areas are learned once, and the first column only moves to the left.
                knowledge = restart.knowledge
                try database.execute(sql: "DROP TABLE IF EXISTS \(ColumnNames.quoted(table))")
            }
        }
    }
}
