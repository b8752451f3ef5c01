import Drivers
import Foundation
import Logging
import NIOPosix
import Registry
import Route
import SourceModel
import Synchronization
import Testbed
import Testing
import Vault

import protocol Route.Resolver

@testable import Gateway

/// A gateway on a registry of its own and on the PostgreSQL that the tests share. What a test connects there is known
/// by the application's name.
struct GatewayHouse: Sendable {
    let gateway: Gateway
    let registry: Registry
    let postgres: PostgresServer
    let names: GatedNames
    /// The application's name of every source that the test makes.
    let mark = "gateway \(UUID().uuidString)"

    /// Runs a test beside the gateway's `run`, and sees that nothing is connected afterwards.
    static func run(
        settings: GatewaySettings = GatewaySettings(), _ body: (GatewayHouse) async throws -> Void
    ) async throws {
        let names = GatedNames()
        var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let route = Route(
            Route.Configuration(
                resolver: names, policy: DestinationPolicy(), group: MultiThreadedEventLoopGroup.singleton,
                logger: logger))
        let folder = Workspace.makeFolder(for: "gateway")
        let registry = try Registry.open(folder.appending(path: "data"), vault: Vault(key: .make()))
        let house = GatewayHouse(
            gateway: Gateway(
                drivers: Drivers(route: route, files: folder, cache: folder.appending(path: "cache")),
                registry: registry, settings: settings, logger: logger),
            registry: registry, postgres: try await Testbed.shared.postgres(), names: names)
        try await house.gateway.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await house.gateway.run() }
            defer { group.cancelAll() }
            try await body(house)
        }
        await route.shutdown()
        try await house.until(sessions: 0)
        try registry.close()
    }

    /// A draft that works.
    func draft(_ changes: [Field: FieldValue] = [:]) -> DataSourceDraft {
        let login = PostgresServer.Logins.scram
        let values: [Field: FieldValue] = [
            .driver: .text("postgres"), .host: .text("127.0.0.1"), .port: .text(String(postgres.port)),
            .username: .text(login.username), .password: .secret(Secret(login.password)),
            .database: .text(PostgresServer.database), .options: .options(["applicationName": .text(mark)]),
        ]
        return DataSourceDraft(values: values.merging(changes) { $1 })
    }

    /// Long enough for a machine that is busy with other tests; no test here waits for it.
    static let deadline = Duration.seconds(60)

    func create(_ draft: DataSourceDraft, connect: Bool = true) async throws -> RecordView {
        try await gateway.create(draft, connect: connect, by: "ada", deadline: Self.deadline)
    }

    func update(
        _ view: RecordView, _ changes: [Field: FieldValue], expecting revision: Int? = nil
    ) async throws -> RecordView {
        try await gateway.update(
            view.record.id, with: DataSourceDraft(values: changes), by: "grace", expecting: revision,
            deadline: Self.deadline)
    }

    /// The server's processes that serve this test's sessions.
    func sessions(named name: String? = nil) async throws -> [String] {
        try await postgres.admin(
            "select pid from pg_stat_activity where application_name = '\(name ?? mark)' order by backend_start"
        ).map { $0[0] }
    }

    /// Waits until the server has so many sessions of this test.
    func until(sessions count: Int, named name: String? = nil) async throws {
        try await eventually("the server has \(count) sessions") { try await sessions(named: name).count == count }
    }

    /// How often the server let this test's application in.
    func logins(named name: String? = nil) -> Int {
        postgres.logText.split(separator: "\n").count {
            $0.contains("connection authorized") && $0.contains("application_name=\(name ?? mark)")
        }
    }
}

/// Knows one name, `gated.test`, and tells its address when the gate is open.
final class GatedNames: Resolver {
    let gate = Gate()

    func addresses(of host: String) async throws(ResolveFailure) -> [IPAddress] {
        guard host == "gated.test", let address = IPAddress("127.0.0.1") else { throw .notFound }
        guard await gate.pass() else { throw .cancelled }
        return [address]
    }
}
