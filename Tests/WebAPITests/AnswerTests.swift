import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SourceModel
import Testing

@testable import WebAPI

@Suite("Answers")
struct AnswerTests {
    static let node = AnswerNode.object([
        .init("text", .text("a \"b\" \\ <c> & é😀\n\r\t\u{1}")), .init("none", .null), .init("flag", .flag(true)),
        .init("number", .number("41.7")), .init("list", .list(element: "one", [.integer(1), .object([])])),
    ])

    @Test("JSON keeps the order of fields and escapes what must be")
    func json() throws {
        let text = String(decoding: JSONWriter.bytes(of: Self.node), as: UTF8.self)
        #expect(
            text
                == #"{"text":"a \"b\" \\ <c> & é😀\n\r\t\u0001","none":null,"flag":true,"number":41.7,"list":[1,{}]}"#)
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any])
    }

    @Test("XML escapes what must be, and what it cannot carry is replaced")
    func xml() {
        let text = String(decoding: XMLWriter.bytes(of: Self.node, root: "item"), as: UTF8.self)
        #expect(
            text == """
                <?xml version="1.0" encoding="utf-8"?>
                <item><text>a "b" \\ &lt;c&gt; &amp; é😀\n&#13;\t\u{FFFD}</text><none/><flag>true</flag>\
                <number>41.7</number><list><one>1</one><one></one></list></item>\n
                """)
    }

    @Test("What XML shows can be read again")
    func roundTrip() throws {
        let password = " <p>&\"'\r\n\t😀 "
        let bytes = XMLWriter.bytes(of: .object([.init("password", .text(password))]), root: "item")
        #expect(try BodyFormat.xml.fields(in: bytes) == ["password": .text(password)])
    }

    @Test(
        "The answer is XML only where Accept prefers it",
        arguments: [
            (nil, .json), ("", .json), ("*/*", .json), ("application/json", .json),
            ("application/xml", .xml(contentType: "application/xml")), ("text/xml", .xml(contentType: "text/xml")),
            ("application/json, application/xml", .json), ("application/xml, application/json", .json),
            ("application/json;q=0.5, application/xml", .xml(contentType: "application/xml")),
            ("application/xml;q=0.5, application/json;q=0.4", .xml(contentType: "application/xml")),
            ("application/xml;q=0.5, */*;q=0.8", .json),
            ("application/*, application/json;q=0", .xml(contentType: "application/xml")),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", .xml(contentType: "application/xml")),
            ("application/xml;q=0", .json), ("application/xml;q=bad", .json), ("text/html", .json),
        ] as [(String?, AnswerFormat)])
    func accept(header: String?, format: AnswerFormat) {
        #expect(AnswerFormat(accept: header) == format)
    }

    @Test(
        "Milliseconds have one decimal",
        arguments: [
            (Duration.zero, "0.0"), (.microseconds(41_700), "41.7"), (.microseconds(49), "0.0"),
            (.microseconds(50), "0.1"), (.microseconds(999_960), "1000.0"), (.seconds(60), "60000.0"),
            (.seconds(-1), "0.0"),
        ])
    func milliseconds(duration: Duration, text: String) {
        #expect(AnswerNode.milliseconds(duration) == .number(text))
    }

    @Test(
        "Events are sent to whoever prefers them, and to nobody else",
        arguments: [
            ("text/event-stream", true), ("TEXT/event-stream, application/json", true), ("*/*", false), ("", false),
            ("text/event-stream;q=0.5, application/json", false), ("text/event-stream;q=0", false), ("text/*", false),
        ])
    func events(accept: String, expected: Bool) {
        let head = HTTPRequest(
            method: .post, scheme: nil, authority: nil, path: "/", headerFields: [.accept: accept])
        #expect(Request(head: head, body: RequestBody(buffer: ByteBuffer())).asksForEvents == expected)
    }
}
