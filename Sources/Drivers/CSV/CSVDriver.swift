import Foundation
import SourceModel
import Tabular

/// Reads a CSV file (RFC 4180) in the service's file directory into a private table, which answers SQL.
struct CSVDriver: Sendable {
    let files: FileRoom
    let cache: TabularCache

    func open(_ source: DataSource, journal: StageJournal) async throws(SourceFailure) -> any Session {
        let path = source.database ?? ""
        journal.enter(.open)
        let found = try files.find(path)
        journal.note("\(found.size) bytes")
        let reader = try await CSVDriver.read(found, named: path, .csv(source.options.dialect), cache) {
            journal.note("\(found.size) bytes, \($0.isQueued ? $0.words : "\($0.percent) % read, \($0.rows) rows")")
        }
        journal.note("\(found.size) bytes, \(reader.lease.summary)")
        journal.enter(.probe)
        journal.pass(CSVDriver.outline(of: reader.lease.tables))
        return CSVSession(
            path: path, format: .csv(source.options.dialect), files: files, cache: cache, found: found, reader: reader)
    }

    /// Tables with their columns and rows, the first of each, for a report.
    private static func outline(of tables: [TabularTable]) -> String {
        func some(_ words: [String]) -> String {
            words.prefix(8).joined(separator: ", ") + (words.count > 8 ? ", …" : "")
        }
        if tables.count == 1, let table = tables.first {
            return "\(table.columns.count) columns, \(table.rows) rows: "
                + some(table.columns.map { "\($0.name) \($0.type.name)" })
        }
        return "\(tables.count) tables: "
            + some(tables.map { "\($0.name) (\($0.columns.count) columns, \($0.rows) rows)" })
    }

    /// Opens the tables of a file, which is read where nobody has read it yet.
    ///
    /// - Parameter observer: told how far the reading is.
    static func read(
        _ found: FileRoom.Found, named path: String, _ format: TabularFormat, _ cache: TabularCache,
        progress observer: (@Sendable (TabularProgress) -> Void)? = nil
    ) async throws(SourceFailure) -> TabularReader {
        let lease = try await cache.lease(found.url.path, named: path, as: format, progress: observer)
        let reader = TabularReader(lease)
        do throws(SourceFailure) {
            try await reader.open()
        } catch {
            await reader.close()
            throw error
        }
        return reader
    }
}
