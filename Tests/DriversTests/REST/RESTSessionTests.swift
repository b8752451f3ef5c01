import Foundation
import NIOCore
import Results
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("Rows of an API")
struct RESTSessionTests {
    private func open(_ server: HTTPServer, _ options: [String: JSON] = [:], path: String? = nil) async throws
        -> any Session
    {
        // What the probe asks for where nothing else is said.
        try server.write("ok", to: "index.html")
        return try await OpenSource.open(server.body(path: path).with(["options": .object(options)])).session
    }

    /// The whole answer of a statement, in JSON.
    private func run(
        _ session: any Session, _ text: String, _ parameters: [StatementParameter] = [], rows: Int = 1000,
        bytes: Int = 1 << 20, format: ResultFormat = .json
    ) async throws -> String {
        let source = try await session.query(
            Statement(text, parameters: parameters, rowLimit: rows, byteLimit: bytes))
        var encoder = RowEncoder(format: format, columns: source.columns)
        encoder.begin()
        var text = ""
        while try await source.encodeNext(into: &encoder) { text += String(buffer: encoder.take()) }
        encoder.end(.zero)
        await session.endQuery()
        return text + String(buffer: encoder.take())
    }

    private func rows(_ text: String) throws -> JSON { try JSON(parsing: text)["rows"] }

