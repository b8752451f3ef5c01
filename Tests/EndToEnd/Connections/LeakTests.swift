import Testbed
import Testing

/// What many clicks leave behind, counted at the server.
@Suite("No connection is left over", .serialized)
struct LeakTests {
    /// Runs each kind of click many times and counts what the server has of this login after each.
    private func click(
        _ service: WellheadService, _ body: JSON, _ count: @Sendable () async throws -> Int
    ) async throws {
        let record = try await service.create(body.with(["name": "clicked"]))
        let id = record["id"].text ?? ""
        try await eventually("one connection is there") { try await count() == 1 }

        for _ in 0..<20 { #expect(try await service.call("POST /datasources/\(id)/test").status == 200) }
        for _ in 0..<20 { #expect(try await service.call("POST /datasources/test", body).json["ok"].flag == true) }
        try await eventually("tests leave none") { try await count() == 1 }

        for _ in 0..<20 {
            let answer = try await service.call("POST /datasources/test", body.with(["password": "wrong"]))
            #expect(try answer.json["ok"].flag == false)
        }
        try await eventually("tests that fail leave none") { try await count() == 1 }

        for turn in 0..<10 {
            #expect(try await service.call("PUT /datasources/\(id)", ["name": "edit \(turn)"]).status == 200)
            #expect(try await service.call("PUT /datasources/\(id)", ["password": "wrong"]).status == 422)
        }
        try await eventually("edits leave one") { try await count() == 1 }

        for turn in 0..<10 {
            let other = try await service.create(body.with(["name": "short-lived \(turn)"]))
            #expect(try await service.call("POST /datasources", body.with(["name": "edit 9"])).status == 409)
            try await service.delete(other)
        }
        try await eventually("creating and deleting leave one") { try await count() == 1 }

        // All at once, as several people do.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for turn in 0..<8 {
                group.addTask { _ = try await service.call("POST /datasources/\(id)/test") }
                group.addTask { _ = try await service.call("PUT /datasources/\(id)", ["name": "at once \(turn)"]) }
            }
            try await group.waitForAll()
        }
        try await eventually("clicks at one time leave one") { try await count() == 1 }
        try await service.delete(record)
        try await eventually("a deletion leaves none") { try await count() == 0 }
    }

    @Test("after tests, edits, refusals and deletions, direct", arguments: Database.Kind.here)
    func direct(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let service = try await WellheadService.start()
        let sockets = Sockets.connections(to: database.port, heldBy: service.pid)
        try await click(service, database.body.with(["options": ["poolMax": 1]])) {
            try await database.sessions(of: database.login.username)
        }
        try await eventually("the service holds no socket to it") {
            Sockets.connections(to: database.port, heldBy: service.pid) == sockets
        }
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("after the same through an SSH host", .enabled(if: SSHServer.availability == nil), arguments: [true, false])
    func tunnelled(forwarded: Bool) async throws {
        let database = try await Database.Kind.postgres.start()
        let bastion = try await SSHServer.start()
        let service = try await WellheadService.start()
        let body = database.body.with(bastion.fields).with([
            "options": ["poolMax": 1], "sshTunneling": .flag(forwarded),
        ])
        try await click(service, body) { try await database.sessions(of: database.login.username) }
        try await eventually("the SSH host forwards nothing any more") {
            bastion.forwards(to: database.port) == 0 && bastion.relays().isEmpty
        }
        try await eventually("no SSH session is left") { bastion.sessions().isEmpty }
        #expect(await service.stop() == 0)
        await bastion.stop()
        await database.stop()
    }
}
