import Testbed

/// What a connected source adds to the service's memory, at a thousand of them.
enum MemoryBenchmark {
    private static let sources = 1000

    static func run() async throws {
        let database = Database.postgres(try await PostgresServer.start(.init(settings: ["max_connections": "1200"])))
        let service = try await WellheadService.start(["--log-level", "error"])
        // What the first sources bring along (threads, code, buffers) is no later source's.
        for number in 0..<50 { try await create(number, database, service) }
        let before = ProcessTable.residentBytes(of: service.pid)
        for number in 50..<(50 + sources) { try await create(number, database, service) }
        let sessions = try await database.sessions(of: database.login.username)
        guard sessions == 50 + sources else { throw TestbedError("only \(sessions) sources are connected") }
        let after = ProcessTable.residentBytes(of: service.pid)
        await service.stop()

        // Started with all of them there, as after an update.
        try await service.start()
        try await eventually("all sources are connected again", within: .seconds(120)) {
            try await database.sessions(of: database.login.username) == 50 + sources
        }
        let restarted = ProcessTable.residentBytes(of: service.pid)
        await service.stop()
        await database.stop()
        printTable(
            "Memory at \(sources) connected sources", ["what", "KiB"],
            [
                ["a further source", Sample.short(Double(after - before) / 1024 / Double(sources))],
                ["the service with 50 sources", Sample.short(Double(before) / 1024)],
                ["the service with \(50 + sources) sources", Sample.short(Double(after) / 1024)],
                ["the service restarted with \(50 + sources) sources", Sample.short(Double(restarted) / 1024)],
            ])
    }

    private static func create(_ number: Int, _ database: Database, _ service: WellheadService) async throws {
        _ = try await service.create(database.body.with(["name": "source \(number)", "options": ["poolMax": 1]]))
    }
}
