import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testbed
import Testing

/// Tests whose caller watches them, by `Accept: text/event-stream`.
@Suite("Tests that are watched")
struct WatchedTests {
    /// One event as it came.
    struct Event: Sendable {
        let name: String
        let data: JSON
    }

    /// The events of a whole answer (HTML Standard, section 9.2.6), of which ours have one line of data each.
    static func events(in text: String) throws -> [Event] {
        try text.components(separatedBy: "\n\n").filter { !$0.isEmpty }.map { block in
            let lines = block.components(separatedBy: "\n")
            try #require(lines.count == 2 && lines[0].hasPrefix("event: ") && lines[1].hasPrefix("data: "), "\(block)")
            return Event(name: String(lines[0].dropFirst(7)), data: try JSON(parsing: String(lines[1].dropFirst(6))))
        }
    }

    private static func watch(_ service: WellheadService, _ call: String, _ body: JSON?) async throws -> [Event] {
        let answer = try await service.call(
            call, body: try body?.document, type: body == nil ? nil : "application/json", accept: "text/event-stream")
        try #require(answer.status == 200, "\(answer)")
        #expect(answer.headers.first(name: "Content-Type") == "text/event-stream; charset=utf-8")
        #expect(answer.headers.first(name: "Cache-Control") == "no-store")
        return try events(in: answer.text)
    }

    @Test(
        "Each stage begins and ends in its order, and the record comes last",
        .enabled(if: SSHServer.availability == nil))
    func everyStage() async throws {
        let database = try await Database.Kind.postgres.start()
        let bastion = try await SSHServer.start()
        let service = try await WellheadService.start()
        let body = database.body.with([
            "name": "watched", "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM),
        ]).with(bastion.fields)

        let stages = [
            "resolve", "dial", "ssh_handshake", "ssh_host_key", "ssh_auth", "ssh_forward", "tls", "login", "database",
            "probe",
        ]
        let tested = try await Self.watch(service, "POST /datasources/test", body)
        let report = try #require(tested.last)
        #expect(report.name == "report")
        #expect(report.data["ok"].flag == true)
        // A stage that lasts on a slow machine is told of meanwhile.
        #expect(
            tested.dropLast().map(\.name).filter { !["warned", "noted"].contains($0) }
                == stages.flatMap { _ in ["began", "ended"] })
        #expect(tested.filter { $0.name == "warned" }.map(\.data) == report.data["warnings"].list)
        #expect(tested.filter { $0.name == "began" }.map { $0.data["stage"].text } == stages)
        #expect(tested.filter { $0.name == "ended" }.map(\.data) == report.data["stages"].list)

        let created = try await Self.watch(service, "POST /datasources", body)
        let record = try #require(created.last)
        #expect(record.name == "record")
        #expect(created.dropLast().filter { $0.name == "ended" }.allSatisfy { $0.data["ok"].flag == true })
        #expect(created.filter { $0.name == "began" }.last?.data["stage"].text == "probe")
        #expect(record.data["status"].text == "connected")
        let id = record.data["id"].text ?? ""
        #expect(try await service.call("GET /datasources/\(id)").json == record.data)
        #expect(try await service.status(record.data)["connections"]["open"].number == 1)

        #expect(try await Self.watch(service, "POST /datasources/\(id)/test", nil).last?.data["ok"].flag == true)
        let changed = try await Self.watch(service, "PUT /datasources/\(id)", ["name": "watched again"])
        #expect(changed.last?.data["name"].text == "watched again")

