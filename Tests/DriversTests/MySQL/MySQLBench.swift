import Foundation
import Logging
import NIOCore
import NIOPosix
import Results
import Route
import SourceModel
import Testbed
import Testing

@testable import Drivers

/// The real servers of this family that one test body runs against.
enum MySQLBench: String, CaseIterable, CustomTestStringConvertible {
    case mariaDB = "MariaDB"
    case mySQL = "MySQL"

    /// Those that can be started here.
    static var here: [MySQLBench] { MySQLServer.availability == nil ? allCases : [.mariaDB] }

    var testDescription: String { rawValue }

    var kind: Database.Kind {
        switch self {
        case .mariaDB: .mariaDB
        case .mySQL: .mySQL
        }
    }

    /// The server that the tests share.
    func server() async throws -> Database { try await kind.shared() }

    /// Runs SQL as root, past everything that is under test.
    @discardableResult
    func admin(_ sql: String) async throws -> [[String]] { try await server().admin(sql) }

    var superuser: MySQLTestLogin {
        switch self {
        case .mariaDB: MariaDBServer.Logins.superuser
        case .mySQL: MySQLServer.Logins.superuser
        }
    }

    var reader: MySQLTestLogin {
        switch self {
        case .mariaDB: MariaDBServer.Logins.readOnly
        case .mySQL: MySQLServer.Logins.readOnly
        }
    }

    /// A session at the server that the tests share, by the way that the service goes.
    func open(_ login: MySQLTestLogin? = nil, database: String? = "wellhead") async throws -> MySQLSession {
        try await Self.open(try await server(), login ?? superuser, database: database)
    }

    /// A session at this server.
    static func open(
        _ server: Database, _ login: MySQLTestLogin, database: String? = "wellhead"
    ) async throws -> MySQLSession {
        let source = DataSource(
            driver: try #require(DriverKind(spelling: server.driver)),
            endpoint: Endpoint(host: "127.0.0.1", port: server.port),
            login: SourceModel.Login(username: login.username, password: Secret(login.password)), database: database,
            scheme: .direct(.plain), options: SourceOptions())
        let route = Route(
            Route.Configuration(
                resolver: SystemResolver(), policy: DestinationPolicy(),
                group: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        let drivers = Drivers(
            route: route, files: Workspace.folder, cache: Workspace.makeFolder(for: "cache"))
        return try #require(await drivers.open(source, for: .pool, journal: StageJournal()) as? MySQLSession)
    }

    /// Runs the body with a database of its own.
    func withDatabase(_ body: (String) async throws -> Void) async throws {
        let name = "t_\(UInt32.random(in: 0...UInt32.max))"
        try await admin("create database \(name) character set utf8mb4")
        do {
            try await body(name)
        } catch {
            _ = try? await admin("drop database \(name)")
            throw error
        }
        try await admin("drop database \(name)")
    }
}

/// A result as a caller sees it.
struct Outcome {
    var columns: [ResultColumn]
    var text: String
    var statistics: ResultStatistics

    /// The lines of NDJSON or CSV.
    var lines: [String] { text.split(whereSeparator: \.isNewline).map(String.init) }
}

extension MySQLSession {
    /// Runs a statement to its end and gives the result's text, the session restored.
    func run(
        _ text: String, _ parameters: [StatementParameter] = [], as format: ResultFormat = .ndjson,
        rowLimit: Int = 1000, byteLimit: Int = 1 << 28, timeout: Duration = .seconds(300)
    ) async throws -> Outcome {
        let statement = Statement(
            text, parameters: parameters, rowLimit: rowLimit, byteLimit: byteLimit, timeout: timeout)
        // As the gateway does: the statement in a task that may be cancelled, its end outside of it.
        let task = Task { try await self.result(of: statement, as: format) }
        let outcome = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        await Task { await self.endQuery() }.value
        return try outcome.get()
    }

    private func result(of statement: Statement, as format: ResultFormat) async throws -> Outcome {
        let rows = try await query(statement)
        var encoder = RowEncoder(format: format, columns: rows.columns)
        encoder.begin()
        var result = ByteBuffer()
        while try await rows.encodeNext(into: &encoder) { result.writeImmutableBuffer(encoder.take()) }
        result.writeImmutableBuffer(encoder.take())
        return Outcome(columns: rows.columns, text: String(buffer: result), statistics: encoder.statistics)
    }

    /// The failure of a statement; nil where it has none.
    func refusal(_ text: String, _ parameters: [StatementParameter] = []) async throws -> SourceFailure? {
        do {
            _ = try await run(text, parameters)
            return nil
        } catch let failure as SourceFailure {
            return failure
        }
    }
}
