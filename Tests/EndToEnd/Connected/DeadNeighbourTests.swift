import Testbed
import Testing

@Suite("One dead source among a hundred")
struct DeadNeighbourTests {
    @Test("While it hangs, every other one is tested, created and watched as if it were not there")
    func hundred() async throws {
        let database = try await Database.Kind.postgres.start()
        let wire = try await Proxy.start(to: database.port)
        let service = try await WellheadService.start()
        let dead = try await service.create(database.body.with(["name": "dead", "port": "\(wire.port)"]))
        var live: [String] = []
        for number in 1...80 {
            let record = try await service.create(
                database.body.with(["name": "live \(number)", "options": ["poolMax": 1]]))
            live.append(record["id"].text ?? "")
        }
        wire.set(.stall)
        // Where eighty take longer than the longest deadline, the dead one is asked again: one is always hanging.
        let hanging = Task {
            while true {
                let answer = try await service.call("POST /datasources/\(dead["id"].text ?? "")/test?timeout=60").json
                if answer["error"]["code"].text != "deadline_exceeded" { return answer }
            }
        }
        for id in live {
            #expect(try await service.call("POST /datasources/\(id)/test").json["ok"].flag == true)
            #expect(try await service.call("GET /datasources/\(id)/status").json["status"].text == "connected")
        }
        let late = try await service.create(database.body.with(["name": "late"]))
        #expect(late["status"].text == "connected")
        // The hanging one was there the whole time: another answer than its deadline comes only once the wire is cut.
        wire.set(.cut)
        let answer = try await hanging.value
        #expect(answer["ok"].flag == false)
        #expect(await service.stop() == 0)
        await wire.stop()
        await database.stop()
    }
}
