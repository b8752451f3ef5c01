import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import SourceModel
import Testing

@testable import WebAPI

@Suite("HTTP")
struct HTTPTests {
    static let json: HTTPFields = [.contentType: "application/json"]
    static let secretWords = ["pw-SECRET-1", "key-SECRET-2", "ssh-SECRET-3"]

    // MARK: Create

    static let draftBodies: [(String, String)] = [
        (
            "application/json",
            #"{"name":"shop","driver":"postgresql","host":"db.test","port":5433,"username":"u","password":"pw-SECRET-1","database":"shop","ssl":true,"options":{"poolMax":3}}"#
        ),
        (
            "application/xml",
            """
            <?xml version="1.0" encoding="utf-8"?><item><name>shop</name><driver>postgres</driver><host>db.test</host>\
            <port>5433</port><username>u</username><password>pw-SECRET-1</password><database>shop</database>\
            <ssl>true</ssl><options><poolMax>3</poolMax></options></item>
            """
        ),
        (
            "text/xml; charset=utf-8",
            """
            <source><name>shop</name><driver>postgre</driver><host>db.test</host><port>5433</port>\
            <username>u</username><password>pw-SECRET-1</password><database>shop</database><ssl>1</ssl>\
            <options><poolMax>3</poolMax></options></source>
            """
        ),
        (
            "application/x-www-form-urlencoded",
            "name=shop&driver=postgres&host=db.test&port=5433&username=u&password=pw-SECRET-1&database=shop&ssl=1&options[poolMax]=3"
        ),
        (
            "application/x-www-form-urlencoded",
            #"{"name":"shop","driver":"postgres","host":"db.test","port":"5433","username":"u","password":"pw-SECRET-1","database":"shop","ssl":true,"options":{"poolMax":3}}"#
        ),
    ]

    @Test("Every format of a body makes the same draft", arguments: Transport.allCases, draftBodies)
    func formats(transport: Transport, body: (String, String)) async throws {
        try await TestService.run(transport) { client, _ in
            let answer = try await client.call(
                "POST /datasources?connect=false", [.contentType: body.0], body: body.1)
            #expect(answer.status == .ok)
            let record = try answer.object
            #expect(record["name"] as? String == "shop")
            #expect(record["driver"] as? String == "postgres")
            #expect(record["port"] as? String == "5433")
            #expect(record["ssl"] as? Bool == true)
            #expect(record["password"] as? String == "********")
            #expect(record["keyfile"] is NSNull)
            #expect((record["options"] as? [String: Any])?["poolMax"] as? Int == 3)
            #expect(record["status"] as? String == "draft")
            #expect(record["published_at"] is NSNull)
            #expect(record["created_by"] as? String == "admin")
            #expect(Set(record.keys) == Set(Field.allCases.map(\.rawValue)).union(Field.readOnly))
            #expect(answer.headers[.eTag] == "\"1\"")
            #expect(answer.headers[.location] == "/datasources/\(record["id"] as? String ?? "")")
        }
    }

