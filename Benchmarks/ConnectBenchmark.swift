import Foundation
import NIOConcurrencyHelpers
import Testbed

/// Create, test, store and connect by one POST, against a bare connect and `select 1` by the native client library:
/// one at a time, and 64 at once. The two take turns, so that a machine that slows down slows both.
enum ConnectBenchmark {
    private static let alone = 100
    private static let crowd = 64
    private static let rounds = 5

    static func run() async throws {
        var rows: [[String]] = []
        for kind in Database.Kind.here {
            let database = try await kind.start()
            let client = try NativeClient(for: kind)
            let service = try await WellheadService.start(["--log-level", "error"])
            rows.append(try await measureAlone(kind, database, client, service))
            rows.append(try await measureCrowd(kind, database, client, service))
            await service.stop()
            await database.stop()
        }
        printTable(
            "Create, test and connect", ["database", "at once", "POST /datasources, ms", "bare connect, ms", "ratio"],
            rows)
    }

    private static func measureAlone(
        _ kind: Database.Kind, _ database: Database, _ client: NativeClient, _ service: WellheadService
    ) async throws -> [String] {
        var ours: [Double] = []
        var theirs: [Double] = []
        for turn in -10..<alone {
            let body = body(database, "alone \(turn)")
            let bare = try await seconds { try await onThread { try client.connectOnce(to: database) } }
            var record = JSON.null
            let whole = try await seconds { record = try await service.create(body) }
            try await service.delete(record)
            // The first turns warm both up.
            guard turn >= 0 else { continue }
            ours.append(whole)
            theirs.append(bare)
        }
        return row(kind, client, "1", Sample(ours), Sample(theirs))
    }

    private static func measureCrowd(
        _ kind: Database.Kind, _ database: Database, _ client: NativeClient, _ service: WellheadService
    ) async throws -> [String] {
        var ours: [Double] = []
        var theirs: [Double] = []
        for round in -1..<rounds {
            theirs.append(
                try await seconds {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<crowd {
                            group.addTask { try await onThread { try client.connectOnce(to: database) } }
                        }
                        try await group.waitForAll()
                    }
                })
            let made = NIOLockedValueBox<[JSON]>([])
            ours.append(
                try await seconds {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<crowd {
                            let body = body(database, "crowd \(round) \(number)")
                            group.addTask {
                                let record = try await service.create(body)
                                made.withLockedValue { $0.append(record) }
                            }
                        }
                        try await group.waitForAll()
                    }
                })
            for record in made.withLockedValue({ $0 }) { try await service.delete(record) }
        }
        return row(kind, client, "\(crowd)", Sample(Array(ours.dropFirst())), Sample(Array(theirs.dropFirst())))
    }

    private static func body(_ database: Database, _ name: String) -> JSON {
        database.body.with(["name": .text(name), "options": ["poolMax": 1]])
    }

    private static func row(
        _ kind: Database.Kind, _ client: NativeClient, _ count: String, _ ours: Sample, _ theirs: Sample
    ) -> [String] {
        [
            "\(kind.rawValue) (\(client.name))", count, ours.milliseconds, theirs.milliseconds,
            Sample.short(ours.median / theirs.median),
        ]
    }

    /// Runs blocking work on a thread of its own, as a program that uses a blocking library does.
    private static func onThread(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try work() }) }
            thread.start()
        }
    }
}
