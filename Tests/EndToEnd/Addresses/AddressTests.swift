import Testbed
import Testing

@Suite("Addresses of both families", .serialized)
struct AddressTests {
    @Test(
        "An IPv6 literal is dialled with and without brackets, and shown without", .enabled(if: FreePort.hasIPv6),
        arguments: Database.Kind.here, ["::1", "[::1]", "[0:0:0:0:0:0:0:1]"])
    func literal(kind: Database.Kind, host: String) async throws {
        let database = try await kind.shared()
        let service = try await WellheadService.start()
        let record = try await service.create(database.body.with(["host": .text(host)]))
        let plain = String(host.trimmingPrefix("[").prefix { $0 != "]" })
        #expect(record["host"].text == plain)
        let report = try await service.call("POST /datasources/\(record["id"].text ?? "")/test").json
        let details = report["stages"].list.prefix(2).compactMap { $0["detail"].text }
        #expect(details == ["::1", "[::1]:\(database.port)"])
        // What GET shows can be PUT, and the brackets may come back, too.
        let id = record["id"].text ?? ""
        for form in [record["host"], .text(host)] {
            let answer = try await service.call("PUT /datasources/\(id)", ["host": form])
            #expect(answer.status == 200, "\(answer)")
            #expect(try answer.json["host"].text == plain)
        }
        try await service.delete(record)
        #expect(await service.stop() == 0)
    }

    @Test("An IPv6 certificate address is held against the literal", .enabled(if: FreePort.hasIPv6))
    func certificate() async throws {
        let database = try await Database.Kind.postgres.shared()
        let service = try await WellheadService.start()
        let authority = JSON.text(Certificates.shared.authorityPEM)
        let record = try await service.create(
            database.body.with(["host": "[::1]", "ssl": true, "sslCA": authority]))
        #expect(record["status"].text == "connected")
        #expect(await service.stop() == 0)
    }

    @Test(
        "The SSH host may be an IPv6 literal, and so may what is behind it",
        .enabled(if: FreePort.hasIPv6 && SSHServer.availability == nil), arguments: [true, false])
    func bastion(forwarded: Bool) async throws {
        let database = try await Database.Kind.mariaDB.shared()
        let bastion = try await SSHServer.start()
        let service = try await WellheadService.start()
        let record = try await service.create(
            database.body.with(bastion.fields).with([
                "host": "[::1]", "sshHost": "[::1]", "sshTunneling": .flag(forwarded),
            ]))
        #expect(record["sshHost"].text == "::1")
        #expect(record["host"].text == "::1")
        #expect(bastion.forwards(to: database.port) == (forwarded ? 1 : 0))
        #expect(bastion.relays().count == (forwarded ? 0 : 1))
        #expect(await service.stop() == 0)
        await bastion.stop()
    }

    @Test(
        "A name with both families of which one is dead is reached by the other", .enabled(if: FreePort.hasIPv6),
        arguments: [("::1", "127.0.0.1"), ("127.0.0.1", "::1")])
    func refused(dead: String, live: String) async throws {
        let database = try await Database.Kind.postgres.shared()
        let wire = try await Proxy.start(to: database.port, at: live)
        let service = try await WellheadService.start(["--hosts", "both.test=\(dead),both.test=\(live)"])
        let record = try await service.create(
            database.body.with(["host": "both.test", "port": "\(wire.port)"]))
        #expect(record["status"].text == "connected")
        #expect(wire.connections == 1)
        #expect(await service.stop() == 0)
        await wire.stop()
    }

    @Test("A family that swallows everything does not hold up the other", .enabled(if: FreePort.hasIPv6))
    func swallowed() async throws {
        let database = try await Database.Kind.postgres.shared()
        let hole = try BlackHole()
        let wire = try await Proxy.start(to: database.port, at: "::1", port: hole.port)
        let service = try await WellheadService.start(["--hosts", "both.test=127.0.0.1,both.test=::1"])
        let body = database.body.with(["host": "both.test", "port": "\(hole.port)"])
        // Within a second of the dead one alone it would have failed.
        let answer = try await service.call("POST /datasources?timeout=5", body)
        #expect(answer.status == 200, "\(answer)")
        let report = try await service.call("POST /datasources/\(answer.json["id"].text ?? "")/test").json
        #expect(report["stages"].list[1]["detail"].text == "[::1]:\(hole.port)")
        #expect(await service.stop() == 0)
        await wire.stop()
        withExtendedLifetime(hole) {}
    }
}
