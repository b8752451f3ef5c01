import Testbed
import Testing

/// Whatever breaks under a connected data source, its status says so and its pool heals without help.
@Suite("Connected stays connected")
struct ReconnectTests {
    @Test("The database is killed and returns; it restarts in an orderly way", arguments: Database.Kind.here)
    func databaseRestarts(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let service = try await WellheadService.start()
        let record = try await service.create(database.body)
        for mode in [StopMode.killed, .orderly] {
            await database.stop(mode)
            try await service.until(record, is: "reconnecting")
            let status = try await service.status(record)
            #expect(status["last_error"]["code"].text != nil)
            #expect(status["connections"]["open"].number == 0)
            try await database.start()
            try await service.until(record, is: "connected")
            #expect(try await database.sessions(of: database.login.username) >= 1)
        }
        // It works, and was not merely called connected.
        let report = try await service.call("POST /datasources/\(record["id"].text ?? "")/test").json
        #expect(report["ok"].flag == true)
        #expect(await service.stop() == 0)
        #expect(try await database.sessions(of: database.login.username) == 0)
        await database.stop()
    }

    @Test("The bastion dies and returns", .enabled(if: SSHServer.availability == nil))
    func bastionRestarts() async throws {
        let database = try await Database.Kind.mariaDB.start()
        let bastion = try await SSHServer.start()
        let service = try await WellheadService.start()
        let record = try await service.create(database.body.with(bastion.fields))
        await bastion.stop()
        try await service.until(record, is: "reconnecting")
        #expect(try await service.status(record)["last_error"]["message"].text?.isEmpty == false)
        try await bastion.start()
        try await service.until(record, is: "connected")
        #expect(bastion.forwards(to: database.port) == 1)

        // A bastion that returns with another key is not the one that was pinned: login data is not shown to it.
        await bastion.stop()
        try await bastion.changeHostKeys()
        try await bastion.start()
        try await eventually("the changed host key is seen", within: .seconds(60)) {
            try await service.status(record)["last_error"]["code"].text == "ssh_host_key_mismatch"
        }
        #expect(bastion.forwards(to: database.port) == 0)
        #expect(await service.stop() == 0)
        await bastion.stop()
        await database.stop()
    }

    @Test("A tunnel that stalls silently is noticed and replaced", .enabled(if: SSHServer.availability == nil))
    func tunnelStalls() async throws {
        let database = try await Database.Kind.postgres.start()
        let bastion = try await SSHServer.start()
        let wire = try await Proxy.start(to: bastion.port)
        let service = try await WellheadService.start()
        let record = try await service.create(
            database.body.with(bastion.fields).with(["sshPort": "\(wire.port)"]))
        wire.set(.stall)
        try await service.until(record, is: "reconnecting", within: .seconds(120))
        wire.set(.pass)
        try await service.until(record, is: "connected", within: .seconds(120))
        #expect(await service.stop() == 0)
        await wire.stop()
        await bastion.stop()
        await database.stop()
    }

    @Test("A direct connection that stalls silently is noticed and replaced")
    func connectionStalls() async throws {
        let database = try await Database.Kind.postgres.start()
        let wire = try await Proxy.start(to: database.port)
        let service = try await WellheadService.start()
        let record = try await service.create(database.body.with(["port": "\(wire.port)"]))
        wire.set(.stall)
        try await service.until(record, is: "reconnecting", within: .seconds(120))
        wire.set(.pass)
        try await service.until(record, is: "connected", within: .seconds(120))
        #expect(await service.stop() == 0)
        await wire.stop()
        await database.stop()
    }

    @Test("The service restarts: every source is connected again, drafts stay drafts")
    func serviceRestarts() async throws {
        let service = try await WellheadService.start()
        var records: [JSON] = []
        for kind in Database.Kind.here {
            records.append(try await service.create(try await kind.shared().body.with(["name": "\(kind.rawValue)"])))
        }
        let draft = try await service.call(
            "POST /datasources?connect=false", ["driver": "postgres", "host": "db.invalid", "username": "ann"])
        #expect(draft.status == 200)
        #expect(await service.stop() == 0)
        try await service.start()
        for record in records { try await service.until(record, is: "connected") }
        #expect(try await service.status(draft.json)["status"].text == "draft")
        #expect(try await service.count() == records.count + 1)
        #expect(await service.stop() == 0)
    }

    @Test("An unreachable database at the start delays neither readiness nor the others")
    func deadAtStart() async throws {
        let database = try await Database.Kind.mariaDB.start()
        let service = try await WellheadService.start()
        let dead = try await service.create(database.body.with(["name": "dead"]))
        let live = try await service.create(try await Database.Kind.postgres.shared().body.with(["name": "live"]))
        #expect(await service.stop() == 0)
        await database.stop()
        try await service.start()
        try await service.until(live, is: "connected")
        try await service.until(dead, is: "reconnecting")
        #expect(await service.stop() == 0)
    }
}

extension WellheadService {
    /// Waits until the live state of a data source is this one.
    func until(_ record: JSON, is status: String, within deadline: Duration = .seconds(60)) async throws {
        var seen = JSON.null
        do {
            try await eventually("it is \(status)", within: deadline) {
                seen = try await self.status(record)
                return seen["status"].text == status
            }
        } catch {
            throw TestbedError("\(error) Its state: \(try seen.document)\n\(logText.suffix(3000))")
        }
    }
}
