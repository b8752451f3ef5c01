import Foundation
import NIOConcurrencyHelpers
import Testbed

/// What a data source is measured against: the same login by a client that people would take instead.
struct BareConnect: Sendable {
    /// Database and client.
    var name: String
    /// The least that a data source for the server needs.
    var body: JSON
    /// The seconds that so many connections at once take, each from beginning to end.
    var connect: @Sendable (_ count: Int) async throws -> Double
}

extension BareConnect {
    /// By the native client library.
    init(_ kind: Database.Kind, _ database: Database) throws {
        let client = try NativeClient(for: kind)
        self.init(name: "\(kind.rawValue) (\(client.name))", body: database.body) { count in
            try await seconds {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<count {
                        group.addTask { try await Self.onThread { try client.connectOnce(to: database) } }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    /// Runs blocking work on a thread of its own, as a program that uses a blocking library does.
    private static func onThread(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try work() }) }
            thread.start()
        }
    }
}

/// Create, test, store and connect by one POST, against a bare connect and `select 1` by the native client library, or
/// `ping` by pymongo: one at a time, and 64 at once. The two take turns, so that a machine that slows down slows both.
enum ConnectBenchmark {
    private static let alone = 100
    private static let crowd = 64
    private static let rounds = 5

    static func run() async throws {
        var rows: [[String]] = []
        for kind in Database.Kind.here {
            let database = try await kind.start()
            rows += try await measure(BareConnect(kind, database))
            await database.stop()
        }
        if MongoServer.availability == nil {
            let server = try await MongoServer.start()
            rows += try await measure(MongoPeer.bareConnect(to: server))
            await server.stop()
        }
        printTable(
            "Create, test and connect", ["database", "at once", "POST /datasources, ms", "bare connect, ms", "ratio"],
            rows)
    }

    private static func measure(_ rival: BareConnect) async throws -> [[String]] {
        let service = try await WellheadService.start(["--log-level", "error"])
        let rows = [try await measureAlone(rival, service), try await measureCrowd(rival, service)]
        await service.stop()
        return rows
    }

    private static func measureAlone(_ rival: BareConnect, _ service: WellheadService) async throws -> [String] {
        var ours: [Double] = []
        var theirs: [Double] = []
        for turn in -10..<alone {
            let body = body(rival, "alone \(turn)")
            let bare = try await rival.connect(1)
            var record = JSON.null
            let whole = try await seconds { record = try await service.create(body) }
            try await service.delete(record)
            // The first turns warm both up.
            guard turn >= 0 else { continue }
            ours.append(whole)
            theirs.append(bare)
        }
        return row(rival, 1, Sample(ours), Sample(theirs))
    }

    private static func measureCrowd(_ rival: BareConnect, _ service: WellheadService) async throws -> [String] {
        var ours: [Double] = []
        var theirs: [Double] = []
        for round in -1..<rounds {
            theirs.append(try await rival.connect(crowd))
            let made = NIOLockedValueBox<[JSON]>([])
            ours.append(
                try await seconds {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<crowd {
                            let body = body(rival, "crowd \(round) \(number)")
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
        return row(rival, crowd, Sample(Array(ours.dropFirst())), Sample(Array(theirs.dropFirst())))
    }

    private static func body(_ rival: BareConnect, _ name: String) -> JSON {
        rival.body.with(["name": .text(name), "options": ["poolMax": 1]])
    }

    private static func row(_ rival: BareConnect, _ count: Int, _ ours: Sample, _ theirs: Sample) -> [String] {
        [rival.name, "\(count)", ours.milliseconds, theirs.milliseconds, Sample.short(ours.median / theirs.median)]
    }
}
