import NIOConcurrencyHelpers
import Testbed
import Testing

@Suite("Answered means stored")
struct CrashTests {
    @Test("kill -9 during a burst of POSTs: every record that was answered is there afterwards, opens and connects")
    func burst() async throws {
        let database = try await Database.Kind.postgres.start()
        let service = try await WellheadService.start()
        let answered = NIOLockedValueBox<[String]>([])
        let body = database.body
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for turn in 0..<1000 {
                        let fields: [String: JSON] = ["name": "burst \(writer) \(turn)", "options": ["poolMax": 1]]
                        let answer: Answer
                        do {
                            answer = try await service.call("POST /datasources", body.with(fields))
                        } catch {
                            // The crash ended the call; what it was about to say nobody has heard.
                            return
                        }
                        let id = try #require(try answer.json["id"].text, "\(answer)")
                        answered.withLockedValue { $0.append(id) }
                    }
                }
            }
            group.addTask {
                // The moment is any in the middle of the burst: some are answered, others are under way.
                while answered.withLockedValue({ $0.count }) < 24, !Task.isCancelled { await Task.yield() }
                await service.crash()
            }
            try await group.waitForAll()
        }
        let promised = answered.withLockedValue { $0 }
        #expect(promised.count >= 24)

        try await service.start()
        let stored = try await service.call("GET /datasources?_limit=1000").json.list
        let ids = Set(stored.compactMap { $0["id"].text })
        #expect(ids.isSuperset(of: promised))
        #expect(stored.count < 8 + promised.count)
        #expect(!service.logText.contains("cannot be opened"))
        for id in promised {
            try await eventually("\(id) is connected again") {
                try await service.call("GET /datasources/\(id)/status").json["status"].text == "connected"
            }
        }
        #expect(await service.stop() == 0)
        await database.stop()
    }
}
