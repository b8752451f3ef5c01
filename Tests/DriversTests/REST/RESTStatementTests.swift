import SourceModel
import Testing

@testable import Drivers

@Suite("Statements for an API")
struct RESTStatementTests {
    private func target(_ text: String, _ parameters: [StatementParameter] = [], base: String? = "/api/v1") throws
        -> String
    {
        RESTBase(base).target(try RESTStatement(Statement(text, parameters: parameters)).path)
    }

    @Test(
        "The path goes below the base path",
        arguments: [
            ("/orders", "/api/v1/orders"), ("orders", "/api/v1/orders"), ("GET /orders", "/api/v1/orders"),
            ("  /orders  ", "/api/v1/orders"), ("/", "/api/v1"), ("?a=b", "/api/v1?a=b"), ("/?a=b", "/api/v1?a=b"),
            ("/a/?b=c&d=e:f/g", "/api/v1/a/?b=c&d=e:f/g"), ("/ü", "/api/v1/%C3%BC"), ("/a%20b", "/api/v1/a%20b"),
            ("/orders $.items[?@.a == 1]", "/api/v1/orders"), ("/time:now", "/api/v1/time:now"),
        ])
    func paths(text: String, target: String) throws { #expect(try self.target(text) == target) }

    @Test(
        "Base paths",
        arguments: [(nil, "/a"), ("", "/a"), ("/", "/a"), ("x", "/x/a"), ("/x/", "/x/a"), ("x/y", "/x/y/a")])
    func bases(base: String?, target: String) throws { #expect(try self.target("/a", base: base) == target) }

    @Test(
        "Values are escaped, so that none changes the path's shape",
        arguments: [
            ("/orders/{}/items", "a/b", "/api/v1/orders/a%2Fb/items"),
            (
                "/o?since={}", "2024-01-01T00:00:00+01:00",
                "/api/v1/o?since=2024-01-01T00%3A00%3A00%2B01%3A00"
            ), ("/o?q={}", "a&b=c#d?e f%", "/api/v1/o?q=a%26b%3Dc%23d%3Fe%20f%25"),
            ("/o?q={}", "ü\r\nX: y", "/api/v1/o?q=%C3%BC%0D%0AX%3A%20y"), ("/o/x{}y", "..", "/api/v1/o/x..y"),
            ("/o?q={}", "", "/api/v1/o?q="), ("/o/{}", "a..b", "/api/v1/o/a..b"),
            ("/o?q={}", "{}", "/api/v1/o?q=%7B%7D"),
        ])
    func values(text: String, value: String, target: String) throws {
        #expect(try self.target(text, [.text(value)]) == target)
    }

    @Test("Numbers keep their digits, flags are words")
    func kinds() throws {
        #expect(
            try target("/{}/{}?n={}&x={}", [.number("18446744073709551616"), .flag(true), .null, .number("1.50")])
                == "/api/v1/18446744073709551616/true?n=&x=1.50")
    }

    @Test(
        "What could lead elsewhere is refused",
        arguments: [
            "http://127.0.0.1/x", "https://x.test", "//x.test/a", "ftp://x", "x.test:80/a", "/../a", "/a/..",
            "/a/../../b",
            "/./a", "..", "/%2e%2e/a", "/%2E./a", "/a//b", "/a\\b", "/a#b", "/a{b}", "/a}", "/a\"b", "/a|b", "/a<b",
            "/a^b",
            "/a{", "/a\u{01}b", "/..%2Fa", "/a%2f..", "/a%5C..%5cb", "/..;x=1/a",
        ])
    func refused(text: String) throws {
        let failure = try #require(throws: SourceFailure.self) { try target(text) }
        #expect(failure.stage == .query)
        #expect(failure.code == .statementRefused)
    }

    @Test(
        "Values that would be another path are refused",
        arguments: [
            StatementParameter.text(".."), .text("."), .text(""), .null, .text("%2e%2e"), .text("../x"),
            .text("x/../../y"), .text("x/.."), .text("..\\x"), .text("..;a"), .text("./x"),
        ])
    func segments(value: StatementParameter) throws {
        if value == .text("%2e%2e") {
            // The per cent sign is escaped itself, so this is no way up but a name.
            #expect(try target("/a/{}/b", [value]) == "/api/v1/a/%252e%252e/b")
        } else {
            let failure = try #require(throws: SourceFailure.self) { try target("/a/{}/b", [value]) }
            #expect(failure.code == .statementRefused)
        }
    }

    @Test("As many values as placeholders", arguments: [("/a/{}", 0), ("/a/{}", 2), ("/a", 1)])
    func counts(text: String, count: Int) throws {
        let failure = try #require(throws: SourceFailure.self) {
            try target(text, Array(repeating: .text("x"), count: count))
        }
        #expect(failure.code == .parametersMismatch)
    }

    @Test("Only GET is sent", arguments: ["POST /a", "PUT /a", "DELETE /a", "PATCH /a", "HEAD /a", "OPTIONS /a"])
    func verbs(text: String) throws {
        let failure = try #require(throws: SourceFailure.self) { try target(text) }
        #expect(failure.code == .statementWrites)
    }

    @Test("A place that cannot be read is told with its position in the statement")
    func places() throws {
        let failure = try #require(throws: SourceFailure.self) { try target("/a $.items[") }
        #expect(failure.server?.position == 12)
        #expect(throws: SourceFailure.self) { try target("/a items") }
        #expect(throws: SourceFailure.self) { try target("/a /it~2ems") }
    }

    @Test(
        "What is below the base path",
        arguments: [
            ("/api/v1", true), ("/api/v1/a?b=/../c", true), ("/api/v1?x", true),
            ("/api/v12", false), ("/api", false), ("/api/v1/../x", false), ("/api/v1/%2e%2e/x", false),
            ("/api/v1/..%2fx", false), ("/api/v1/a%2F%2E.%2Fx", false), ("/api/v1/..\\x", false),
            ("/api/v1/a%5c../x", false), ("/api/v1/..;a/x", false), ("/api/v1/a%2Fb", true), ("/api/v1/..a", true),
        ])
    func below(target: String, isBelow: Bool) { #expect(RESTBase("/api/v1/").contains(target) == isBelow) }

    @Test(
        "The next page is found in the field Link (RFC 8288)",
        arguments: [
            (["<https://x/?page=2>; rel=\"next\", <https://x/?page=9>; rel=\"last\""], "https://x/?page=2"),
            (["</a>; rel=prev", "</b>; rel=next"], "/b"),
            (["</a,b;c>; title=\"x, <y>; rel=next\"; rel=\"last next\""], "/a,b;c"),
            (["</a>;rel = NEXT;x"], "/a"), (["</a>; rel=\"prev\"; rel=\"next\""], nil), (["</a>"], nil),
            (["rubbish"], nil),
            (["</a>; rel=\"next"], "/a"), ([], nil), (["<"], nil), ([", ,</b>; rel=next"], "/b"),
        ])
    func links(values: [String], target: String?) { #expect(LinkField.target("next", in: values) == target) }
}