    @Test(
        "A source that passes its test is connected, listed, shown, changed and deleted", arguments: Transport.allCases)
    func life(transport: Transport) async throws {
        try await TestService.run(transport) { client, service in
            try service.write("orders.csv", "id,item\n1,cup\n2,pot\n")
            let body = #"{"name":"orders","driver":"csv","database":"orders.csv"}"#
            let created = try await client.call("POST /datasources", Self.json, body: body)
            #expect(created.status == .ok, "\(created.text)")
            #expect(try created.object["status"] as? String == "connected")
            let id = try #require(try created.object["id"] as? String)

            let shown = try await client.call("GET /datasources/\(id)")
            #expect(try shown.object["name"] as? String == "orders")
            let report = try await client.call("POST /datasources/\(id)/test").object
            #expect(report["ok"] as? Bool == true)
            #expect(report["error"] is NSNull)
            #expect((report["stages"] as? [Any])?.isEmpty == false)
            let status = try await client.call("GET /datasources/\(id)/status").object
            #expect(status["status"] as? String == "connected")
            #expect((status["connections"] as? [String: Any])?["open"] is Int)

            // What GET gave can be PUT.
            let put = try await client.call("PUT /datasources/\(id)", Self.json, body: shown.text)
            #expect(put.status == .ok, "\(put.text)")
            let stale: HTTPFields = [.contentType: "application/json", .ifMatch: "\"1\""]
            let conflict = try await client.call("PUT /datasources/\(id)", stale, body: #"{"name":"other"}"#)
            #expect(conflict.status == .conflict)
            var fresh = stale
            fresh[.ifMatch] = put.headers[.eTag]
            let renamed = try await client.call("PUT /datasources/\(id)", fresh, body: #"{"name":"other"}"#)
            #expect(try renamed.object["name"] as? String == "other")

            let deleted = try await client.call("DELETE /datasources/\(id)")
            #expect(deleted.text == #"{"code":200,"message":"OK"}"#)
            for call in ["GET /datasources/\(id)", "DELETE /datasources/\(id)", "GET /datasources/\(id)/status"] {
                #expect(try await client.call(call).status == .notFound)
            }
            let left = try await client.call("GET /datasources?_deleted=true")
            #expect(left.headers[.totalCount] == "1")
            #expect(left.text.contains("\"deleted_by\":\"admin\""))
        }
    }

    @Test("A failed test is 422 with error and report, and stores nothing", arguments: Transport.allCases)
    func failedTest(transport: Transport) async throws {
        try await TestService.run(transport) { client, _ in
            let body = #"{"name":"gone","driver":"csv","database":"gone.csv"}"#
            let answer = try await client.call("POST /datasources", Self.json, body: body)
            #expect(answer.status == .unprocessableContent)
            let error = try #require(try answer.object["error"] as? [String: Any])
            #expect(error["code"] as? String == "file_not_found")
            #expect(error["stage"] as? String == "open")
            let report = try #require(try answer.object["report"] as? [String: Any])
            #expect(report["ok"] as? Bool == false)
            #expect(try await client.call("GET /datasources/count").text == #"{"count":0}"#)

            let tested = try await client.call("POST /datasources/test", Self.json, body: body)
            #expect(tested.status == .ok)
            #expect(try tested.object["ok"] as? Bool == false)
            let told = try #require(try tested.object["error"] as? [String: Any])
            #expect(told["code"] as? String == "file_not_found")
        }
    }

    @Test("Lists are filtered, counted, sorted and paged", arguments: Transport.allCases)
    func lists(transport: Transport) async throws {
        try await TestService.run(transport) { client, _ in
            for (name, port) in [("a", 999), ("b", 5432), ("c", 10_000)] {
                let body =
                    #"{"name":"\#(name)","driver":"postgres","host":"h","port":\#(port),"username":"u","database":"d"}"#
                #expect(
                    try await client.call("POST /datasources?connect=false", Self.json, body: body).status == .ok)
            }
            let list = try await client.call("GET /datasources?port_gte=5432&_sort=port:DESC&_limit=1")
            #expect(list.headers[.totalCount] == "2")
            let rows = try #require(try JSONSerialization.jsonObject(with: Data(list.text.utf8)) as? [[String: Any]])
            #expect(rows.map { $0["name"] as? String } == ["c"])
            #expect(try await client.call("GET /datasources/count?port_gte=5432").text == #"{"count":2}"#)
            let xml = try await client.call("GET /datasources?_limit=1", [.accept: "application/xml"])
            #expect(xml.headers[.contentType] == "application/xml; charset=utf-8")
            #expect(xml.text.contains("<items><item><id>"))
            let taken = try await client.call(
                "POST /datasources?connect=false", Self.json,
                body: #"{"name":"a","driver":"postgres","host":"h","username":"u","database":"d"}"#)
            #expect(taken.status == .conflict)
        }
    }

    // MARK: Refusals

    struct Refusal: Sendable, CustomTestStringConvertible {
        var call: String
        var headers: HTTPFields
        var body: String?
        var status: Int
        var testDescription: String { "\(call) → \(status)" }

        init(_ status: Int, _ call: String, _ headers: HTTPFields = [:], body: String? = nil) {
            self.call = call
            self.headers = headers
            self.body = body
            self.status = status
        }
    }

    static let refusals: [Refusal] = [
        Refusal(404, "GET /nowhere"), Refusal(404, "GET /datasources/none"),
        Refusal(404, "PUT /datasources/none", json, body: "{}"),
        Refusal(404, "DELETE /datasources/none"), Refusal(404, "POST /datasources/none/test"),
        Refusal(404, "GET /datasources/none/status"), Refusal(404, "GET /datasources/none/more/still"),
        Refusal(405, "PATCH /datasources"), Refusal(405, "DELETE /datasources"), Refusal(405, "POST /drivers"),
        Refusal(405, "GET /auth/local"), Refusal(405, "POST /health/live"),
        Refusal(400, "POST /datasources", json), Refusal(400, "POST /datasources", json, body: "{"),
        Refusal(400, "POST /datasources", json, body: "[]"),
        Refusal(400, "POST /datasources", json, body: #"{"driver":"csv","driver":"csv"}"#),
        Refusal(400, "POST /datasources", json, body: #"{"driver":"oracle"}"#),
        Refusal(400, "POST /datasources", json, body: #"{"driver":"postgres"}"#),
        Refusal(400, "POST /datasources", json, body: #"{"driver":"csv","database":"a.csv","hots":"x"}"#),
        Refusal(400, "POST /datasources?timeout=0", json, body: "{}"),
        Refusal(400, "POST /datasources?timeout=61", json, body: "{}"),
        Refusal(400, "POST /datasources?timeout=nan", json, body: "{}"),
        Refusal(400, "POST /datasources?timeout=1&timeout=2", json, body: "{}"),
        Refusal(400, "POST /datasources?connect=maybe", json, body: "{}"),
        Refusal(400, "POST /datasources?conect=false", json, body: "{}"),
        Refusal(400, "GET /datasources?password=x"), Refusal(400, "GET /datasources?_limit=5000"),
        Refusal(400, "GET /datasources?hots=x"), Refusal(400, "GET /datasources?_deleted=maybe"),
        Refusal(415, "POST /datasources", [:], body: "{}"),
        Refusal(415, "POST /datasources", [.contentType: "text/plain"], body: "{}"),
        Refusal(415, "POST /datasources", [.contentType: "application/json; charset=latin1"], body: "{}"),
        Refusal(415, "POST /datasources", [.contentType: "application/json", .contentEncoding: "gzip"], body: "{}"),
        Refusal(413, "POST /datasources", json, body: String(repeating: " ", count: (1 << 20) + 1)),
        Refusal(400, "POST /auth/local", json, body: #"{"user":"ada"}"#),
        Refusal(400, "POST /auth/local", json, body: #"{"user":"ada","password":"x","more":1}"#),
        Refusal(403, "POST /auth/local", json, body: #"{"user":"ada","password":"wrong"}"#),
        Refusal(403, "POST /auth/local", json, body: #"{"user":"nobody","password":"wrong"}"#),
    ]

    @Test("Every refusal has its status and the one shape, in JSON and in XML", arguments: Transport.allCases, refusals)
    func refused(transport: Transport, refusal: Refusal) async throws {
        try await TestService.run(transport) { client, _ in
            let answer = try await client.call(refusal.call, refusal.headers, body: refusal.body)
            #expect(answer.status.code == refusal.status, "\(answer.text)")
            let body = try answer.object
            #expect(body["code"] as? Int == refusal.status)
            #expect((body["message"] as? String)?.isEmpty == false)
            #expect(answer.headers[HTTPField.Name("X-Request-Id")!]?.isEmpty == false)
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            if refusal.status == 400 {
                let error = try #require(body["error"] as? [String: Any])
                #expect(error["stage"] as? String == "validate")
                #expect(error["fields"] is [[String: Any]])
                #expect((error["hint"] as? String)?.isEmpty == false)
            }
            if refusal.status == 405 { #expect(answer.headers[.allow]?.hasSuffix("OPTIONS") == true) }
        }
        try await TestService.run(transport) { client, _ in
            var headers = refusal.headers
            headers[.accept] = "application/xml"
            let answer = try await client.call(refusal.call, headers, body: refusal.body)
            #expect(answer.status.code == refusal.status)
            #expect(answer.text.contains("<item><code>\(refusal.status)</code><message>"))
        }
    }

    @Test("HEAD answers as GET does without a body, and OPTIONS tells the methods", arguments: Transport.allCases)
    func otherMethods(transport: Transport) async throws {
        try await TestService.run(transport) { client, _ in
            let head = try await client.call("HEAD /datasources")
            #expect(head.status == .ok)
            #expect(head.text.isEmpty)
            #expect(head.headers[.totalCount] == "0")
            #expect(try await client.call("HEAD /datasources/none").status == .notFound)
            let options = try await client.call("OPTIONS /datasources/x", authorization: nil)
            #expect(options.status == .noContent)
            #expect(options.headers[.allow] == "GET, HEAD, PUT, DELETE, OPTIONS")
        }
    }

    // MARK: Callers

    static let strangers: [String?] = [
        nil, "", "Bearer", "Bearer ", "Bearer wrong", "Basic YWRtaW46eA==", "Bearer admin-token x", "admin-token",
        "Bearer a.b.c", "Bearer revoked-token",
    ]

    @Test("Whoever shows no token that holds gets one and the same 403", arguments: Transport.allCases, strangers)
    func forbidden(transport: Transport, authorization: String?) async throws {
        try await TestService.run(transport) { client, _ in
            for endpoint in Endpoint.allCases where !endpoint.isOpen {
                let path = endpoint.path.replacing(/\{[a-z]+\}/, with: "x")
                let answer = try await client.call(
                    "\(endpoint.method.rawValue) \(path)", Self.json, body: "{}", authorization: authorization)
                #expect(answer.status == .forbidden)
                #expect(answer.text == #"{"code":403,"message":"Error - Forbidden"}"#)
                #expect(answer.headers[.wwwAuthenticate] == "Bearer")
            }
            #expect(try await client.call("GET /health/live", authorization: authorization).status == .ok)
        }
    }

    @Test("A login's token holds, until the user is gone", arguments: Transport.allCases)
    func login(transport: Transport) async throws {
        try await TestService.run(transport) { client, service in
            let answer = try await client.call(
                "POST /auth/local", Self.json, body: #"{"user":"ada","password":"right"}"#, authorization: nil)
            #expect(answer.status == .ok)
            #expect(try answer.object["user"] as? String == "ada")
            let bearer = "bearer \(try #require(try answer.object["jwt"] as? String))"
            #expect(try await client.call("GET /datasources", authorization: bearer).status == .ok)
            service.doorkeeper.remove("ada")
            #expect(try await client.call("GET /datasources", authorization: bearer).status == .forbidden)
        }
    }

    @Test("Too many failed logins are 429, while a token that holds passes", arguments: Transport.allCases)
    func tooMany(transport: Transport) async throws {
        var settings = WebAPI.Settings()
        settings.failuresPerMinute = 3
        try await TestService.run(transport, settings: settings) { client, _ in
            let body = #"{"user":"ada","password":"wrong"}"#
            for _ in 0..<3 {
                #expect(
                    try await client.call("POST /auth/local", Self.json, body: body, authorization: nil).status
                        == .forbidden)
            }
            let answer = try await client.call("POST /auth/local", Self.json, body: body, authorization: nil)
            #expect(answer.status == .tooManyRequests)
            #expect(Int(answer.headers[.retryAfter] ?? "") ?? 0 > 0)
            #expect(
                try await client.call("GET /datasources", authorization: "Bearer wrong").status == .tooManyRequests)
            #expect(try await client.call("GET /datasources").status == .ok)
        }
    }

    @Test("Who sends no token has guessed nothing, and is not counted", arguments: Transport.allCases)
    func withoutToken(transport: Transport) async throws {
        var settings = WebAPI.Settings()
        settings.failuresPerMinute = 1
        try await TestService.run(transport, settings: settings) { client, _ in
            for (authorization, status) in [
                (nil, .forbidden), (nil, .forbidden), (nil, .forbidden), ("Bearer wrong", .forbidden),
                ("Bearer wrong", .tooManyRequests),
            ] as [(String?, HTTPResponse.Status)] {
                let answer = try await client.call("GET /datasources", authorization: authorization)
                #expect(answer.status == status)
            }
        }
    }

    @Test(
        "Allow names what the address itself takes, not what a record of that name would",
        arguments: Transport.allCases,
        [
            ("PUT /datasources/count", "GET, HEAD, OPTIONS"), ("OPTIONS /datasources/count", "GET, HEAD, OPTIONS"),
            ("DELETE /datasources/test", "POST, OPTIONS"),
            ("PATCH /datasources/x", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ])
    func allow(transport: Transport, expected: (call: String, allowed: String)) async throws {
        try await TestService.run(transport) { client, _ in
            let answer = try await client.call(expected.call)
            #expect(answer.status == (expected.call.hasPrefix("OPTIONS") ? .noContent : .methodNotAllowed))
            #expect(answer.headers[.allow] == expected.allowed)
        }
    }

    // MARK: Bounds

    @Test("One test more than the bound is 503 with a sentence", arguments: Transport.allCases)
    func slots(transport: Transport) async throws {
        var settings = WebAPI.Settings()
        settings.concurrentTests = 0
        try await TestService.run(transport, settings: settings) { client, _ in
            let answer = try await client.call(
                "POST /datasources/test", Self.json, body: #"{"driver":"csv","database":"a.csv"}"#)
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.headers[.retryAfter] == "1")
        }
    }

    @Test("The service is live at once and ready when it has started", arguments: Transport.allCases)
    func readiness(transport: Transport) async throws {
        try await TestService.run(transport, ready: false) { client, service in
            let live = try await client.call("GET /health/live", authorization: nil)
            #expect(live.status == .ok)
            let early = try await client.call("GET /health/ready", authorization: nil)
            #expect(early.status == .serviceUnavailable)
            service.readiness.announce()
            let ready = try await client.call("GET /health/ready", authorization: nil)
            #expect(ready.status == .ok)
        }
    }

    @Test("A body without an announced length is not read beyond the bound")
    func endlessBody() async throws {
        let (stream, source) = AsyncStream<ByteBuffer>.makeStream()
        for _ in 0..<100 { source.yield(ByteBuffer(repeating: 0x20, count: 64 * 1024)) }
        let request = Request(
            head: HTTPRequest(
                method: .post, scheme: "http", authority: "localhost", path: "/datasources", headerFields: Self.json),
            body: RequestBody(asyncSequence: stream))
        let refusal = try await #require(throws: ErrorAnswer.self) {
            _ = try await request.bodyFields(within: .seconds(30))
        }
        #expect(refusal.status == .contentTooLarge)
        #expect(refusal.closesConnection)
    }

    @Test("A secret that was sent is in no answer, whatever the answer", arguments: Transport.allCases)
    func noSecrets(transport: Transport) async throws {
        try await TestService.run(transport) { client, _ in
            let fields = #""password":"pw-SECRET-1","keyfile":"key-SECRET-2","sshPassword":"ssh-SECRET-3""#
            let bodies = [
                #"{"driver":"postgres","host":"h","username":"u","database":"d","password":"pw-SECRET-1"}"#,
                #"{"driver":"postgres","host":"127.0.0.1","port":1,"username":"u","database":"d","password":"pw-SECRET-1"}"#,
                #"{"driver":"mysql","host":"h","username":"u","database":"d","ssl":true,"certificate":"x",\#(fields)}"#,
                #"{"driver":"oracle",\#(fields)}"#, #"{"driver":"csv",\#(fields)}"#,
                #"{"driver":"postgres",\#(fields),"#,
                #"{"driver":"postgres",\#(fields),"password":"pw-SECRET-1"}"#, #"{"port":"pw-SECRET-1x"#,
            ]
            for (index, body) in bodies.enumerated() {
                for call in ["POST /datasources?connect=false", "POST /datasources/test?timeout=1"] {
                    for accept in ["application/json", "application/xml"] {
                        let headers: HTTPFields = [.contentType: "application/json", .accept: accept]
                        let answer = try await client.call(call, headers, body: body)
                        for word in Self.secretWords {
                            #expect(!answer.text.contains(word), "body \(index) of \(call)")
                            #expect(!answer.headers.contains { $0.value.contains(word) })
                        }
                    }
                }
            }
            let list = try await client.call("GET /datasources")
            #expect(!Self.secretWords.contains { list.text.contains($0) })
        }
    }
}
