import SourceModel
import Testing

@testable import WebAPI

@Suite("Bodies")
struct BodyTests {
    /// One record in every format that the product's document names.
    static let sameRecord: [(BodyFormat, String)] = [
        (
            .xml,
            """
            <?xml version="1.0" encoding="utf-8"?>
            <item><driver>mysql</driver><host>db &amp; co</host><port>3306</port><ssl>true</ssl>\
            <options><poolMax>3</poolMax></options></item>
            """
        ),
        (.form, "driver=mysql&host=db+%26+co&port=3306&ssl=true&options[poolMax]=3"),
        (.form, "driver=mysql&host=db+%26+co&port=3306&ssl=true&options%5BpoolMax%5D=3"),
    ]

    @Test("XML and both spellings of a form give the same fields, all of them text", arguments: sameRecord)
    func textFormats(format: BodyFormat, body: String) throws {
        let fields = try format.fields(in: Array(body.utf8))
        #expect(
            fields == [
                "driver": .text("mysql"), "host": .text("db & co"), "port": .text("3306"), "ssl": .text("true"),
                "options": .object(["poolMax": .text("3")]),
            ])
    }

    @Test("A JSON object is read alike under the JSON and the form content type", arguments: [BodyFormat.json, .form])
    func jsonUnderForm(format: BodyFormat) throws {
        let body = #" {"driver":"mysql","port":3306,"ssl":true,"name":null,"options":{"poolMax":3}} "#
        #expect(
            try format.fields(in: Array(body.utf8)) == [
                "driver": .text("mysql"), "port": .number("3306"), "ssl": .flag(true), "name": .null,
                "options": .object(["poolMax": .number("3")]),
            ])
    }

    @Test(
        "A JSON number keeps its digits",
        arguments: ["0", "-0", "5432", "12345678901234567890123", "1.50", "1e5", "2.5E-3"])
    func digits(number: String) throws {
        #expect(try BodyFormat.json.fields(in: Array(#"{"port":\#(number)}"#.utf8)) == ["port": .number(number)])
    }

    @Test(
        "Escapes, surrogate pairs and plain Unicode in a JSON text are read",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\uD83D\uDE00""#, "é😀"), (#""p😀ß""#, "p😀ß"),
        ])
    func texts(literal: String, text: String) throws {
        #expect(try BodyFormat.json.fields(in: Array("{\"password\":\(literal)}".utf8)) == ["password": .text(text)])
    }

    @Test(
        "JSON that is broken, repeated or too deep is refused",
        arguments: [
            "", "{", "{}x", "[]", "null", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\":01}",
            "{\"a\":1.}", "{\"a\":+1}", "{\"a\":nul}", "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\uD800\"}",
            "{\"a\":\"\\uDC00\"}", "{\"a\":\"", "{\"a\":1,\"a\":2}", "{\"a\":\"x\",\"\\u0061\":2}", "{\"a\":NaN}",
            String(repeating: "{\"a\":", count: 9) + "1" + String(repeating: "}", count: 9),
            "{\"a\":" + String(repeating: "[", count: 100_000),
        ])
    func brokenJSON(body: String) {
        #expect(throws: SourceFailure.self) { try BodyFormat.json.fields(in: Array(body.utf8)) }
    }

    @Test("No prefix of a JSON body is read as if it were whole")
    func truncatedJSON() {
        let body = Array(#"{"driver":"mysql","options":{"poolMax":3},"ssl":true}"#.utf8)
        for length in 0..<body.count {
            #expect(throws: SourceFailure.self) { try BodyFormat.json.fields(in: Array(body.prefix(length))) }
        }
    }

    @Test(
        "XML with a document type, entities, depth, repetition, mixed text or another encoding is refused",
        arguments: [
            "<!DOCTYPE item><item><driver>mysql</driver></item>",
            "<?xml version=\"1.0\"?><!-- a --><!DOCTYPE item [<!ENTITY a \"b\">]><item><host>&a;</host></item>",
            """
            <?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;">
            <!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;">]><item><host>&lol3;</host></item>
            """,
            "<!DOCTYPE item SYSTEM \"file:///etc/passwd\"><item/>", "<item><host>&nbsp;</host></item>",
            "<item><host>a</host><host>b</host></item>", "<item>text</item>", "<item>text<host>a</host></item>",
            "<item><host>a</item>", "<item/><item/>", "<item/>text", "<item/>&amp;", "", "plain",
            "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><item/>",
            "<?xml version='1.0' encoding='UTF-16'?><item/>",
            String(repeating: "<a>", count: 9) + String(repeating: "</a>", count: 9),
            "<item>" + String(repeating: "<a>", count: 50_000),
            "<item>" + (0..<1_001).map { "<f\($0)/>" }.joined() + "</item>",
        ])
    func brokenXML(body: String) {
        #expect(throws: SourceFailure.self) { try BodyFormat.xml.fields(in: Array(body.utf8)) }
    }

    @Test(
        "XML texts keep their blanks, and the five entities, numeric ones and CDATA are read",
        arguments: [
            ("<password> a b </password>", " a b "), ("<password>&lt;&gt;&amp;&quot;&apos;</password>", "<>&\"'"),
            ("<password>&#233;&#x1F600;</password>", "é😀"),
            ("<password><![CDATA[<!DOCTYPE & ]]></password>", "<!DOCTYPE & "), ("<password/>", ""),
        ])
    func xmlTexts(element: String, text: String) throws {
        let fields = try BodyFormat.xml.fields(in: Array("<datasource>\(element)</datasource>".utf8))
        #expect(fields == ["password": .text(text)])
    }

    @Test("An XML element marked as nil is null")
    func xmlNil() throws {
        let body = "<item xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><name xsi:nil=\"true\"/></item>"
        #expect(try BodyFormat.xml.fields(in: Array(body.utf8)) == ["name": .null])
    }

    @Test("Form options may be a JSON object")
    func formOptions() throws {
        let fields = try BodyFormat.form.fields(in: Array("options=%7B%22poolMax%22%3A3%7D".utf8))
        #expect(fields == ["options": .object(["poolMax": .number("3")])])
    }

    @Test(
        "Forms with repeated fields, broken escapes or foreign brackets are refused",
        arguments: [
            "host=a&host=b", "host=%", "host=%4", "host=%zz", "host=%ff", "host[a]=b", "options[a]=1&options[a]=2",
            "options[a]=1&options={}", (0...1_000).map { "f\($0)=1" }.joined(separator: "&"),
        ])
    func brokenForms(body: String) {
        #expect(throws: SourceFailure.self) { try BodyFormat.form.fields(in: Array(body.utf8)) }
    }

    @Test("Bytes that are no UTF-8 are refused in every format", arguments: [BodyFormat.json, .xml, .form])
    func invalidUTF8(format: BodyFormat) {
        let start: [UInt8] =
            switch format {
            case .json: Array("{\"host\":\"".utf8)
            case .xml: Array("<item><host>".utf8)
            case .form: Array("host=".utf8)
            }
        #expect(throws: SourceFailure.self) { try format.fields(in: start + [0xC3, 0x28]) }
    }

    @Test(
        "Content types are told apart, with UTF-8 alone",
        arguments: [
            ("application/json", BodyFormat.json), ("Application/JSON; charset=UTF-8", .json),
            ("application/xml", .xml), ("text/xml;charset=\"utf-8\"", .xml),
            ("application/x-www-form-urlencoded", .form), ("application/json;charset=iso-8859-1", nil),
            ("multipart/form-data; boundary=x", nil), ("text/plain", nil), ("", nil),
        ] as [(String, BodyFormat?)])
    func contentTypes(header: String, format: BodyFormat?) {
        #expect(BodyFormat(contentType: header) == format)
    }
}
