import Foundation
import NIOCore
import SourceModel
import Testing

@testable import Results

@Suite("A result's rows, encoded")
struct RowEncoderTests {
    /// One cell in each format.
    static let cells: [(form: CellForm, bytes: String, json: String, csv: String)] = [
        (.number, "42", "42", "42"), (.number, "-0", "-0", "-0"), (.number, "1;drop", "\"1;drop\"", "1;drop"),
        (.number, "", "\"\"", "\"\""), (.number, "01", "\"01\"", "01"),
        (.float, "1e+20", "1e+20", "1e+20"), (.float, "NaN", "\"NaN\"", "NaN"),
        (.float, "-Infinity", "\"-Infinity\"", "-Infinity"),
        (.boolean, "t", "true", "true"), (.boolean, "0", "false", "false"), (.boolean, "x", "\"x\"", "x"),
        (.text, "", "\"\"", "\"\""), (.text, "plain", "\"plain\"", "plain"),
        (.text, "a,b", "\"a,b\"", "\"a,b\""), (.text, "say \"hi\"", "\"say \\\"hi\\\"\"", "\"say \"\"hi\"\"\""),
        (.text, "two\nlines\r\t\u{1}", "\"two\\nlines\\r\\t\\u0001\"", "\"two\nlines\r\t\u{1}\""),
        (.text, "grüße 🐘 \\", "\"grüße 🐘 \\\\\"", "grüße 🐘 \\"),
        (.text, "9223372036854775807", "\"9223372036854775807\"", "9223372036854775807"),
        (.json, "{\"a\": [1, null]}", "{\"a\": [1, null]}", "\"{\"\"a\"\": [1, null]}\""),
        (.json, "{\"a\": 1}, \"b\": 2", "\"{\\\"a\\\": 1}, \\\"b\\\": 2\"", "\"{\"\"a\"\": 1}, \"\"b\"\": 2\""),
        (.hexadecimal, "\\x00ff10", "\"AP8Q\"", "AP8Q"), (.hexadecimal, "\\x", "\"\"", "\"\""),
        (.bytes, "abc", "\"YWJj\"", "YWJj"),
        (.timestamp, "2024-02-29 23:59:59.5+00", "\"2024-02-29T23:59:59.5Z\"", "2024-02-29T23:59:59.5Z"),
        (.timestamp, "2024-02-29 23:59:59", "\"2024-02-29T23:59:59\"", "2024-02-29T23:59:59"),
        (.timestamp, "2024-02-29 23:59:59+05:30", "\"2024-02-29T23:59:59+05:30\"", "2024-02-29T23:59:59+05:30"),
        (.timestamp, "2024-02-29 23:59:59-03", "\"2024-02-29T23:59:59-03:00\"", "2024-02-29T23:59:59-03:00"),
        (.timestamp, "infinity", "\"infinity\"", "infinity"),
        (.timestamp, "0044-03-15 12:00:00 BC", "\"0044-03-15 12:00:00 BC\"", "0044-03-15 12:00:00 BC"),
        (.array(.number), "{1,NULL,-3}", "[1,null,-3]", "\"{1,NULL,-3}\""),
        (.array(.text), "{}", "[]", "{}"),
        (
            .array(.text), #"{a,"b \"c\"","NULL","","{}"}"#, #"["a","b \"c\"","NULL","","{}"]"#,
            #""{a,""b \""c\"""",""NULL"","""",""{}""}""#
        ),
        (.array(.boolean), "{{t,f},{f,t}}", "[[true,false],[false,true]]", "\"{{t,f},{f,t}}\""),
        (.array(.number), "[0:1]={1,2}", "[1,2]", "\"[0:1]={1,2}\""),
        (.array(.number), "{1,{", "\"{1,{\"", "\"{1,{\""), (.array(.number), "{1}}", "\"{1}}\"", "{1}}"),
        (.array(.text), "{;a,b;}", "[\";a\",\"b;\"]", "\"{;a,b;}\""),
        (
            .array(.text, separator: UInt8(ascii: ";")), "{(1,2),(3,4);(5,6),(7,8)}",
            "[\"(1,2),(3,4)\",\"(5,6),(7,8)\"]", "\"{(1,2),(3,4);(5,6),(7,8)}\""
        ),
        (.array(.number), "{1,,2}", "\"{1,,2}\"", "\"{1,,2}\""), (.array(.number), "{1,}", "\"{1,}\"", "\"{1,}\""),
        (.array(.number), ",{1}", "\",{1}\"", "\",{1}\""), (.array(.text), "{{a}{b}}", "\"{{a}{b}}\"", "{{a}{b}}"),
    ]

    @Test("Each form has one spelling in JSON and one in CSV", arguments: cells.indices)
    func spelling(index: Int) throws {
        let cell = Self.cells[index]
        #expect(Self.encoded(cell.bytes, cell.form, .ndjson) == "{\"c\":\(cell.json)}\n")
        #expect(Self.encoded(cell.bytes, cell.form, .csv) == "\(cell.csv)\r\n")
    }