        let history = try await service.call("GET /datasources/\(id)/history").json
        #expect(history["step_seconds"].number == 60)
        #expect(history["points"].list.last?["status"].text == "connected")
        #expect(await service.stop() == 0)
        await bastion.stop()
        await database.stop()
    }

    @Test("How much of a file is here is told while it is fetched, and then what it came to")
    func progress() async throws {
        // nginx sends so much a second by its own clock, however slow this machine is.
        let server = try await HTTPServer.start(.init(lines: ["location = /slow.csv { limit_rate 64k; }"]))
        let rows = (0..<20_000).map { "\($0),a row\n" }.joined()
        try server.write("n,word\n" + rows, to: "slow.csv")
        let service = try await WellheadService.start()
        let events = try await Self.watch(
            service, "POST /datasources/test?timeout=60", server.body(driver: "csv", path: "/slow.csv"))
        #expect(events.last?.data["ok"].flag == true, "\(events)")
        let open = events.filter { $0.data["stage"].text == "open" }
        #expect(open.first?.name == "began")
        #expect(open.last?.name == "ended")
        let noted = open.filter { $0.name == "noted" }.compactMap { $0.data["detail"].text }
        #expect(noted.contains { $0.hasSuffix(" bytes fetched") }, "\(noted)")
        #expect(Set(noted).count == noted.count)
        #expect(open.last?.data["detail"].text?.contains("fetched") == false)
        #expect(await service.stop() == 0)
        await server.stop()
    }

    @Test("What goes wrong is the last event, with the body and the code that JSON has")
    func errors() async throws {
        let database = try await Database.Kind.postgres.shared()
        let service = try await WellheadService.start()
        let wrong = database.body.with(["password": "wrong"])
        let failed = try await Self.watch(service, "POST /datasources", wrong)
        let answer = try await service.call("POST /datasources", wrong)
        let last = try #require(failed.last)
        #expect(last.name == "error")
        #expect(last.data["code"].number == Double(answer.status))
        #expect(last.data["message"] == (try answer.json["message"]))
        #expect(last.data["error"] == (try answer.json["error"]))
        let ended = failed.filter { $0.name == "ended" }.map(\.data)
        #expect(ended == last.data["report"]["stages"].list)
        #expect(ended.last?["stage"].text == "login")
        #expect(ended.last?["ok"].flag == false)
        #expect(try await service.count() == 0)

        let refused = try await Self.watch(service, "POST /datasources/test", database.body.with(["port": "0"]))
        #expect(refused.map(\.name) == ["error"])
        #expect(refused.last?.data["code"].number == 400)
        #expect(refused.last?.data["error"]["fields"].list.first?["field"].text == "port")

        _ = try await service.create(database.body.with(["name": "taken"]))
        let taken = try await Self.watch(service, "POST /datasources", database.body.with(["name": "taken"]))
        #expect(taken.last?.name == "error")
        #expect(taken.last?.data["code"].number == 409)

        // What is wrong before there is anything to watch is answered as ever.
        let unreadable = try await service.call(
            "POST /datasources/test", body: "{", type: "application/json", accept: "text/event-stream")
        #expect(unreadable.status == 400)
        #expect(try unreadable.json["code"].number == 400)
        #expect(await service.stop() == 0)
    }

    @Test("A stage is told while it lasts, and a caller who hangs up ends the test")
    func hangUp() async throws {
        let silent = try await FaultyServer.start(.silent)
        let service = try await WellheadService.start()
        let folder = Workspace.makeFolder(for: "watch")
        let header = try Workspace.write(
            "Authorization: Bearer \(service.token)\n", to: folder.appending(path: "header"))
        let body: JSON = ["driver": "postgres", "host": "127.0.0.1", "port": "\(silent.port)", "username": "ann"]
        let seen = try Workspace.write("", to: folder.appending(path: "seen"))
        let errors = try Workspace.write("", to: folder.appending(path: "errors"))
        // As a person would watch: curl without a buffer of its own.
        let curl = try await Daemon.start(
            [
                "curl", "--silent", "--no-buffer", "--header", "@\(header.path)", "--header",
                "Accept: text/event-stream", "--json", try body.document,
                "\(service.address)/datasources/test?timeout=60",
            ], environment: [:], as: .current, output: seen, errors: errors)
        try await eventually("the stage that hangs has begun") {
            let text = String(decoding: FileManager.default.contents(atPath: seen.path) ?? Data(), as: UTF8.self)
            return text.hasSuffix("event: began\ndata: {\"stage\":\"login\"}\n\n")
        }
        // The dialling side may be ahead of what the server itself has noticed.
        try await eventually("the server has the connection") { silent.connections == 1 }
        curl.signal(SIGTERM)
        try await eventually("the test has ended") { silent.connections == 0 }
        #expect(await curl.ended() != 0)
        #expect(silent.accepted == 1)
        #expect(await service.stop() == 0)
        await silent.stop()
    }
}
