import Testing

@testable import JSONQuery

@Suite("RFC 6901")
struct PointerTests {
    /// The document and the pointers of section 5.
    static let document = #"""
        {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8}
        """#

    @Test(
        "Pointers lead where the RFC's own examples say",
        arguments: [
            ("/foo", #"["bar", "baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"), ("/foo/1", #""baz""#),
        ])
    func examples(pointer: String, value: String) throws {
        let document = try JSONDocument(Array(Self.document.utf8))
        let parsed = try #require(JSONPointer(pointer))
        let place = try #require(parsed.place(in: document, from: document.roots[0]))
        #expect(String(decoding: document.bytes[document.range(of: place)], as: UTF8.self) == value)
    }

    @Test("The empty pointer is the whole document")
    func whole() throws {
        let document = try JSONDocument(Array("  [1] ".utf8))
        #expect(JSONPointer("")?.place(in: document, from: document.roots[0]) == 2)
    }

    @Test(
        "What is not there is not found",
        arguments: ["/bar", "/foo/2", "/foo/01", "/foo/-", "/foo/-1", "/foo/0/x", "//x"])
    func missing(pointer: String) throws {
        let document = try JSONDocument(Array(Self.document.utf8))
        #expect(try #require(JSONPointer(pointer)).place(in: document, from: document.roots[0]) == nil)
    }

    @Test("What is no pointer is refused", arguments: ["foo", "/a~", "/a~2", "~0", " /foo"])
    func malformed(text: String) { #expect(JSONPointer(text) == nil) }
}
