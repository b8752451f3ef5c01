import Foundation
import Testbed
import Testing

@Suite("HTTP APIs through the service")
struct RESTTests {
    /// A failed test's stage, code and message.
    private func refusal(_ service: WellheadService, _ body: JSON) async throws -> (String?, String?, String) {
        let answer = try await service.call("POST /datasources", body)
        #expect(answer.status == 422, "\(answer)")
        let json = try answer.json
        return (json["error"]["stage"].text, json["error"]["code"].text, json["message"].text ?? "")
    }

    @Test("The test shows status, content type and latency, and asks for the probe's path alone")
    func report() async throws {
        let server = try await HTTPServer.start(files: ["api/status.json": "{\"up\": true}"])
        let service = try await WellheadService.start()
        let body = server.body(path: "/api").with(["options": ["probe": "/status.json"]])
        let report = try await service.call("POST /datasources/test", body).json
        #expect(report["ok"].flag == true, "\(report)")
        #expect(report["stages"].list.map(\.["stage"].text) == ["resolve", "dial", "open"])
        let detail = report["stages"].list.last?["detail"].text ?? ""
        #expect(detail.hasPrefix("200 OK, application/json, ") && detail.hasSuffix(" ms"), "\(detail)")
        #expect(try await server.requests.map(\.target) == ["/api/status.json"])
        let record = try await service.create(body)
        #expect(try await service.status(record)["server_version"].text?.hasPrefix("nginx/") == true)
        #expect(await service.stop() == 0)
        await server.stop()
    }

    @Test(
        "A redirect is dialled only where a data source may be",
        arguments: ["169.254.169.254", "[::ffff:169.254.169.254]"])
    func metadata(host: String) async throws {
        let server = try await HTTPServer.start(
            .init(lines: ["location = /a { return 302 http://\(host)/latest/meta-data/; }"]))
        let service = try await WellheadService.start()
        let (stage, code, message) = try await refusal(service, server.body(path: "/a"))
        #expect(stage == "resolve")
        #expect(code == "destination_forbidden")
        #expect(message.contains("redirects to http://"), "\(message)")
        #expect(await service.stop() == 0)
        await server.stop()
    }

    @Test("A redirect through SSH goes through the same SSH host", .enabled(if: SSHServer.availability == nil))
    func redirectThroughSSH() async throws {
        let other = try await HTTPServer.start(files: ["a.json": "[1]"])
        let server = try await HTTPServer.start(
            .init(lines: ["location = /a { return 302 http://localhost:\(other.port)/a.json; }"]), files: ["ok": "ok"])
        let bastion = try await SSHServer.start()
        // Seen from the service this name leads nowhere (RFC 5737): only the SSH host can have dialled it.
        let service = try await WellheadService.start(["--hosts", "localhost=192.0.2.1"])
        let record = try await service.create(
            server.body().with(bastion.fields).with(["password": "planted", "options": ["probe": "/ok"]]))
        #expect(try await service.rows(record, "/a") == [[1]])
        #expect(try await other.requests.map(\.authorization) == [nil])
        #expect(await service.stop() == 0)
        for each in [server, other] { await each.stop() }
        await bastion.stop()
    }

    @Test("TLS is never left by a redirect")
    func downgrade() async throws {
        let plain = try await HTTPServer.start(files: ["a": "a"])
        let server = try await HTTPServer.start(
            .init(
                certificate: Certificates.shared.server(.good),
                lines: ["location = /a { return 302 http://127.0.0.1:\(plain.port)/a; }"]))
        let service = try await WellheadService.start()
        let (stage, code, message) = try await refusal(
            service, server.body(path: "/a").with(["ssl": true, "sslCA": .text(Certificates.shared.authorityPEM)]))
        #expect([stage, code] == ["open", "http_status"])
        #expect(message.contains("which is not encrypted"), "\(message)")
        #expect(try await plain.requests.isEmpty)
        #expect(await service.stop() == 0)
        for each in [server, plain] { await each.stop() }
    }

