import Foundation
import Testbed
import Testing

/// Secrets that are planted, and the places in which they must not be found.
@Suite("Secrets leave no trace", .enabled(if: SSHServer.availability == nil))
struct SecrecyTests {
    @Test("They are in no log, no answer, no process list and, unsealed, in no file")
    func search() async throws {
        let database = try await Database.Kind.postgres.start()
        let bastion = try await SSHServer.start(.init(methods: .keyAndPassword))
        let service = try await WellheadService.start(["--log-level", "trace"])
        let keys = try await Testbed.shared.sshKeys()
        let login = database.certificateLogin
        let identity = try Certificates.shared.client(login.username)
        let marked = "planted-\(UUID().uuidString)"
        let identityText = keys.key(.ed25519).privateText
        // Of keys, a line from the middle; of passwords, the whole.
        let secrets = [
            marked, SSHServer.login.password, Self.middle(of: identityText), Self.middle(of: identity.keyPEM),
            database.login.password, service.token,
        ]
        let mutual = database.body(as: login).with(bastion.fields).with([
            "password": .text(marked), "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM),
            "certificate": .text(identity.chainPEM), "keyfile": .text(identity.keyPEM),
            "sshIdentity": .text(identityText),
        ])
        let plain = database.body
        var answers: [String] = []
        func note(_ call: String, _ body: JSON? = nil) async throws -> Answer {
            let answer = try await service.call(call, body)
            answers.append("\(answer.headers) \(answer.text)")
            return answer
        }

        // What works, what does not, and what cannot even be read.
        let first = try await note("POST /datasources", mutual)
        #expect(first.status == 200, "\(first)")
        #expect(try await note("POST /datasources", plain).status == 200)
        let id = try first.json["id"].text ?? ""
        for body in [
            plain.with(["password": .text(marked)]), mutual.with(["sshPassword": .text(marked)]),
            plain.with(["pasword": .text(marked)]), plain.with(["port": .text(marked)]),
            mutual.with(["keyfile": .text(marked)]), mutual.with(["sshIdentity": .text(marked)]),
            plain.with(["options": [marked: 1]]), mutual.with(["sslServerName": "elsewhere.test"]),
        ] {
            let answer = try await service.call("POST /datasources", body)
            #expect([400, 422].contains(answer.status))
            // A misspelt field's name and a port's text are the caller's own words, said back to the caller alone.
            if body["pasword"] == .null, body["port"].text != marked, body["options"].fields.isEmpty {
                answers.append(answer.text)
            }
        }
        _ = try await service.call("POST /datasources", body: "{\"password\":\"\(marked)", type: "application/json")
        for call in [
            "GET /datasources", "GET /datasources/\(id)", "GET /datasources/\(id)/status",
            "POST /datasources/\(id)/test",
            "GET /datasources?password=\(marked)", "GET /drivers", "GET /openapi.json",
        ] { _ = try await note(call) }
        #expect(try await note("PUT /datasources/\(id)", ["name": "kept", "password": "********"]).status == 200)

        let running = ProcessTable.everything(below: service.pid)
        #expect(await service.stop() == 0)
        let files = try await Self.files(in: service.data)
        for secret in secrets {
            #expect(!service.logText.contains(secret), "a log has \(secret.prefix(8))…")
            #expect(!running.contains(secret), "the process list has \(secret.prefix(8))…")
            for answer in answers where secret != marked || !answer.contains("password=") {
                #expect(!answer.contains(secret), "an answer has \(secret.prefix(8))…: \(answer.prefix(200))")
            }
            for (name, contents) in files where name != "admin.token" {
                #expect(contents.range(of: Data(secret.utf8)) == nil, "\(name) has \(secret.prefix(8))…")
            }
        }
        // The search itself finds what is there.
        #expect(files["admin.token"]?.range(of: Data(service.token.utf8)) != nil)
        #expect(files.values.contains { $0.range(of: Data("kept".utf8)) != nil })
        #expect(service.logText.contains(id))
        await bastion.stop()
        await database.stop()
    }

    @Test("The files that hold keys and tokens are the owner's alone")
    func modes() async throws {
        let service = try await WellheadService.start()
        for name in ["admin.token", "master.key", "wellhead.sqlite"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: service.data.appending(path: name).path)
            let mode = try #require(attributes[.posixPermissions] as? NSNumber)
            #expect(mode.intValue & 0o077 == 0, "\(name)")
        }
        #expect(await service.stop() == 0)
    }

    @Test("A deleted record's login data is gone from the files beyond recovery")
    func erased() async throws {
        let database = try await Database.Kind.postgres.shared()
        let service = try await WellheadService.start()
        let record = try await service.create(database.body.with(["name": "to be erased"]))
        let wrapped = try await Self.files(in: service.data)
        #expect(wrapped.values.contains { $0.range(of: Data("to be erased".utf8)) != nil })
        try await service.delete(record)
        let tombstones = try await service.call("GET /datasources?_deleted=true").json.list
        #expect(tombstones.map { $0["name"].text } == ["to be erased"])
        #expect(try await service.call("GET /datasources/\(record["id"].text ?? "")").status == 404)
        #expect(await service.stop() == 0)
        for (name, contents) in try await Self.files(in: service.data) {
            #expect(contents.range(of: Data(database.login.username.utf8)) == nil, "\(name) still has the user name")
        }
    }

    private static func middle(of pem: String) -> String {
        let lines = pem.split(separator: "\n")
        return String(lines[lines.count / 2])
    }

    private static func files(in folder: URL) async throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        var files: [String: Data] = [:]
        for name in names {
            if let data = FileManager.default.contents(atPath: folder.appending(path: name).path) { files[name] = data }
        }
        return files
    }
}
