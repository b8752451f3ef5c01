import Foundation
import Testbed
import Testing

@Suite("Where the service may connect to", .serialized)
struct DestinationTests {
    /// What a caller is told of a place that is forbidden: the same, whatever is there.
    private func isForbidden(_ answer: Answer) throws {
        #expect(answer.status == 422, "\(answer)")
        let json = try answer.json
        #expect(json["error"]["stage"].text == "resolve")
        #expect(json["error"]["code"].text == "destination_forbidden")
        #expect(json["error"]["server"] == .null)
        // What a name resolves to is not told: it would be a map of the network.
        #expect(!answer.text.contains("127.0.0.1"))
    }

    @Test(
        "A denied destination is not dialled, by whichever name, driver and call", arguments: Database.Kind.here)
    func source(kind: Database.Kind) async throws {
        let database = try await kind.shared()
        let wire = try await Proxy.start(to: database.port)
        let service = try await WellheadService.start([
            "--source-deny", "127.0.0.0/8", "--hosts", "inner.test=127.0.0.1,mapped.test=::ffff:127.0.0.1",
        ])
        for host in ["inner.test", "INNER.test", "mapped.test"] {
            let body = database.body.with(["host": .text(host), "port": "\(wire.port)"])
            for call in ["POST /datasources", "POST /datasources/test"] {
                let answer = try await service.call(call, body)
                if call == "POST /datasources" {
                    try isForbidden(answer)
                } else {
                    #expect(try answer.json["error"]["code"].text == "destination_forbidden")
                }
            }
        }
        // A draft is not dialled; made good by a change it would be.
        let draft = try await service.call(
            "POST /datasources?connect=false", database.body.with(["host": "inner.test", "port": "\(wire.port)"]))
        let id = try draft.json["id"].text ?? ""
        try isForbidden(try await service.call("PUT /datasources/\(id)", ["name": "again"]))
        #expect(wire.accepted == 0)
        #expect(await service.stop() == 0)
        await wire.stop()
    }

    @Test("Hosts that are written as an address are held against the list, too", arguments: ["127.0.0.1", "[::1]"])
    func literal(host: String) async throws {
        let database = try await Database.Kind.postgres.shared()
        let service = try await WellheadService.start(["--source-deny", "127.0.0.0/8, ::1"])
        let answer = try await service.call("POST /datasources", database.body.with(["host": .text(host)]))
        #expect(try answer.json["error"]["code"].text == "destination_forbidden")
        #expect(await service.stop() == 0)
    }

    @Test(
        "With SSH both hops are asked for: the SSH host by its address, what is behind it by its literal and name",
        .enabled(if: SSHServer.availability == nil))
    func bothHops() async throws {
        let database = try await Database.Kind.postgres.shared()
        let bastion = try await SSHServer.start()
        let wire = try await Proxy.start(to: bastion.port)
        let body = database.body.with(bastion.fields).with([
            "sshHost": "bastion.test", "sshPort": "\(wire.port)",
        ])
        let hosts = ["--hosts", "bastion.test=127.0.0.1"]

        let first = try await WellheadService.start(hosts + ["--ssh-deny", "127.0.0.0/8"])
        try isForbidden(try await first.call("POST /datasources", body))
        #expect(wire.accepted == 0)
        #expect(await first.stop() == 0)

        let second = try await WellheadService.start(hosts + ["--source-deny", "127.0.0.0/8, db.internal"])
        for host in ["127.0.0.1", "db.internal"] {
            let answer = try await second.call("POST /datasources", body.with(["host": .text(host)]))
            #expect(try answer.json["error"]["code"].text == "destination_forbidden", "\(answer)")
            #expect(bastion.forwards(to: database.port) == 0)
        }
        #expect(await second.stop() == 0)

        // The lists are each for its own hop: what may not be a data source may be an SSH host.
        let third = try await WellheadService.start(
            hosts + ["--source-allow", "localhost", "--ssh-allow", "127.0.0.0/8"])
        let record = try await third.create(body.with(["host": "localhost"]))
        #expect(record["status"].text == "connected")
        #expect(bastion.forwards(to: database.port) == 1)
        #expect(await third.stop() == 0)
        await wire.stop()
        await bastion.stop()
    }

    @Test("A list that was made stricter holds for what is stored: it is not connected again")
    func stricter() async throws {
        let database = try await Database.Kind.postgres.start()
        let settings = Workspace.makeFolder(for: "settings").appending(path: "wellhead.json")
        try Workspace.write("{}", to: settings)
        let service = try await WellheadService.start(["--config", settings.path])
        let record = try await service.create(database.body)
        #expect(await service.stop() == 0)
        try Workspace.write(#"{"sourceDeny": "127.0.0.1"}"#, to: settings)
        try await service.start()
        try await eventually("it is refused") {
            try await service.status(record)["last_error"]["code"].text == "destination_forbidden"
        }
        try await service.until(record, is: "failed")
        #expect(try await database.sessions(of: database.login.username) == 0)
        #expect(await service.stop() == 0)
        await database.stop()
    }
}
