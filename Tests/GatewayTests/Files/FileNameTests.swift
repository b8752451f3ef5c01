import Testing

@testable import Gateway

@Suite("File names")
struct FileNameTests {
    @Test(
        "What a stranger's machine calls a file becomes one component of a path",
        arguments: [
            ("orders.csv", "orders.csv"), ("/etc/passwd", "passwd"), ("../../x.csv", "x.csv"),
            ("a/b/../c.csv", "c.csv"),
            (#"C:\Users\ada\my orders.csv"#, "my orders.csv"), (#"..\x.csv"#, "x.csv"), (".hidden.csv", "hidden.csv"),
            (". . ..x", "x"), ("  x.csv \n", "x.csv"), ("a\u{0}b\u{1}\u{7F}\u{85}.csv", "ab.csv"),
            ("a\r\nb.csv", "ab.csv"), ("exe\u{202E}vsc.csv", "exevsc.csv"),
            ("\u{FEFF}a\u{200E}b\u{200F}c\u{61C}d.csv", "abcd.csv"), ("Größe 表 😀.csv", "Größe 表 😀.csv"),
            ("Gro\u{308}ße.csv", "Gr\u{F6}ße.csv"), ("%2e%2e%2fx", "%2e%2e%2fx"), ("a:b*c?.csv", "a:b*c?.csv"),
            (".upload-1", "upload-1"), ("x..", "x.."), ("~root", "~root"), ("👨‍👩‍👧.csv", "👨‍👩‍👧.csv"),
        ])
    func reduced(sent: String, name: String) throws {
        let reduced = try FileName(reducing: sent)
        // Swift compares texts by their meaning; files are told apart by their bytes.
        #expect(Array(reduced.text.utf8) == Array(name.utf8))
        #expect(FileName(reduced.text) == reduced)
    }

    @Test(
        "A name of which nothing is left is refused",
        arguments: ["", ".", "..", "...", "/", "a/", #"a\"#, "../..", "\u{0}", " ", "\u{202E}", ". ."])
    func nothing(sent: String) {
        #expect(throws: FileStoreError.noName(sent)) { try FileName(reducing: sent) }
    }

    @Test("A name is bounded in bytes, not in characters")
    func bounds() throws {
        let longest = String(repeating: "ä", count: 125) + "x.csv"
        #expect(try FileName(reducing: longest).text.utf8.count == 255)
        #expect(throws: FileStoreError.nameTooLong(256)) { try FileName(reducing: "x" + longest) }
    }

    @Test("A name in an address is taken as it stands, or not at all", arguments: ["", ".", "..", ".x", "a/b", "a\0b"])
    func exact(text: String) { #expect(FileName(text) == nil) }
}
