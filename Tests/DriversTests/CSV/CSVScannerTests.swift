import Testing

@testable import Drivers

@Suite("A CSV file is scanned")
struct CSVScannerTests {
    struct Good: Sendable {
        var text: String
        var header: [String]
        var rows: Int

        init(_ text: String, _ header: [String], _ rows: Int) {
            self.text = text
            self.header = header
            self.rows = rows
        }
    }

    static let goodFiles: [Good] = [
        Good("a,b\n1,2\n", ["a", "b"], 1), Good("a,b\r\n1,2\r\n3,4", ["a", "b"], 2), Good("a,b\r1,2\r", ["a", "b"], 1),
        Good("a", ["a"], 0), Good("a\n", ["a"], 0), Good("\"a\"", ["a"], 0), Good(",\n,\n", ["", ""], 1),
        Good("a,b\n\n\r\n1,2\n\n", ["a", "b"], 1), Good("a,b\n\"1\n\r\n2\",\"x,\"\"y\"\"\"\n", ["a", "b"], 1),
        Good("\"a \"\"b\"\"\",c\n1,\n", ["a \"b\"", "c"], 1), Good("a,\"\"\n", ["a", ""], 0),
        Good("\u{FEFF}a,b\n1,2\n", ["a", "b"], 1), Good("\u{FEFF}\"a\"\n1\n", ["a"], 1),
        Good("größe,\u{1F511}\n1,é\n", ["größe", "\u{1F511}"], 1),
        // Bytes of a byte order mark that are none.
        Good("»a«\n1\n", ["»a«"], 1), Good("a¿,b\n1,2\n", ["a¿", "b"], 1), Good("\u{FF49}d\n1\n", ["\u{FF49}d"], 1),
        Good("\u{FEFF}\u{FEFF}a\n", ["\u{FEFF}a"], 0),
        Good("it\"s,b\n1\",2\n", ["it\"s", "b"], 1), Good(" a , b \n1,2\n", [" a ", " b "], 1),
    ]

    struct Bad: Sendable {
        var bytes: [UInt8]
        var line: Int
        var byte: Int
        var what: String

        init(_ text: String, _ line: Int, _ byte: Int, _ what: String) {
            self.init(Array(text.utf8), line, byte, what)
        }

        init(_ bytes: [UInt8], _ line: Int, _ byte: Int, _ what: String) {
            self.bytes = bytes
            self.line = line
            self.byte = byte
            self.what = what
        }
    }

    static let badFiles: [Bad] = [
        Bad("a,b\n1\n", 2, 2, "1 fields where the header has 2"), Bad("a,b\r\n1,2,3\r\n", 2, 6, "3 fields"),
        Bad("a,b\n1,2\n1", 3, 1, "1 fields"), Bad("a,b\n1,2\n\n1", 4, 1, "1 fields"),
        Bad("a,b\r1,2\r1\r", 3, 2, "1 fields"), Bad("a,\"b\n1,2\n", 1, 3, "not closed"),
        Bad("a\n\"x\" y\n", 2, 4, "text after a closing quote"), Bad("a\n\"x\"\"\n", 2, 1, "not closed"),
        Bad("a\n\"1\n2\",3\n", 3, 5, "2 fields"), Bad("a\0b\n", 1, 2, "NUL"),
        Bad([0x61, 0xE9, 0x0A], 1, 3, "UTF-8"), Bad([0x61, 0x0A, 0x62, 0xE9, 0x0A], 2, 3, "UTF-8"),
        Bad([0x61, 0x0A, 0x22, 0xFF, 0x22], 2, 2, "UTF-8"), Bad([0x61, 0x0A, 0xC0, 0x80], 2, 1, "UTF-8"),
        Bad([0x61, 0x0A, 0xED, 0xA0, 0x80], 2, 2, "UTF-8"), Bad([0x61, 0x0A, 0xC3], 2, 1, "UTF-8"),
        Bad([0xFF, 0xFE, 0x61, 0x00], 1, 1, "UTF-8"),
    ]

    /// Scans the bytes in pieces that end at these places.
    private func scan(_ bytes: [UInt8], cutAt places: [Int]) throws -> (header: [String], rows: Int) {
        var scanner = CSVScanner()
        var start = 0
        for end in places + [bytes.count] {
            try Array(bytes[start..<end]).withUnsafeBytes { try scanner.feed($0) }
            start = end
        }
        try scanner.finish()
        return (scanner.header, scanner.records - 1)
    }

    @Test("and gives the same header and rows wherever it is cut", arguments: goodFiles)
    func read(file: Good) throws {
        let bytes = Array(file.text.utf8)
        for place in 0...bytes.count {
            let (header, rows) = try scan(bytes, cutAt: [place])
            #expect(header == file.header)
            #expect(rows == file.rows)
        }
        let (header, rows) = try scan(bytes, cutAt: Array(0..<bytes.count))
        #expect(header == file.header)
        #expect(rows == file.rows)
    }

    @Test("and what cannot be read is named by line and byte wherever it is cut", arguments: badFiles)
    func refused(file: Bad) {
        for places in [[], Array(0..<file.bytes.count)] + (0...file.bytes.count).map({ [$0] }) {
            do {
                let outcome = try scan(file.bytes, cutAt: places)
                Issue.record("it was read as \(outcome)")
            } catch let fault as CSVScanner.Fault {
                #expect(fault.what.contains(file.what))
                #expect([fault.line, fault.byte] == [file.line, file.byte], "\(fault.what)")
                #expect(!fault.hint.isEmpty)
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test("and a header without end does not fill the memory", arguments: [",", "a"])
    func bounded(text: String) {
        #expect(throws: CSVScanner.Fault.self) {
            var scanner = CSVScanner()
            let piece = Array(repeatElement(text.utf8, count: 1 << 20).joined())
            for _ in 0..<4 { try piece.withUnsafeBytes { try scanner.feed($0) } }
            try scanner.finish()
        }
    }

    @Test("and long fields below the header are no matter")
    func longFields() throws {
        var scanner = CSVScanner()
        try Array("a\n".utf8).withUnsafeBytes { try scanner.feed($0) }
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<4 { try piece.withUnsafeBytes { try scanner.feed($0) } }
        try scanner.finish()
        #expect(scanner.records == 2)
    }
}