    @Test("Whatever a stranger sends for a cell, the row stays one JSON object with one value")
    func strangers() throws {
        let forms: [CellForm] = [
            .number, .float, .boolean, .text, .json, .hexadecimal, .bytes, .timestamp, .array(.number), .array(.text),
            .array(.array(.json)), .array(.boolean, separator: UInt8(ascii: ";")),
        ]
        // Few letters make what is nearly an array, or nearly a document, more often than many.
        let alphabets = ["{},;1", "[],1", "{}\":1,", "{}[],;:\"\\=1-.eN tfuLn\u{1}é"].map(Array.init)
        for round in 0..<8_000 {
            let letters = alphabets[round % alphabets.count]
            let text = String((0..<Int.random(in: 0...9)).compactMap { _ in letters.randomElement() })
            for form in forms {
                let row = Self.encoded(text, form, .ndjson)
                let fields = try? JSONSerialization.jsonObject(with: Data(row.utf8)) as? [String: Any]
                try #require(fields?.count == 1, "\(form) of \(text) is \(row)")
            }
        }
    }

    private static func encoded(_ bytes: String, _ form: CellForm, _ format: ResultFormat) -> String {
        var encoder = RowEncoder(
            format: format, columns: [ResultColumn(name: "c", type: "x", jsonType: .string)])
        encoder.beginRow()
        var bytes = bytes
        bytes.withUTF8 { encoder.write(UnsafeRawBufferPointer($0), as: form) }
        encoder.endRow()
        return String(buffer: encoder.take())
    }

    private static let columns = [
        ResultColumn(name: "a", type: "int", jsonType: .number),
        ResultColumn(name: "a", type: "text", jsonType: .string),
        ResultColumn(name: "b \"q\"", type: "text", jsonType: .string),
    ]

    private static func two(_ format: ResultFormat) -> RowEncoder {
        var encoder = RowEncoder(format: format, columns: columns)
        encoder.begin()
        for row in 1...2 {
            encoder.beginRow()
            encoder.write(integer: Int64(row))
            encoder.writeNull()
            encoder.write(exact: UInt64.max)
            encoder.endRow()
        }
        return encoder
    }

    @Test("JSON is one object: columns, rows, statistics")
    func json() {
        var encoder = Self.two(.json)
        encoder.cut(.rows)
        encoder.end(.milliseconds(12))
        #expect(
            String(buffer: encoder.take()) == """
                {"columns":[{"name":"a","type":"int","json":"number"},{"name":"a","type":"text","json":"string"},\
                {"name":"b \\"q\\"","type":"text","json":"string"}],"rows":[[1,null,"18446744073709551615"],
                [2,null,"18446744073709551615"]],"statistics":{"rows":2,"cut":"rows","invalid_texts":0,"elapsed_ms":12.0}}

                """)
    }

    @Test("NDJSON is one object a line, and names each value by a name of its own")
    func ndjson() {
        var encoder = Self.two(.ndjson)
        encoder.end(.zero)
        #expect(
            String(buffer: encoder.take()) == """
                {"a":1,"a_2":null,"b \\"q\\"":"18446744073709551615"}
                {"a":2,"a_2":null,"b \\"q\\"":"18446744073709551615"}

                """)
    }

    @Test("CSV has a header; NULL is nothing at all")
    func csv() {
        var encoder = Self.two(.csv)
        encoder.end(.zero)
        #expect(
            String(buffer: encoder.take())
                == "a,a,\"b \"\"q\"\"\"\r\n1,,18446744073709551615\r\n2,,18446744073709551615\r\n")
    }

    @Test("Bytes that are not UTF-8 are replaced and counted", arguments: ResultFormat.allCases)
    func invalid(format: ResultFormat) throws {
        var encoder = RowEncoder(format: format, columns: [Self.columns[0]])
        encoder.beginRow()
        [UInt8]([0x61, 0xFF, 0x62]).withUnsafeBytes { encoder.write($0, as: .text) }
        encoder.endRow()
        #expect(encoder.statistics.invalidTexts == 1)
        #expect(String(buffer: encoder.take()).contains("a\u{FFFD}b"))
    }

    @Test("A document with line breaks stays on its line in NDJSON")
    func lines() {
        #expect(Self.encoded("{\n \"a\":\r\n1}", .json, .ndjson) == "{\"c\":{  \"a\":  1}}\n")
    }

    @Test(
        "What is no JSON is not taken for it",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "[1 2]", "nul", "tru", "\"a", "\"\\x\"", "\"\\u12g4\"", "01",
            "1.", ".5", "+1", "1e", "[[]", "]", "{]", "\"a\nb\"", "1 1", String(repeating: "[", count: 600),
        ])
    func notJSON(text: String) {
        #expect(!Array(text.utf8).withUnsafeBytes { JSONText.isDocument($0) })
    }

    @Test(
        "What is JSON is taken for it",
        arguments: [
            "1", " -0.5e-3 ", "[]", "{}", "[[],{}]", "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":true}", "\"\\u00e4\\n\"",
            "[1 , 2]", " { } ", "\"ä\"",
        ])
    func isJSON(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { JSONText.isDocument($0) })
    }
}
