import Testing

@testable import JSONQuery

@Suite("Documents of strangers")
struct DocumentTests {
    private func read(_ text: String, isSequence: Bool = false) throws -> JSONDocument {
        try JSONDocument(Array(text.utf8), isSequence: isSequence)
    }

    @Test(
        "What is no JSON is refused, with the place",
        arguments: [
            ("", 0), ("  ", 2), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("tru", 0), ("01", 1),
            ("1 2", 2),
            ("\"\u{01}\"", 2), ("\"abc", 4), ("[1]x", 3), ("<html>", 0), ("NaN", 0), ("'a'", 0), ("{a:1}", 1),
        ])
    func malformed(text: String, offset: Int) {
        #expect(throws: JSONDocument.Malformed(offset: offset)) { try read(text) }
    }

    @Test("Depth is bounded", arguments: [(128, true), (129, false)])
    func depth(count: Int, isRead: Bool) {
        let text = String(repeating: "[", count: count) + String(repeating: "]", count: count)
        #expect(((try? read(text)) != nil) == isRead)
    }

    @Test("Every cut of a document is refused")
    func truncated() {
        let text = Array(#"{"a": [1, "é\n\u00e9", true, null, -1.5e3], "b": {}}"#.utf8)
        for cut in 0..<text.count {
            #expect(throws: JSONDocument.Malformed.self) { try JSONDocument(Array(text[..<cut])) }
        }
    }

    @Test("Members and elements are found with their bytes as they came")
    func walk() throws {
        let document = try read(#" { "a" : [ 1.50 , {} , [ ] , "x]}" ] , "b":null , "a":18446744073709551616} "#)
        let root = document.roots[0]
        let members = document.members(of: root).map { member in
            (
                document.string(at: member.name),
                String(decoding: document.bytes[document.range(of: member.value)], as: UTF8.self)
            )
        }
        #expect(members.map(\.0) == ["a", "b", "a"])
        #expect(members.map(\.1) == [#"[ 1.50 , {} , [ ] , "x]}" ]"#, "null", "18446744073709551616"])
        #expect(document.count(of: root) == 3)
        let first = try #require(document.members(of: root).first { _ in true }).value
        let elements = document.elements(of: first).map { document.kind(at: $0) }
        #expect(elements == [.number, .object, .array, .string])
        #expect(document.count(of: first) == 4)
        #expect(document.member(Array("a".utf8), of: root).map(document.kind) == .number)
    }

    @Test("Escapes are resolved; halves of surrogate pairs are not let through")
    func texts() throws {
        let document = try read(#"["\"\\\/\b\f\n\r\té", "\ud83d\udd11", "\ud83d", "\udd11x", "\ud83dA"]"#)
        let texts = document.elements(of: 0).map { document.string(at: $0) }
        #expect(texts == ["\"\\/\u{8}\u{c}\n\r\té", "\u{1F511}", "\u{FFFD}", "\u{FFFD}x", "\u{FFFD}A"])
    }

    @Test("Lines of JSON are values side by side; blank lines are none")
    func lines() throws {
        let document = try read("{\"a\": 1}\n\n[2]\r\n3\n", isSequence: true)
        #expect(document.roots.map { document.kind(at: $0) } == [.object, .array, .number])
        #expect(try read("\n", isSequence: true).roots.isEmpty)
        #expect(throws: JSONDocument.Malformed.self) { try read("1\n{", isSequence: true) }
    }

    @Test("A byte order mark is passed over")
    func mark() throws {
        #expect(try JSONDocument([0xEF, 0xBB, 0xBF] + Array("[]".utf8)).roots == [3])
    }
}