    @Test("Values are exact, whatever their column")
    func values() async throws {
        let server = try await HTTPServer.start(files: [
            "a.json": #"""
            [{"id": 1, "big": 9007199254740993, "price": 24.90, "name": "a\u00e9\n", "ok": true, "tags": [1.50, "x"]},
             {"id": 2, "big": 18446744073709551616, "price": 5, "name": null, "ok": false, "more": {"n": 1e400}}]
            """#
        ])
        let session = try await open(server)
        let text = try await run(session, "/a.json")
        #expect(
            text.hasPrefix(
                #"{"columns":[{"name":"id","type":"integer","json":"number"},{"name":"big","type":"number","json":"string"},"#
                    + #"{"name":"price","type":"number","json":"string"},{"name":"name","type":"string","json":"string"},"#
                    + #"{"name":"ok","type":"boolean","json":"boolean"},{"name":"tags","type":"array","json":"array"},"#
                    + #"{"name":"more","type":"object","json":"any"}],"rows":["#), "\(text)")
        #expect(text.contains(#"[1,"9007199254740993","24.90","aé\n",true,[1.50, "x"],null]"#), "\(text)")
        #expect(text.contains(#"[2,"18446744073709551616","5",null,false,null,{"n": 1e400}]"#), "\(text)")
        #expect(try await run(session, "/a.json", format: .csv).contains("2,18446744073709551616,5,,false,,"))
        await session.close()
        await server.stop()
    }

    @Test(
        "Rows are found where it is said, whatever their shape",
        arguments: [
            ("/a.json", "/items", "[[1],[2]]"), ("/a.json", "$.items", "[[1],[2]]"),
            ("/a.json", "$.items[*].id", "[[1],[2]]"),
            ("/a.json", "$.items[?@.id > 1]", "[[2]]"), ("/a.json", "$.none[*]", "[]"),
            ("/a.json", "/lists", "[[1,\"a\",null],[2,null,3]]"), ("/a.json", "/items/0", "[[1]]"),
            ("/a.json", "$..id", "[[1],[2]]"), ("/a.json", "/word", "[[\"w\"]]"),
            ("/a.json", "/mixed", "[[1],[{\"a\":1}]]"),
            ("/b.ndjson", "", "[[1],[2]]"), ("/b.ndjson", "/id", "[[1],[2]]"),
        ])
    func shapes(path: String, place: String, expected: String) async throws {
        let server = try await HTTPServer.start(files: [
            "a.json":
                #"{"items": [{"id": 1}, {"id": 2}], "lists": [[1, "a"], [2, null, 3]], "word": "w", "mixed": [1, {"a": 1}]}"#,
            "b.ndjson": "{\"id\": 1}\n{\"id\": 2}\n",
        ])
        let session = try await open(server)
        #expect(try rows(await run(session, "\(path) \(place)")) == JSON(parsing: expected))
        await session.close()
        await server.stop()
    }

    static let pagings: [(options: [String: JSON], statement: String)] = [
        (["pagination": "page", "pageParameter": "p", "rows": "/items"], "/page"),
        (["pagination": "page", "pageParameter": "p", "firstPage": 0, "rows": "/items"], "/page0"),
        (["pagination": "offset", "rows": "/items", "sizeParameter": "limit", "pageSize": 2], "/offset"),
        (["pagination": "cursor", "next": "/next", "rows": "/items"], "/cursor"),
        (["pagination": "link", "rows": "/items"], "/link/1.json"),
        (["pagination": "link", "next": "$.more", "rows": "/items"], "/body/1.json"),
    ]

    private func paged() async throws -> HTTPServer {
        func page(_ ids: [Int], _ more: String = "") -> String {
            "{\"items\": [\(ids.map { "{\"id\": \($0)}" }.joined(separator: ","))]\(more)}"
        }
        return try await HTTPServer.start(
            .init(lines: [
                "location = /api/page { try_files /p/page-$arg_p.json =404; }",
                "location = /api/page0 { try_files /p/page0-$arg_p.json =404; }",
                "location = /api/offset { if ($arg_limit != 2) { return 400; } try_files /p/offset-$arg_offset.json =404; }",
                "location = /api/cursor { try_files /p/cursor-$arg_cursor.json =404; }",
                "location = /api/link/1.json { add_header Link '<2.json>; rel=\"next\"'; }",
                "location = /api/stuck { try_files /p/page-1.json =404; }",
                "location = /api/away { add_header Link '<http://127.0.0.1:1/api/x>; rel=next'; try_files /p/page-1.json =404; }",
                "location = /api/out { add_header Link '</other>; rel=next'; try_files /p/page-1.json =404; }",
                "location = /api/circle { add_header Link '<circle>; rel=next'; try_files /p/page-1.json =404; }",
            ]),
            files: [
                "api/index": "ok", "p/page-1.json": page([1, 2]), "p/page-2.json": page([3]), "p/page-3.json": page([]),
                "p/page0-0.json": page([1, 2]), "p/page0-1.json": page([3]), "p/page0-2.json": page([]),
                "p/offset-0.json": page([1, 2]), "p/offset-2.json": page([3]), "p/offset-3.json": page([]),
                "p/cursor-.json": page([1, 2], ", \"next\": \"b+c\""),
                "p/cursor-b%2Bc.json": page([3], ", \"next\": null"),
                "api/link/1.json": page([1, 2]), "api/link/2.json": page([3]),
                "api/body/1.json": page([1, 2], ", \"more\": \"/api/body/2.json\""), "api/body/2.json": page([3]),
            ])
    }

    @Test("Pages are followed to the last one", arguments: pagings.indices)
    func pages(index: Int) async throws {
        let server = try await paged()
        let (options, statement) = Self.pagings[index]
        let session = try await open(server, options.merging(["probe": "/index"]) { $1 }, path: "/api")
        #expect(try rows(await run(session, statement)) == JSON(parsing: "[[1],[2],[3]]"))
        // The row limit keeps further pages from being fetched where it is met within one.
        let before = server.requests.count
        let cut = try JSON(parsing: await run(session, statement, rows: 1))
        #expect(cut["rows"] == (try JSON(parsing: "[[1]]")))
        #expect(cut["statistics"]["cut"].text == "rows")
        #expect(server.requests.count == before + 1)
        // A whole result that has exactly as many rows as may be is not cut.
        #expect(try JSON(parsing: await run(session, statement, rows: 3))["statistics"]["cut"] == .null)
        await session.close()
        await server.stop()
    }

    @Test("The limit of pages cuts the result, and says so")
    func pageLimit() async throws {
        let server = try await paged()
        let session = try await open(
            server, ["pagination": "page", "pageParameter": "p", "rows": "/items", "maxPages": 1, "probe": "/index"],
            path: "/api")
        let cut = try JSON(parsing: await run(session, "/page"))
        #expect(cut["rows"].list.count == 2)
        #expect(cut["statistics"]["cut"].text == "pages")
        #expect(try rows(await run(session, "/page?p=2")) == JSON(parsing: "[[3]]"))
        await session.close()
        await server.stop()
    }

    @Test(
        "Pages that do not go on, or lead elsewhere, are told",
        arguments: [
            ("page", "/stuck", "are the same"), ("offset", "/stuck", "are the same"),
            ("link", "/circle", "has been there already"),
            ("link", "/away", "not below the record's own base path"),
            ("link", "/out", "not below the record's own base path"),
        ])
    func stuck(pagination: String, statement: String, says: String) async throws {
        let server = try await paged()
        let session = try await open(
            server, ["pagination": .text(pagination), "rows": "/items", "probe": "/index"], path: "/api")
        let failure = try await #require(throws: SourceFailure.self) { _ = try await run(session, statement) }
        #expect(failure.code == .statementRefused)
        #expect(failure.message.contains(says), "\(failure.message)")
        #expect(server.requests.count <= 4)
        await session.close()
        await server.stop()
    }

    @Test("What a later page has and the first had not is counted, and exact where it fits no more")
    func later() async throws {
        let server = try await HTTPServer.start(
            .init(lines: ["location = /a { try_files /p/$arg_page.json =404; }"]),
            files: [
                "p/1.json": #"[{"a": 1, "b": "x"}]"#,
                "p/2.json": #"[{"c": true, "a": 9007199254740993}, {"b": 5, "a": 1.10}, {"a": {"d": 1}}]"#,
                "p/3.json": "[]",
            ])
        let session = try await open(server, ["pagination": "page"])
        let text = try await run(session, "/a")
        #expect(text.contains(#"["9007199254740993",null]"#), "\(text)")
        #expect(text.contains(#"["1.10","5"]"#), "\(text)")
        #expect(text.contains(#"[{"d": 1},null]"#), "\(text)")
        #expect(try JSON(parsing: text)["statistics"]["left_out"].number == 1)
        await session.close()
        await server.stop()
    }

    @Test(
        "What cannot be rows is told, and the session goes on",
        arguments: [
            ("/page.html", FailureCode.statementRefused, "text/html, not with JSON: Please log in"),
            ("/broken.json", .statementRefused, "no JSON at byte 8 of 8"),
            ("/good.json /none", .statementRefused, "nothing at /none"),
            ("/missing", .httpStatus, "404 Not Found"), ("/broken", .httpStatus, "500 Internal Server Error"),
            ("/packed", .statementRefused, "coding gzip"), ("/deep.json", .statementRefused, "no JSON at byte"),
            ("/wide.json", .statementRefused, "more than 2000 columns"),
        ])
    func refused(statement: String, code: FailureCode, says: String) async throws {
        let server = try await HTTPServer.start(
            .init(lines: [
                "location = /broken { return 500 'out of order'; }",
                "location = /packed { add_header Content-Encoding gzip; return 200 '[]'; }",
            ]),
            files: [
                "page.html": "<html><body>Please <b>log in</b></body></html>", "broken.json": "[{\"a\": ]",
                "good.json": "[{\"a\": 1}]",
                "deep.json": String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
                "wide.json": "[{" + (0..<2001).map { "\"k\($0)\": 1" }.joined(separator: ",") + "}]",
            ])
        let session = try await open(server)
        let failure = try await #require(throws: SourceFailure.self) { _ = try await run(session, statement) }
        #expect(failure.stage == .query)
        #expect(failure.code == code)
        #expect(failure.message.contains(says), "\(failure.message)")
        #expect(try rows(await run(session, "/good.json")) == JSON(parsing: "[[1]]"))
        try await session.ping()
        await session.close()
        await server.stop()
    }

    @Test("The schema shows what the probe's answer is made of")
    func schema() async throws {
        let server = try await HTTPServer.start(files: ["a.json": #"{"items": [{"id": 1, "x": null}, {"id": 2.5}]}"#])
        let session = try await open(server, ["probe": "/a.json", "rows": "/items"])
        let tables = try await session.tables().tables
        #expect(tables == [TableHeading(name: "/a.json", kind: .collection)])
        let details = try await session.details(of: tables)
        #expect(details.map { $0.columns.map(\.name) } == [["id", "x"]])
        #expect(details[0].columns.map(\.type) == ["number", "any"])
        #expect(details[0].columns.map(\.isNullable) == [false, true])
        await session.close()
        await server.stop()
    }

    @Test("An answer that never ends is cut off when the task is cancelled, and leaves no connection")
    func endless() async throws {
        let server = try await HTTPServer.start(.init(lines: ["limit_rate 1k;"]), files: ["ok": "ok"])
        try server.write("[" + String(repeating: "1,", count: 1 << 20) + "1]", to: "slow.json")
        let session = try await open(server, ["probe": "/ok"])
        let task = Task { _ = try await run(session, "/slow.json") }
        try await eventually("the answer has begun") { Sockets.connections(to: server.port) > 0 }
        task.cancel()
        let failure = try await #require(throws: SourceFailure.self) { try await task.value }
        #expect(failure.code == .statementCancelled)
        try await eventually("its connection is closed") { Sockets.connections(to: server.port) == 0 }
        try await session.ping()
        await session.close()
        await server.stop()
    }

    @Test("A page above the bound is refused")
    func tooLarge() async throws {
        let server = try await HTTPServer.start(files: ["ok": "ok"])
        let line = Data(repeating: 0x20, count: 1 << 20)
        var body = Data()
        for _ in 0...(RESTSession.pageLimit >> 20) { body += line }
        try server.write(body, to: "large.json")
        let session = try await open(server, ["probe": "/ok"])
        let failure = try await #require(throws: SourceFailure.self) { _ = try await run(session, "/large.json") }
        #expect(failure.message.contains("more than 64 MiB"), "\(failure.message)")
        await session.close()
        await server.stop()
    }
}
