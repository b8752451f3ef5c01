import Testbed
import Testing

@Suite("Certificates are replaced", .serialized)
struct RotationTests {
    @Test("A client's by a change of both fields; one alone changes nothing", arguments: Database.Kind.here)
    func client(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let service = try await WellheadService.start()
        let login = database.certificateLogin
        let old = try Certificates.shared.client(login.username)
        let new = try Certificates.shared.client(login.username, key: .rsa)
        let record = try await service.create(
            database.body(as: login).with([
                "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "certificate": .text(old.chainPEM),
                "keyfile": .text(old.keyPEM),
            ]))
        let id = record["id"].text ?? ""
        for half in [["certificate": .text(new.chainPEM)], ["keyfile": .text(new.keyPEM)]] as [JSON] {
            let answer = try await service.call("PUT /datasources/\(id)", half)
            #expect(answer.status == 400, "\(answer)")
            #expect(try answer.json["error"]["code"].text == "certificate_key_mismatch")
        }
        #expect(try await service.call("GET /datasources/\(id)").json["certificate"] == record["certificate"])
        #expect(try await service.status(record)["status"].text == "connected")

        let answer = try await service.call(
            "PUT /datasources/\(id)", ["certificate": .text(new.chainPEM), "keyfile": .text(new.keyPEM)])
        #expect(answer.status == 200, "\(answer)")
        #expect(try answer.json["certificate"] != record["certificate"])
        #expect(try await service.call("POST /datasources/\(id)/test").json["ok"].flag == true)
        try await eventually("the old connection is gone") {
            try await database.sessions(of: login.username) == 1
        }
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("A server's by another of the same authority: its source connects again without a change")
    func server() async throws {
        let database = try await Database.Kind.postgres.start()
        let service = try await WellheadService.start()
        let record = try await service.create(
            database.body.with([
                "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "sslServerName": "db.test",
            ]))
        let first = try await service.status(record)["certificate_expires"]
        try await database.present(.endsSoon)
        await database.stop()
        try await service.until(record, is: "reconnecting")
        try await database.start()
        try await service.until(record, is: "connected")
        #expect(try await service.status(record)["certificate_expires"] != first)

        // One of a stranger's is not taken, however long it is tried.
        try await database.present(.foreign)
        await database.stop()
        try await database.start()
        try await eventually("the stranger's is refused") {
            try await service.status(record)["last_error"]["code"].text == "tls_untrusted"
        }
        #expect(try await database.sessions(of: database.login.username) == 0)
        #expect(await service.stop() == 0)
        await database.stop()
    }
}
