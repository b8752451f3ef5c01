import Foundation
import Logging
import NIOCore
import NIOPosix
import Results
import Route
import SourceModel
import Testbed

@testable import Drivers

/// Sessions at MongoDB's peer, by the way that the service goes.
enum MongoBench {
    /// A source at a port of the loopback.
    static func source(
        _ port: Int, _ login: MongoTestLogin?, database: String? = "wellhead", _ options: MongoOptions = MongoOptions(),
        scheme: SecurityScheme = .direct(.plain)
    ) -> DataSource {
        var all = SourceOptions()
        all.mongo = options
        let password = login.flatMap { $0.password.isEmpty ? nil : Secret($0.password) }
        return DataSource(
            driver: .mongo, endpoint: Endpoint(host: "127.0.0.1", port: port),
            login: SourceModel.Login(username: login?.username, password: password), database: database, scheme: scheme,
            options: all)
    }

    static func route(_ directory: (any ServiceDirectory)? = nil, hosts: [String: [IPAddress]] = [:]) -> Route {
        var configuration = Route.Configuration(
            resolver: StaticResolver(hosts, others: SystemResolver()), policy: DestinationPolicy(),
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        if let directory { configuration.directory = directory }
        return Route(configuration)
    }

    static func open(
        _ source: DataSource, for purpose: OpeningPurpose = .test, route: Route = route(),
        journal: StageJournal = StageJournal(), grace: Duration = .seconds(1)
    ) async throws(SourceFailure) -> MongoSession {
        let session = try await MongoDriver(route: route, grace: grace).open(source, for: purpose, journal: journal)
        guard let session = session as? MongoSession else {
            throw SourceFailure(.probe, .probeFailed, "The session is of another driver.", hint: "Look at the driver.")
        }
        return session
    }

    /// Why a source cannot be opened; nil where it can.
    static func failure(
        _ source: DataSource, route: Route = route(), grace: Duration = .seconds(1)
    ) async -> SourceFailure? {
        do throws(SourceFailure) {
            await (try await open(source, route: route, grace: grace)).close()
            return nil
        } catch {
            return error
        }
    }
}

extension MongoSession {
    /// A statement's whole result, and the session is put back.
    func result(_ statement: Statement, _ format: ResultFormat = .ndjson) async throws -> (
        text: String, columns: [ResultColumn], statistics: ResultStatistics
    ) {
        do {
            let rows = try await query(statement)
            var encoder = RowEncoder(format: format, columns: rows.columns)
            while try await rows.encodeNext(into: &encoder) {}
            await endQuery()
            return (String(buffer: encoder.take()), rows.columns, encoder.statistics)
        } catch {
            await endQuery()
            throw error
        }
    }
}
