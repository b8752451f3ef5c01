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
        let reader = try await CSVDriver.read(found, named: path, source.options.dialect, cache)
        let table = reader.lease.table
        journal.note("\(found.size) bytes, \(table.summary)")
        journal.enter(.probe)
        let columns = table.columns.prefix(8).map { "\($0.name) \($0.type.name)" }.joined(separator: ", ")
        let more = table.columns.count > 8 ? ", …" : ""
        journal.pass("\(table.columns.count) columns, \(table.rows) rows: \(columns)\(more)")
        return CSVSession(
            path: path, options: source.options.dialect, files: files, cache: cache, found: found, reader: reader)
    }

    /// Opens the table of a file, which is read where nobody has read it yet.
    static func read(
        _ found: FileRoom.Found, named path: String, _ options: DialectOptions, _ cache: TabularCache
    ) async throws(SourceFailure) -> TabularReader {
        let lease = try await cache.lease(found.url.path, named: path, options: options)
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
