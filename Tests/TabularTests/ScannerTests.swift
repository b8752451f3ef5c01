import SourceModel
import Testing

@testable import Tabular

@Suite("A text is read as rows")
struct ScannerTests {
    static let texts: [(text: String, rows: [[String]])] = [
        ("", []), ("\n\r\n\r", []), ("a", [["a"]]), ("a\n", [["a"]]), ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
        ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]), ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
        ("a,\n,b\n,\n", [["a", ""], ["", "b"], ["", ""]]), ("a\n\n\nb\n", [["a"], ["b"]]),
        ("\"\"\n", [[""]]), ("\"\"", [[""]]), ("\"a\"", [["a"]]), ("\"a,b\",c\n", [["a,b", "c"]]),
        ("\"a\nb\",\"c\r\nd\"\ne,f\n", [["a\nb", "c\r\nd"], ["e", "f"]]),
        ("\"say \"\"hi\"\"\",\"\"\"\",\"\"\"\"\"\"\n", [["say \"hi\"", "\"", "\"\""]]),
        ("a\"b,c\"\n", [["a\"b", "c\""]]),
        (
            "a long field of many bytes,another one that is long\nx,y\n",
            [["a long field of many bytes", "another one that is long"], ["x", "y"]]
        ),
        ("grün,日本語,🐘\n\"ü,\",\"\"\"日\"\"\",é\n", [["grün", "日本語", "🐘"], ["ü,", "\"日\"", "é"]]),
        (
            "\"a long field, of \"\"many\"\" bytes\r\nand more lines\n\rthan one\",\"and another, which is long\"\nx,y\n",
            [
                ["a long field, of \"many\" bytes\r\nand more lines\n\rthan one", "and another, which is long"],
                ["x", "y"],
            ]
        ),
        (",,,\n", [["", "", "", ""]]), ("a,b,", [["a", "b", ""]]), ("\"a\",", [["a", ""]]),
    ]

    /// Gives the bytes up to a place, and then the others; or each alone.
    private static func rows(_ bytes: [UInt8], split: Int?, _ encoding: TextEncoding = .utf8) throws -> [[String]] {
        var position = 0
        let window = TextWindow(encoding, isEager: false) { target in
            let next = min(split.map { position < $0 ? $0 : bytes.count } ?? position + 1, bytes.count)
            let count = min(next - position, target.count)
            target.copyBytes(from: bytes[position..<(position + count)])
            position += count
            return count
        }
        var scanner = CSVScanner(window, delimiter: UInt8(ascii: ","), quote: UInt8(ascii: "\""))
        var rows: [[String]] = []
        while try scanner.next() {
            rows.append(scanner.fields.indices.map { String(decoding: scanner.bytes($0), as: UTF8.self) })
        }
        return rows
    }

    @Test("alike wherever it is split, in every encoding", arguments: texts.indices)
    func split(index: Int) throws {
        let (text, expected) = Self.texts[index]
        let encodings: [(TextEncoding, [UInt8])] = [
            (.utf8, Array(text.utf8)),
            (.utf16LittleEndian, text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
            (.utf16BigEndian, text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }),
        ]
        for (encoding, bytes) in encodings {
            for split in 1...max(1, bytes.count) {
                #expect(try Self.rows(bytes, split: split, encoding) == expected, "\(encoding) at \(split)")
            }
            #expect(try Self.rows(bytes, split: nil, encoding) == expected)
        }
    }

    @Test("Windows-1252 has its own characters from 0x80 to 0x9F")
    func windows1252() throws {
        let bytes: [UInt8] = [0x80, 0x2C, 0xFC, 0x2C, 0x93, 0x61, 0x94, 0x2C, 0x9F]
        #expect(try Self.rows(bytes, split: nil, .windows1252) == [["€", "ü", "“a”", "Ÿ"]])
    }

    static let faults: [(bytes: [UInt8], encoding: TextEncoding, line: Int, column: Int, says: String)] = [
        (Array("a,b\n1,\"2\n3".utf8), .utf8, 2, 3, "not closed"),
        (Array("a,b\n\"1\n2\",\"x\"y\n".utf8), .utf8, 3, 7, "after a closing quote"),
        (Array("ä,b\nü,\0\n".utf8), .utf8, 2, 3, "NUL"),
        (Array("ä,b\nü,".utf8) + [0xFF], .utf8, 2, 3, "encoding"),
        (Array("a\n".utf8) + [0xC0, 0x80], .utf8, 2, 1, "encoding"),
        (Array("a\nbc".utf8) + [0xED, 0xA0, 0x80], .utf8, 2, 3, "encoding"),
        (Array("a\nbc".utf8) + [0xE2, 0x82], .utf8, 2, 3, "encoding"),
        (Array("a\nbc".utf8) + [0xF5, 0x80, 0x80, 0x80], .utf8, 2, 3, "encoding"),
        ([0x61, 0, 0x0A, 0, 0x00, 0xDC], .utf16LittleEndian, 2, 1, "encoding"),
        ([0x61, 0, 0x0A, 0, 0x00, 0xD8, 0x61, 0], .utf16LittleEndian, 2, 1, "encoding"),
        ([0, 0x61, 0], .utf16BigEndian, 1, 2, "encoding"), ([0, 0x61, 0, 0], .utf16BigEndian, 1, 2, "NUL"),
        ([0x61, 0x81], .windows1252, 1, 2, "encoding"),
    ]

    @Test("and what cannot be read is told with line and column, wherever it is split", arguments: faults.indices)
    func fault(index: Int) throws {
        let (bytes, encoding, line, column, says) = Self.faults[index]
        for split in Array(1...bytes.count).map(Optional.some) + [nil] {
            let fault = try #require(throws: MalformedText.self) { try Self.rows(bytes, split: split, encoding) }
            #expect(fault.line == line)
            #expect(fault.column == column)
            #expect(fault.what.contains(says), "\(fault.what)")
        }
    }

    @Test("A row that never ends is refused before it takes all memory")
    func endless() throws {
        var given = 0
        let window = TextWindow(.utf8) { target in
            target.initializeMemory(as: UInt8.self, repeating: given == 0 ? UInt8(ascii: "\"") : UInt8(ascii: "x"))
            if given == 0 { target[1] = UInt8(ascii: "x") }
            defer { given += 1 }
            return given == 0 ? 2 : target.count
        }
        var scanner = CSVScanner(window, delimiter: UInt8(ascii: ","), quote: UInt8(ascii: "\""))
        let fault = try #require(throws: MalformedText.self) { try scanner.next() }
        #expect(fault.what.contains("16 MiB"))
        #expect(fault.line == 1)
    }
}
