import GRDB
import SourceModel

/// A new database, filled in one transaction by one writer before anybody reads it.
enum DatabaseFile {
    /// In bytes. Larger than SQLite's own 4 KiB: a database that is only ever filled and scanned is written in fewer pieces.
    private static let pageSize = 16 << 10
    /// A database grows to 32 GiB at most.
    private static let pageLimit = (32 << 30) / pageSize

    /// Makes the database and fills it.
    ///
    /// - Parameters:
    ///   - path: an empty file.
    ///   - name: the name of the file that is read, for a failure.
    /// - Throws: what `fill` throws; `file_malformed` where the database cannot be written.
    static func write<Value>(at path: String, named name: String, _ fill: (Database) throws -> Value) throws -> Value {
        var configuration = Configuration()
        configuration.label = "tabular.writer"
        configuration.prepareDatabase { database in
            // Nobody reads before all is written, and what a crash leaves is removed at the next start.
            try database.execute(
                sql: """
                    PRAGMA page_size = \(pageSize); PRAGMA max_page_count = \(pageLimit);
                    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA cache_size = -4096; PRAGMA temp_store = FILE
                    """)
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            var value: Value?
            do {
                try queue.inTransaction(.exclusive) { database in
                    value = try fill(database)
                    return .commit
                }
            } catch {
                try? queue.close()  // The file is thrown away.
                throw error
            }
            try queue.close()
            guard let value else { throw DatabaseError(resultCode: .SQLITE_INTERNAL) }
            return value
        } catch let error as DatabaseError {
            throw SourceFailure(
                .open, .fileMalformed, "\(name) cannot be read into the service's cache: \(error.message ?? "").",
                hint: "Check that the data directory's disk has room.", cause: "\(error)")
        }
    }
}
