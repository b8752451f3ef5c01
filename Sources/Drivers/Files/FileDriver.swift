import Foundation
import Route
import SourceModel
import Tabular

/// Reads a file, wherever it is, into private tables, which answer SQL.
struct FileDriver: Sendable {
    let route: Route
    let files: FileRoom
    let copies: RemoteCopies
    let cache: TabularCache

    func open(_ source: DataSource, journal: StageJournal) async throws(SourceFailure) -> any Session {
        let place = place(of: source)
        do throws(SourceFailure) {
            return try await open(source, at: place, journal: journal)
        } catch {
            await place.close()
            throw error
        }
    }

    private func open(
        _ source: DataSource, at place: any FilePlace, journal: StageJournal
    ) async throws(SourceFailure) -> any Session {
        let file = try await place.file(journal)
        journal.note("\(file.size) bytes")
        let content = FileContent(name: source.fileName, format: format(of: source), cache: cache)
        let reader = try await content.reader(of: file) {
            journal.note("\(file.size) bytes, \($0.isQueued ? $0.words : "\($0.percent) % read, \($0.rows) rows")")
        }
        journal.note("\(file.size) bytes, \(reader.lease.summary)")
        journal.enter(.probe)
        journal.pass(Self.outline(of: reader.lease.tables))
        let changed = file.modified.map { ", changed \($0.formatted(.iso8601))" } ?? ""
        let facts = SessionFacts(
            serverVersion: "\(source.driver.displayName), \(file.size) bytes\(changed)",
            hostKey: file.sighting.hostKey, certificateExpires: file.sighting.certificateExpires)
        return FileSession(place: place, content: content, file: file, reader: reader, facts: facts)
    }

    private func place(of source: DataSource) -> any FilePlace {
        switch source.scheme {
        case .ssh(_, .sftp, _): RemotePlace({ [route] in SFTPFile(source, route: route) }, of: source, copies: copies)
        case .direct, .ssh(_, .forwarded, _), .ssh(_, .relayed, _):
            source.endpoint == nil
                ? LocalPlace(files: files, path: source.database ?? "")
                : RemotePlace({ [route] in WebFile(source, route: route) }, of: source, copies: copies)
        }
    }

    private func format(of source: DataSource) -> TabularFormat {
        source.driver == .excel ? .excel(source.options.excel) : .csv(source.options.dialect)
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
}

/// How a record's file becomes tables.
struct FileContent: Sendable {
    /// The file's name in failures; the tables' names come from it.
    let name: String
    let format: TabularFormat
    let cache: TabularCache

    /// Opens the tables of a file, which is read where nobody has read it yet.
    ///
    /// - Parameter observer: told how far the reading is.
    func reader(
        of file: PlacedFile, progress observer: (@Sendable (TabularProgress) -> Void)? = nil
    ) async throws(SourceFailure) -> TabularReader {
        let lease = try await cache.lease(
            file.url.path(percentEncoded: false), named: name, as: format, progress: observer)
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
