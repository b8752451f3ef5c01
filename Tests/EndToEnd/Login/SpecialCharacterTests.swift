import Testbed
import Testing

@Suite("Special characters and the mask", .serialized)
struct SpecialCharacterTests {
    private static func exotic(_ kind: Database.Kind) -> Login {
        switch kind {
        case .postgres: PostgresServer.Logins.exotic
        case .mariaDB: MariaDBServer.Logins.exotic
        case .mySQL: MySQLServer.Logins.exotic
        }
    }

    @Test(
        "A login of punctuation and emoji connects, and still does when its record is sent back as it was shown",
        arguments: Database.Kind.here)
    func roundTrip(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let login = Self.exotic(kind)
        let service = try await WellheadService.start()
        let record = try await service.create(database.body(as: login))
        #expect(record["username"].text == login.username)
        #expect(record["password"].text == "********")
        #expect(try await database.sessions(of: login.username) == 1)
        let id = record["id"].text ?? ""

        for turn in 1...3 {
            let shown = try await service.call("GET /datasources/\(id)").json
            #expect(shown["password"].text == "********")
            let answer = try await service.call("PUT /datasources/\(id)", shown.with(["name": "turn \(turn)"]))
            #expect(answer.status == 200, "\(answer)")
            #expect(try answer.json["username"].text == login.username)
        }
        // A change that leaves the password out keeps it, too.
        #expect(try await service.call("PUT /datasources/\(id)", ["name": "left out"]).status == 200)
        try await eventually("one connection is there, the last") {
            try await database.sessions(of: login.username) == 1
        }
        #expect(try await service.call("POST /datasources/\(id)/test").json["ok"].flag == true)

        // The password that was kept is the password, not the mask: it opens after a restart as well.
        #expect(await service.stop() == 0)
        try await service.start()
        try await service.until(record, is: "connected")
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("The mask as the password of a new record is no password", arguments: ["password", "sshPassword"])
    func mask(field: String) async throws {
        let database = try await Database.Kind.postgres.shared()
        let service = try await WellheadService.start()
        var body = database.body
        if field == "sshPassword" {
            body = body.with(["ssh": true, "sshHost": "127.0.0.1", "sshUsername": "joe"])
        }
        let answer = try await service.call("POST /datasources", body.with([field: "********"]))
        #expect(answer.status == 400, "\(answer)")
        #expect(try answer.json["error"]["fields"].list.map { $0["field"].text } == [field])
        #expect(await service.stop() == 0)
    }

    @Test(
        "The bastion's password and passphrases are kept by the mask as well",
        .enabled(if: SSHServer.availability == nil), arguments: [SSHKeys.Kind?.none, .ed25519Encrypted])
    func bastion(key: SSHKeys.Kind?) async throws {
        let database = try await Database.Kind.mariaDB.shared()
        let bastion = try await SSHServer.start()
        let service = try await WellheadService.start()
        var body = database.body.with(bastion.fields)
        if let key {
            let pair = try await Testbed.shared.sshKeys().key(key)
            body = body.with([
                "sshIdentity": .text(pair.privateText), "sshPassword": pair.passphrase.map { .text($0) } ?? .null,
            ])
        }
        let record = try await service.create(body)
        let id = record["id"].text ?? ""
        let shown = try await service.call("GET /datasources/\(id)").json
        #expect(shown["sshPassword"].text == "********")
        #expect(shown["sshIdentity"] == (key == nil ? .null : "********"))
        let answer = try await service.call("PUT /datasources/\(id)", shown.with(["name": "renamed"]))
        #expect(answer.status == 200, "\(answer)")
        #expect(try await service.call("POST /datasources/\(id)/test").json["ok"].flag == true)
        #expect(await service.stop() == 0)
        await bastion.stop()
    }
}
