import SourceModel
import Testing

@testable import Tabular

@Suite("A file's dialect is found out, or set")
struct DialectTests {
    private static let plain = Array("a,b\n1,x\n".utf8)

    static let files: [(bytes: [UInt8], options: DialectOptions, summary: String, names: [String])] = {
        func utf16(_ text: String, _ isLittle: Bool) -> [UInt8] {
            (isLittle ? [0xFF, 0xFE] : [0xFE, 0xFF])
                + text.utf16.flatMap {
                    isLittle ? [UInt8($0 & 0xFF), UInt8($0 >> 8)] : [UInt8($0 >> 8), UInt8($0 & 0xFF)]
                }
        }
        func text(_ text: String, _ names: [String], _ summary: String, _ options: DialectOptions = DialectOptions())
            -> (bytes: [UInt8], options: DialectOptions, summary: String, names: [String])
        { (Array(text.utf8), options, "UTF-8, " + summary, names) }
        let comma = "delimiter ,, quote \", header, decimal point"
        return [
            (plain, DialectOptions(), "UTF-8, \(comma)", ["a", "b"]),
            ([0xEF, 0xBB, 0xBF] + plain, DialectOptions(), "UTF-8 with byte order mark, \(comma)", ["a", "b"]),
            (utf16("ä,b\n1,x\n", true), DialectOptions(), "UTF-16LE with byte order mark, \(comma)", ["ä", "b"]),
            (utf16("ä,b\n1,x\n", false), DialectOptions(), "UTF-16BE with byte order mark, \(comma)", ["ä", "b"]),
            ([0xE4] + plain, DialectOptions(), "Windows-1252, \(comma)", ["äa", "b"]),
            (
                plain + Array(repeating: 0x78, count: CSVSample.size) + [0x2C, 0xE4], DialectOptions(),
                "Windows-1252, \(comma)", ["a", "b"]
            ),
            (
                Array(utf16("a,b\n1,x\n", true).dropFirst(2)), dialect { $0.encoding = .utf16LittleEndian },
                "UTF-16LE, \(comma)", ["a", "b"]
            ),
            (Array("ü,b\n1,x\n".utf8), dialect { $0.encoding = .windows1252 }, "Windows-1252, \(comma)", ["Ã¼", "b"]),
            text("a;b\n1,5;x\n", ["a", "b"], "delimiter ;, quote \", header, decimal comma"),
            text("a;b\n1.5;x\n", ["a", "b"], "delimiter ;, quote \", header, decimal point"),
            text("a;b\n1,5;1.5\n", ["a", "b"], "delimiter ;, quote \", header, decimal point"),
            text("a\tb\n1,2\tx\n3,4,5\ty\n", ["a", "b"], "delimiter tab, quote \", header, decimal comma"),
            text("a|b|c\n1,2|x|\n", ["a", "b", "c"], "delimiter |, quote \", header, decimal comma"),
            text(
                "a:b\n1:2\n", ["a", "b"], "delimiter :, quote \", header, decimal point",
                dialect { $0.delimiter = 0x3A }),
            text("a;b;c,d\n1;2;3\n", ["a", "b", "c,d"], "delimiter ;, quote \", header, decimal point"),
            text("a,b\n\"1;2;3\",x\n\"4;5;6\",y\n", ["a", "b"], comma),
            text("'a','b'\n'1,2','x'\n", ["a", "b"], "delimiter ,, quote ', header, decimal point"),
            text("'a,b\nc,d\n", ["'a", "b"], comma),
            text(
                "\"a\",b\n", ["\"a\"", "b"], "delimiter ,, no quotes, header, decimal point",
                dialect { $0.quote = .some(.none) }),
            text("name\nann\nbob\n", ["name"], comma),
            text("1,x\n2,y\n", ["column_1", "column_2"], "delimiter ,, quote \", no header, decimal point"),
            text(
                "country,2019,2020\nDE,83,84\n", ["column_1", "column_2", "column_3"],
                "delimiter ,, quote \", no header, decimal point"),
            text("country,2019,pop\nDE,83,84\n", ["country", "2019", "pop"], comma),
            text("1,x\n2,y\n", ["1", "x"], comma, dialect { $0.header = true }),
            text(
                "a,b\n1,2\n", ["column_1", "column_2"], "delimiter ,, quote \", no header, decimal point",
                dialect { $0.header = false }),
            text(
                "a,b\n\"1,5\",2\n", ["a", "b"], "delimiter ,, quote \", header, decimal comma",
                dialect { $0.decimalMark = 0x2C }),
            text("a,A, a ,,a_2,\"x \"\"y\"\"\"\n", ["a", "A_3", "a_4", "column_4", "a_2", "x \"y\""], comma),
            text("id,name\n", ["id", "name"], comma),
        ]
    }()

    @Test("of its beginning", arguments: files.indices)
    func found(index: Int) async throws {
        let (bytes, options, summary, names) = Self.files[index]
        let desk = try Desk()
        try desk.write(bytes)
        let lease = try await desk.lease("t.csv", options)
        #expect(lease.summary == summary)
        #expect(lease.tables[0].columns.map(\.name) == names)
    }

    static let malformed: [(bytes: [UInt8], options: DialectOptions, says: String)] = [
        ([], DialectOptions(), "line 1, column 1: the file is empty"),
        ([0xEF, 0xBB, 0xBF], DialectOptions(), "line 1, column 1: the file is empty"),
        (Array("a,b\n1,2\n3,4,5\n".utf8), DialectOptions(), "line 3, column 5: 3 fields where the header has 2"),
        (Array("a,b\n1,2\n\n34\n".utf8), DialectOptions(), "line 4, column 3: 1 field where the header has 2"),
        (
            Array("1,\"x\ny\"\r\n2,ä,z\r\n".utf8), dialect { $0.header = false },
            "line 3, column 5: 3 fields where the first row has 2"
        ),
        (Array("a,b\n1,\"2\n".utf8), DialectOptions(), "line 2, column 3: a quoted field is not closed"),
        (Array("a,b\n1,x\0\n".utf8), DialectOptions(), "line 2, column 4: a NUL byte"),
        (
            Array("ä,b\n1,".utf8) + [0xFF, 0x0A], dialect { $0.encoding = .utf8 },
            "line 2, column 3: bytes that are not"
        ),
        (
            Array("ä,b\n1,x\n".utf8) + Array(repeating: 0x78, count: CSVSample.size) + [0x2C, 0xFF, 0x0A],
            DialectOptions(),
            "line 3, column \(CSVSample.size + 2): bytes that are not"
        ),
        (Array("a,b\n1,".utf8) + [0x81, 0x0A], DialectOptions(), "line 2, column 3: bytes that are not"),
        (Array(repeating: UInt8(ascii: ","), count: 2500), DialectOptions(), "line 1, column 2001: 2501 columns"),
    ]

    @Test("and what is none is refused with line and column", arguments: malformed.indices)
    func refused(index: Int) async throws {
        let (bytes, options, says) = Self.malformed[index]
        let desk = try Desk()
        let failure = try #require(try await desk.failure(bytes, options))
        #expect(failure.stage == .open)
        #expect(failure.code == .fileMalformed)
        #expect(failure.message.contains(says), "\(failure.message)")
        #expect(desk.databases.isEmpty)
    }
}
