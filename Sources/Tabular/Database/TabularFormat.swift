import SourceModel

/// What a file is read as, and how.
package enum TabularFormat: Sendable, Hashable {
    /// A text with delimited fields: one table with the file's name.
    case csv(DialectOptions)
    /// A workbook: each sheet with values is a table.
    case excel(ExcelOptions)

    /// Reads a file into a database.
    ///
    /// - Parameters:
    ///   - name: the file's name in failures.
    ///   - path: an empty file that becomes the database.
    ///   - reading: told how far it is; what it throws ends the reading.
    /// - Throws: `SourceFailure`, `FileChanged`, or what `reading` throws.
    func build(
        from identity: FileIdentity, named name: String, at path: String, _ reading: TabularReading
    ) throws -> TabularContents {
        switch self {
        case .csv(let options):
            let table = ColumnNames.table(ofPath: name)
            let survey = try CSVTable.build(
                from: identity, named: name, options: options, table: table, at: path, reading)
            return TabularContents(
                tables: [TabularTable(name: table, kind: .table, columns: survey.columns, rows: survey.rows)],
                summary: survey.dialect.summary)
        case .excel(let options):
            return try ExcelTables.build(from: identity, named: name, options: options, at: path, reading)
        }
    }
}

/// The file became another one while it was read.
struct FileChanged: Error {}
