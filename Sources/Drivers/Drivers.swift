import Foundation
import Route
import SourceModel
import Tabular

/// All drivers behind one door: the switch over `DriverKind` is the list, and the compiler finds what a new one lacks.
package struct Drivers: Sendable {
    private let route: Route
    private let files: FileRoom
    private let copies: RemoteCopies
    private let cache: TabularCache

    /// - Parameters:
    ///   - files: the service's file directory; local files are read below it only.
    ///   - cache: where the private tables of files, and copies of remote ones, are kept while they are used; what an earlier process left there is
    ///     removed. One process at a time.
    package init(route: Route, files: URL, cache: URL) {
        self.route = route
        self.files = FileRoom(directory: files)
        self.cache = TabularCache(directory: cache)
        copies = RemoteCopies(directory: cache.appending(path: "fetched", directoryHint: .isDirectory))
    }

    /// Checks the material that needs no dialling, such as a private key's passphrase.
    package func checkMaterial(of source: DataSource) async throws(SourceFailure) {
        try await route.checkMaterial(of: source)
        if source.driver == .rest { try RESTDriver.checkOptions(source.options.rest) }
    }

    /// Opens a session: route, login, database and probe, each stage written into the journal. Cancelling the task
    /// closes whatever was opened so far.
    package func open(
        _ source: DataSource, for purpose: OpeningPurpose, journal: StageJournal
    ) async throws(SourceFailure) -> any Session {
        switch source.driver {
        case .postgres:
            return try await PostgresDriver(route: route).open(source, for: purpose, journal: journal)
        case .mysql, .mariadb:
            return try await MySQLDriver(route: route).open(source, for: purpose, journal: journal)
        case .csv, .excel:
            return try await FileDriver(route: route, files: files, copies: copies, cache: cache)
                .open(source, journal: journal)
        case .sqlserver:
            return try await SQLServerDriver(route: route).open(source, for: purpose, journal: journal)
        case .rest:
            return try await RESTDriver(route: route).open(source, journal: journal)
        case .mongo:
            return try await MongoDriver(route: route).open(source, for: purpose, journal: journal)
        }
    }
}
