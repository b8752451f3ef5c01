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
                "location = /api/up { add_header Link '<..%2fother>; rel=next'; try_files /p/page-1.json =404; }",
                "location = /api/same { try_files /p/same-$arg_page.json =404; }",
                "location = /api/gone { try_files /p/page-$arg_page.json =404; }",
                "location = /api/bad { try_files /p/same-$arg_page.json =400; }",
                "location = /api/range { try_files /p/range-$arg_offset.json =416; }",
                "location = /api/broken { try_files /p/page-1.json =404; add_header Link '<none>; rel=next'; }",
                "location = /api/hollow { add_header Link '<link/1.json>; rel=next'; try_files /p/page-3.json =404; }",
                "location = /api/circle { add_header Link '<circle>; rel=next'; try_files /p/page-1.json =404; }",
            ]),
            files: [
                "api/index": "ok", "p/page-1.json": page([1, 2]), "p/page-2.json": page([3]), "p/page-3.json": page([]),
                "p/page0-0.json": page([1, 2]), "p/page0-1.json": page([3]), "p/page0-2.json": page([]),
                "p/offset-0.json": page([1, 2]), "p/offset-2.json": page([3]), "p/offset-3.json": page([]),
                "p/same-1.json": page([1], ", \"x\": 1"), "p/same-2.json": page([1], ", \"x\": 2"),
                "p/range-0.json": page([1, 2]), "p/range-2.json": page([3]),
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
        let before = try await server.requests.count
        let cut = try JSON(parsing: await run(session, statement, rows: 1))
        #expect(cut["rows"] == (try JSON(parsing: "[[1]]")))
        #expect(cut["statistics"]["cut"].text == "rows")
        #expect(try await server.requests.count == before + 1)
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
        "What is behind the last page ends the result, however it is said, and pages may look alike",
        arguments: [
            ("page", "/gone", "[[1],[2],[3]]"), ("page", "/bad", "[[1],[1]]"), ("offset", "/range", "[[1],[2],[3]]"),
            ("page", "/same $.items[*].id", "[[1],[1]]"), ("link", "/hollow", "[[1],[2],[3]]"),
        ])
    func lastPage(pagination: String, statement: String, expected: String) async throws {
        let server = try await paged()
        let session = try await open(
            server, ["pagination": .text(pagination), "rows": "/items", "probe": "/index"], path: "/api")
        let result = try JSON(parsing: await run(session, statement))
        #expect(result["rows"] == (try JSON(parsing: expected)))
        #expect(result["statistics"]["cut"] == .null)
        await session.close()
        await server.stop()
    }

    @Test(
        "A page that is missing is an error where it is the first, or where the page before says that it is there",
        arguments: [("page", "/gone/none"), ("offset", "/none"), ("link", "/broken")])
    func missingPage(pagination: String, statement: String) async throws {
        let server = try await paged()
        let session = try await open(
            server, ["pagination": .text(pagination), "rows": "/items", "probe": "/index"], path: "/api")
        let failure = try await #require(throws: SourceFailure.self) { _ = try await run(session, statement) }
        #expect(failure.code == .httpStatus)
        await session.close()
        await server.stop()
    }

    @Test("Pages without rows decide no columns, and count among the pages")
    func hollow() async throws {
        let server = try await paged()
        let options: [String: JSON] = ["pagination": "link", "rows": "/items", "probe": "/index"]
        let session = try await open(server, options, path: "/api")
        let whole = try JSON(parsing: await run(session, "/hollow"))
        #expect(whole["columns"].list.map(\.["name"].text) == ["id"])
        await session.close()
        let short = try await open(server, options.merging(["maxPages": 1]) { $1 }, path: "/api")
        let cut = try JSON(parsing: await run(short, "/hollow"))
        #expect(cut["rows"].list.isEmpty)
        #expect(cut["statistics"]["cut"].text == "pages")
        await short.close()
        await server.stop()
    }

    @Test(
        "Pages that do not go on, or lead elsewhere, are told",
        arguments: [
            ("page", "/stuck", "are the same"), ("offset", "/stuck", "are the same"),
            ("link", "/circle", "has been there already"),
            ("link", "/away", "not below the record's own base path"),
            ("link", "/out", "not below the record's own base path"),
            ("link", "/up", "not below the record's own base path"),
        ])
    func stuck(pagination: String, statement: String, says: String) async throws {
        let server = try await paged()
        let session = try await open(
            server, ["pagination": .text(pagination), "rows": "/items", "probe": "/index"], path: "/api")
        let failure = try await #require(throws: SourceFailure.self) { _ = try await run(session, statement) }
        #expect(failure.code == .statementRefused)
        #expect(failure.message.contains(says), "\(failure.message)")
        #expect(try await server.requests.count <= 4)
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

    @Test("What the probe's answer has not is told as the schema's failure", arguments: ["/none", "$.items[*]"])
    func noSchema(rows: String) async throws {
        let many = "[" + String(repeating: "1,", count: 1_000_000) + "1]"
        let server = try await HTTPServer.start(files: ["a.json": "{\"items\": \(many)}"])
        let session = try await open(server, ["probe": "/a.json", "rows": .text(rows)])
        let failure = try await #require(throws: SourceFailure.self) {
            _ = try await session.details(of: try await session.tables().tables)
        }
        #expect(failure.stage == .schema)
        #expect(failure.code == .schemaUnavailable)
        await session.close()
        await server.stop()
    }

    @Test("A probe whose body stays away does not pass, and one that has no end is not read")
    func probeBody() async throws {
        func body(_ peer: FaultyServer) -> JSON { ["driver": "rest", "host": "127.0.0.1", "port": "\(peer.port)"] }
        let stuck = try await FaultyServer.start(
            .answers([Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".utf8)]))
        let task = Task { try await OpenSource.open(body(stuck)) }
        try await eventually("the probe is there") { !stuck.received.isEmpty }
        task.cancel()
        await #expect(throws: SourceFailure.self) { _ = try await task.value }
        await stuck.stop()
        let endless = try await FaultyServer.start(
            .answers([Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n".utf8)]))
        let opened = try await OpenSource.open(body(endless))
        try await eventually("its answer is let go") { endless.connections == 0 }
        await opened.session.close()
        await endless.stop()
    }

    @Test("An answer that never ends is cut off when the task is cancelled, and leaves no connection")
    func endless() async throws {
        let peer = try await FaultyServer.start(
            .answers([
                Array("HTTP/1.1 204 No Content\r\n\r\n".utf8),
                Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[1,".utf8),
            ]))
        let session = try await OpenSource.open(["driver": "rest", "host": "127.0.0.1", "port": "\(peer.port)"]).session
        let task = Task { _ = try await run(session, "/slow.json") }
        try await eventually("the statement is there") {
            String(decoding: peer.received, as: UTF8.self).contains("GET /slow.json ")
        }
        task.cancel()
        let failure = try await #require(throws: SourceFailure.self) { try await task.value }
        #expect(failure.code == .statementCancelled)
        try await eventually("its connection is closed") { peer.connections == 0 }
        try await session.ping()
        await session.close()
        await peer.stop()
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
