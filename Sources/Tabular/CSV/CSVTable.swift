import GRDB
import SourceModel

/// A CSV file as a table of a database.
enum CSVTable {
    /// Reads the file twice: what its columns are, then its rows into the database.
    ///
    /// - Parameters:
    ///   - path: an empty file that becomes the database.
    ///   - reading: told how far it is; what it throws ends the reading.
    /// - Throws: `SourceFailure`, `FileChanged`, or what `reading` throws.
    static func build(
        from identity: FileIdentity, named name: String, options: DialectOptions, table: String, at path: String,
        _ reading: TabularReading
    ) throws -> CSVSurvey {
        let file = try OpenFile(identity.path, named: name)
        guard try file.identity() == identity else { throw FileChanged() }
        let survey: CSVSurvey
        do {
            survey = try CSVSurvey(of: file, named: name, options: options, reading)
            try DatabaseFile.write(at: path, named: name) { database in
                var writer = try TableWriter(database, table: table, width: survey.columns.count)
                var scanner = try CSVScanner(file, survey.dialect, reading)
                try fill(&writer, from: &scanner, survey)
                try writer.finish(survey.columns)
            }
        } catch {
            // Half of one content and half of another is nobody's mistake.
            guard try file.identity() == identity else { throw FileChanged() }
            if error is MalformedText { throw FileChanged() }
            throw error
        }
        guard try file.identity() == identity else { throw FileChanged() }
        return survey
    }

    private static func fill(
        _ writer: inout TableWriter, from scanner: inout CSVScanner, _ survey: CSVSurvey
    ) throws {
        let width = survey.columns.count
        let types = survey.columns.map(\.type)
        let mark = survey.dialect.decimalMark
        if survey.dialect.hasHeader { _ = try scanner.next() }
        while try scanner.next() {
            try scanner.checkWidth(width, hasHeader: survey.dialect.hasHeader)
            for index in 0..<width {
                let place = CInt(index + 1)
                guard scanner.fields[index].count > 0 else {
                    writer.bindNull(at: place)
                    continue
                }
                let bytes = scanner.bytes(index)
                switch types[index] {
                case .text, .date, .timestamp, .time: writer.bind(bytes, at: place)
                case .integer, .bigInteger:
                    guard let value = NumberText(bytes, decimalMark: mark)?.integer else { throw FileChanged() }
                    writer.bind(value, at: place)
                case .decimal:
                    guard let number = NumberText(bytes, decimalMark: mark) else { throw FileChanged() }
                    writer.bind(number.double(bytes), at: place)
                case .boolean:
                    guard let flag = BooleanText.flag(bytes) else { throw FileChanged() }
                    writer.bind(flag ? 1 : 0 as Int64, at: place)
                }
            }
            try writer.insert()
        }
    }
}