    @Test("What the server refuses is told at its stage, and the secret is in no answer and no log")
    func refusals() async throws {
        let marked = "planted-\(UUID().uuidString)"
        let server = try await HTTPServer.start(
            .init(lines: [
                "location = /401 { return 401 'who is $http_authorization'; }",
                "location = /403 { return 403 'not $http_x_key'; }",
                "location = /500 { return 500 'no $http_authorization'; }", "location = /404 { return 404; }",
                "location = /ok { return 200 ok; }",
            ]))
        let secure = try await HTTPServer.start(.init(certificate: Certificates.shared.server(.good)))
        let service = try await WellheadService.start(["--log-level", "trace"])
        var answers: [String] = []
        let cases: [(path: String, fields: [String: JSON], stage: String, code: String)] = [
            ("/401", ["username": "a"], "login", "login_failed"), ("/401", [:], "login", "login_failed"),
            ("/403", ["options": ["authHeader": "X-Key"]], "login", "login_failed"),
            ("/500", ["username": "a"], "open", "http_status"), ("/500", [:], "open", "http_status"),
            ("/404", [:], "open", "http_status"), ("/", ["port": .text("\(secure.port)")], "open", "http_status"),
        ]
        for (path, fields, stage, code) in cases {
            let body = server.body(path: path).with(["password": .text(marked)]).with(fields)
            let answer = try await service.call("POST /datasources", body)
            let error = try answer.json["error"]
            #expect(error["stage"].text == stage, "\(answer)")
            #expect(error["code"].text == code, "\(answer)")
            answers.append(answer.text)
        }
        let record = try await service.create(server.body(path: "/ok").with(["password": .text(marked)]))
        answers.append(try record.document)
        let query = try await service.query(record, ["statement": "?"])
        #expect(query.status == 422)
        #expect(try query.json["error"]["code"].text == "statement_refused")
        answers.append(query.text)
        #expect(await service.stop() == 0)
        let hidden = Data("a:\(marked)".utf8).base64EncodedString()
        for text in answers + [service.logText] {
            #expect(!text.contains(marked), "\(text.prefix(300))")
            #expect(!text.contains(hidden), "\(text.prefix(300))")
        }
        for each in [server, secure] { await each.stop() }
    }

    @Test("A redirect that is not followed is the statement's failure, and the source serves the next one")
    func statementRedirect() async throws {
        let server = try await HTTPServer.start(
            .init(lines: ["location = /away { return 302 ftp://x.test/; }"]), files: ["a.json": "[1]"])
        let service = try await WellheadService.start()
        let record = try await service.create(server.body().with(["options": ["probe": "/a.json"]]))
        let refused = try await service.query(record, ["statement": "/away"])
        #expect(refused.status == 422)
        #expect(try refused.json["error"]["stage"].text == "query")
        #expect(try refused.json["error"]["code"].text == "http_status")
        #expect(try await service.rows(record, "/a.json") == [[1]])
        #expect(await service.stop() == 0)
        await server.stop()
    }

    @Test("A server that restarts is no failure: the next statement opens another connection")
    func restarted() async throws {
        let server = try await HTTPServer.start(files: ["a.json": "[1]"])
        let service = try await WellheadService.start()
        let record = try await service.create(server.body().with(["options": ["probe": "/a.json"]]))
        #expect(try await service.rows(record, "/a.json") == [[1]])
        await server.stop()
        try await server.start()
        #expect(try await service.rows(record, "/a.json") == [[1]])
        #expect(try await service.status(record)["status"].text == "connected")
        #expect(await service.stop() == 0)
        await server.stop()
    }

    @Test("A statement that takes too long ends in time, and the source serves the next one")
    func slow() async throws {
        let server = try await HTTPServer.start(
            .init(lines: ["location = /slow.json { limit_rate 10; }"]), files: ["a.json": "[1]"])
        try server.write("[" + String(repeating: "1,", count: 10_000) + "1]", to: "slow.json")
        let service = try await WellheadService.start()
        let record = try await service.create(server.body().with(["options": ["probe": "/a.json"]]))
        let late = try await service.query(record, ["statement": "/slow.json", "timeout": 1])
        #expect(try late.json["error"]["code"].text == "statement_timeout", "\(late)")
        #expect(try await service.rows(record, "/a.json") == [[1]])
        #expect(await service.stop() == 0)
        await server.stop()
    }
}
