import Foundation
import SourceModel
import Testbed
import Testing

@testable import Tabular

@Suite("A workbook that is damaged, hostile, or none, is refused in words and within bounds")
struct HostileWorkbookTests {
    private static func failure(_ bytes: [UInt8], in desk: Desk) async throws -> SourceFailure? {
        do {
            _ = try await desk.lease(workbook: bytes)
            return nil
        } catch let failure as SourceFailure {
            return failure
        }
    }

    private static func failure(_ bytes: [UInt8]) async throws -> SourceFailure? {
        try await failure(bytes, in: Desk())
    }

    static let kinds: [(bytes: [UInt8], kind: String)] = [
        ([], "an empty file"), (Array("id,name\n1,x\n".utf8), "a text file, such as CSV"),
        (Array("\u{FEFF}ä;ö\n".utf8), "a text file, such as CSV"), ([0xFF, 0xFE, 0x41, 0], "a text file, such as CSV"),
        (Array("  <!DOCTYPE HTML><html><table>".utf8), "a web page (HTML)"),
        (Array("<table><tr>".utf8), "a web page (HTML)"),
        (
            Array("<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>".utf8),
            "an XML spreadsheet of Excel 2003"
        ),
        (Array("<?xml version='1.0'?><a/>".utf8), "an XML file"), (Array("%PDF-1.7".utf8), "a PDF file"),
        ([0x1F, 0x8B, 8], "a gzip file"), ([0x09, 0x04, 6, 0, 0, 0, 0x10, 0], "a workbook of Excel 4 or older"),
        ([0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18), "an empty zip file"),
        ([0, 1, 2, 3], "a file of an unknown kind"),
    ]

    @Test("A file of another kind is named as what it is", arguments: kinds.indices)
    func otherKinds(index: Int) async throws {
        let (bytes, kind) = Self.kinds[index]
        let failure = try await Self.failure(bytes)
        #expect(failure?.code == .fileMalformed)
        #expect(failure?.message == "t.xlsx is no Excel workbook but \(kind).")
    }

    static let packages: [(parts: [String], kind: String)] = [
        (["xl/workbook.bin"], "a binary workbook (.xlsb)"), (["word/document.xml"], "a text document (.docx)"),
        (["ppt/presentation.xml"], "a presentation (.pptx)"),
        (["mimetype", "content.xml"], "an OpenDocument file (.ods)"),
        (["a.txt"], "a zip file without a workbook"),
    ]

    @Test("A zip file of another kind is named, too", arguments: packages.indices)
    func otherPackages(index: Int) async throws {
        let (parts, kind) = Self.packages[index]
        let failure = try await Self.failure(ZipText.bytes(parts.map { ($0, [0x20]) }))
        #expect(failure?.message == "t.xlsx is no Excel workbook but \(kind).")
    }

    private static let one = "<row r='1'><c r='A1'><v>1</v></c></row>"
    static let sheets: [(data: String, after: String, code: FailureCode, says: String)] = [
        (
            "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>", "",
            .fileTooLarge,
            "sheet S, cell XFD1048576: a value beyond the 2000 columns that are read, which begin at A"
        ),
        (
            String(repeating: one, count: 1)
                + (2...250).map { "<row r='\($0)'><c r='A\($0)'><v>1</v></c></row>" }.joined()
                + "<row r='300'><c r='BXY300'><v>1</v></c></row>", "", .fileTooLarge, "sheet S, cell BXY300: "
        ),
        (
            "<row r='1'/><row r='1048577'/>", "", .fileMalformed,
            "sheet S: row 1048577 is beyond the last that a sheet can have, 1048576"
        ),
        ("<row r='2'/><row r='2'/>", "", .fileMalformed, "sheet S: row 2 comes after row 2"),
        (
            "<row r='1'><c r='B1'><v>1</v></c><c r='A1'><v>1</v></c></row>", "", .fileMalformed,
            "sheet S: cell A1 comes after cell B1"
        ),
        ("<row r='1'><c r='XFE1'><v>1</v></c></row>", "", .fileMalformed, "sheet S: cell XFE1 comes after"),
        ("<row r='1'><c r='A2'><v>1</v></c></row>", "", .fileMalformed, "sheet S: cell A2 comes after"),
        (
            "<row r='1'>" + String(repeating: "<c/>", count: 16_385) + "</row>", "", .fileMalformed,
            "more than 16384 cells"
        ),
        (
            "<row><c t='s'><v>0</v></c></row>", "", .fileMalformed,
            "cell A1: a shared string that the workbook does not have"
        ),
        ("<row><c/><c t='s'><v>-1</v></c></row>", "", .fileMalformed, "cell B1: a shared string"),
        ("<row><c><v>12x</v></c></row>", "", .fileMalformed, "cell A1: a number that is none"),
        ("<row><c><v>1e999</v></c></row>", "", .fileMalformed, "cell A1: a number that is none"),
        ("<row><c t='b'><v>2</v></c></row>", "", .fileMalformed, "cell A1: a truth value that is none"),
        ("<row><c t='zz'><v>2</v></c></row>", "", .fileMalformed, "cell A1: a cell of the unknown type zz"),
        (
            "<row><c t='str'><v>\(String(repeating: "x", count: 1_100_000))</v></c></row>", "", .fileTooLarge,
            "cell A1: a text of more than 1048576 bytes"
        ),
        (
            "<row>" + String(repeating: "<c t='str'><v>\(String(repeating: "x", count: 1_000_000))</v></c>", count: 20)
                + "</row>",
            "", .fileTooLarge, "cell Q1: a row of more than 16 MiB of text"
        ),
        (String(repeating: "<row>", count: 200), "", .fileMalformed, "more than 100 tags in each other"),
        (
            "<row a='\(String(repeating: "x", count: 6_000_000))'/>", "", .fileMalformed,
            "a tag or text of more than 4 MiB"
        ),
        ("<row><c><v>1</v></row>", "", .fileMalformed, "mismatched tag"),
        ("<row><c t='str'><v>&bomb;</v></c></row>", "", .fileMalformed, "undefined entity"),
        ("", "", .fileMalformed, "t.xlsx holds no values in any sheet."),
        ("<row><c s='1'/></row>", "", .fileMalformed, "holds no values in any sheet."),
        (
            one, "<mergeCells>\(String(repeating: "<mergeCell ref='A1:B2'/>", count: 100_001))</mergeCells>",
            .fileTooLarge,
            "more than 100000 merged areas"
        ),
    ]

    @Test("A sheet that cannot be is told with its cell", arguments: sheets.indices)
    func sheet(index: Int) async throws {
        let (data, after, code, says) = Self.sheets[index]
        let desk = try Desk()
        let failure = try await Self.failure(WorkbookText(data, after: after).bytes(), in: desk)
        #expect(failure?.stage == .open)
        #expect(failure?.code == code)
        #expect(failure?.message.contains(says) == true, "\(failure?.message ?? "no failure")")
        #expect(desk.databases.isEmpty)
    }

    @Test("A dimension that lies is not believed")
    func dimension() async throws {
        let desk = try Desk()
        let lease = try await desk.lease(
            workbook: WorkbookText(Self.one, after: "<dimension ref='A1:XFD1048576'/>").bytes())
        #expect(lease.tables[0].columns.count == 1)
        #expect(lease.tables[0].rows == 1)
    }

    static let documents: [(part: String, text: String)] = [
        ("xl/worksheets/0.xml", "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><worksheet>&b;</worksheet>"),
        ("xl/workbook.xml", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><workbook/>"),
        ("xl/sharedStrings.xml", "<!DOCTYPE sst><sst/>"), ("_rels/.rels", "<!DOCTYPE a><Relationships/>"),
        ("xl/styles.xml", "<?xml version='1.0'?><!DOCTYPE a []><a/>"),
    ]

    @Test("No part may have a document type: there are no entities", arguments: documents.indices)
    func documentTypes(index: Int) async throws {
        var workbook = WorkbookText(Self.one)
        workbook.parts[Self.documents[index].part] = Self.documents[index].text
        let failure = try await Self.failure(workbook.bytes())
        #expect(failure?.code == .fileMalformed)
        #expect(
            failure?.message == "t.xlsx is damaged: the part \(Self.documents[index].part) has a document type.")
    }

    @Test("What inflates to hundreds of times its size is refused before it is read")
    func bomb() async throws {
        var workbook = WorkbookText("")
        workbook.parts["xl/worksheets/0.xml"] = "<a>" + String(repeating: " ", count: 80 << 20)
        let desk = try Desk()
        let failure = try await Self.failure(workbook.bytes(), in: desk)
        #expect(failure?.code == .fileTooLarge)
        #expect(failure?.message.contains("more than 300 times as large") == true, "\(failure?.message ?? "")")
        #expect(desk.databases.isEmpty)
    }

    /// Changes what a zip file says of itself, wherever it says it.
    private static func patched(
        _ bytes: [UInt8], after signature: [UInt8], at offset: Int, _ change: (inout ArraySlice<UInt8>) -> Void
    ) -> [UInt8] {
        var bytes = bytes
        for index in 0..<max(bytes.count - 46, 1) where bytes[index...].starts(with: signature) {
            change(&bytes[(index + offset)...])
        }
        return bytes
    }

    @Test("What the zip file says of itself is held to bounds and to what is there")
    func directory() async throws {
        let bytes = try WorkbookText(Self.one).bytes()
        let end = bytes.count - 22
        var many = bytes
        many.replaceSubrange((end + 10)..<(end + 12), with: [0x40, 0x9C])
        #expect(try await Self.failure(many)?.code == .fileTooLarge)
        var large = bytes
        large.replaceSubrange((end + 12)..<(end + 16), with: [0, 0, 0, 0x7F])
        #expect(try await Self.failure(large)?.code == .fileTooLarge)
        // The size of what is inflated: a gigabyte more than there is, and then a few bytes less.
        let central: [UInt8] = [0x50, 0x4B, 1, 2]
        let more = Self.stating(0x4000_0000, of: ["xl/worksheets/0.xml"], in: bytes)
        #expect(try await Self.failure(more)?.code == .fileMalformed)
        let less = Self.patched(bytes, after: central, at: 24) { $0[$0.startIndex] &-= 5 }
        #expect(try await Self.failure(less)?.code == .fileMalformed)
        let encrypted = Self.patched(bytes, after: central, at: 8) { $0[$0.startIndex] |= 1 }
        #expect(try await Self.failure(encrypted)?.code == .fileForbidden)
        let method = Self.patched(bytes, after: central, at: 10) { $0[$0.startIndex] = 14 }
        #expect(try await Self.failure(method)?.message.contains("compressed by method 14") == true)
    }

    /// Says another size of parts than they have, in the zip file's directory.
    private static func stating(_ size: UInt32, of parts: Set<String>, in bytes: [UInt8]) -> [UInt8] {
        patched(bytes, after: [0x50, 0x4B, 1, 2], at: 0) { entry in
            let start = entry.startIndex
            let length = Array(entry.prefix(46)).number(at: 28, bytes: 2)
            let name = String(decoding: entry[(start + 46)...].prefix(length), as: UTF8.self)
            guard parts.contains(name) else { return }
            for byte in 0..<4 { entry[start + 24 + byte] = UInt8(truncatingIfNeeded: size >> (8 * UInt32(byte))) }
        }
    }

    @Test(
        "A part of which all is kept in memory may not be large",
        arguments: ["_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"])
    func smallParts(part: String) async throws {
        let bytes = try Self.stating(64 << 20 + 1, of: [part], in: WorkbookText(Self.one).bytes())
        let failure = try await Self.failure(bytes)
        #expect(failure?.code == .fileTooLarge)
        #expect(
            failure?.message
                == "t.xlsx has a part \(part) of 67108865 bytes; at most 67108864 are read of such a part.")
    }

    @Test("Sheets are held to the limit together, and none may be another one's part")
    func together() async throws {
        var workbook = WorkbookText(Self.one)
        workbook.sheets = (0..<5).map { ("S\($0)", Self.one, "") }
        let names = Set((0..<5).map { "xl/worksheets/\($0).xml" })
        let large = try Self.stating(0xF000_0000, of: names, in: workbook.bytes())
        let failure = try await Self.failure(large)
        #expect(failure?.code == .fileTooLarge)
        #expect(
            failure?.message.contains("bytes together; at most 17179869184 are read") == true,
            "\(failure?.message ?? "")")

        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        workbook.sheets.removeLast(3)
        workbook.parts["xl/_rels/workbook.xml.rels"] =
            "<Relationships>"
            + (0..<2).map {
                "<Relationship Id='s\($0)' Type='\(office)/worksheet' Target='worksheets/\($0 == 0 ? "0" : "../worksheets/0").xml'/>"
            }.joined() + "</Relationships>"
        let twice = try await Self.failure(workbook.bytes())
        #expect(twice?.code == .fileMalformed)
        #expect(
            twice?.message.contains("sheet S1 is the same part as another sheet") == true, "\(twice?.message ?? "")")
    }

    @Test("A shared text counts in each cell of a row that shows it")
    func sharedTexts() async throws {
        let cells = String(repeating: "<c t='s'><v>0</v></c>", count: 20)
        for rows in ["<row>\(cells)</row>", Self.one + "<row r='2'>\(cells)</row>"] {
            var workbook = WorkbookText(rows)
            workbook.strings = ["<t>\(String(repeating: "x", count: 1_000_000))</t>"]
            let failure = try await Self.failure(workbook.bytes())
            #expect(failure?.code == .fileTooLarge)
            #expect(failure?.message.contains("a row of more than 16 MiB of text") == true, "\(failure?.message ?? "")")
        }
    }

    @Test("A shared string takes room for its end, too")
    func emptyStrings() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "wellhead-strings-\(UUID().uuidString)").path
        let store = try StringStore(at: path, named: "t.xlsx", limit: 100)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        for _ in 0..<12 { try store.add(nothing) }
        let failure = #expect(throws: SourceFailure.self) { try store.add(nothing) }
        #expect(failure?.code == .fileTooLarge)
    }

    @Test("Merged areas that overlap in masses are refused")
    func overlapping() async throws {
        let data = "<row r='1'><c r='A1'><v>1</v></c><c r='B1'><v>2</v></c></row>"
        let areas = String(repeating: "<mergeCell ref='A1:B2'/>", count: 16_385)
        let failure = try await Self.failure(WorkbookText(data, after: "<mergeCells>\(areas)</mergeCells>").bytes())
        #expect(failure?.code == .fileMalformed)
        #expect(
            failure?.message.contains("row 1 is in more than 16384 merged areas, which overlap") == true,
            "\(failure?.message ?? "")")
    }

    @Test("What a compound file keeps in memory is held to what it can be, and the first entry alone is its root")
    func compoundBounds() async throws {
        let bytes = try Samples.bytes("libreoffice.xls")
        let sectorSize = 1 << bytes.number(at: 30, bytes: 2)
        let directory = (bytes.number(at: 48, bytes: 4) + 1) * sectorSize
        // The chain that a long stream has is no table of small sectors.
        let stream = try #require(
            stride(from: directory, to: directory + sectorSize, by: 128).first {
                bytes[$0 + 66] == 2 && bytes.number(at: $0 + 120, bytes: 4) >= 4096
            })
        var long = bytes
        long.replaceSubrange(60..<64, with: bytes[(stream + 116)..<(stream + 120)])
        let failure = try await Self.failure(long)
        #expect(failure?.code == .fileMalformed)
        #expect(failure?.message == "t.xlsx is damaged: its table of small sectors is too large.")
        // A second root, whose chain leads nowhere.
        let other = try #require(
            stride(from: directory + 128, to: directory + sectorSize, by: 128).first { $0 != stream })
        var second = bytes
        second[other + 66] = 5
        second.replaceSubrange((other + 116)..<(other + 120), with: [0xFF, 0xFF, 0xFF, 0x0F])
        #expect(try await Self.failure(second) == nil)
    }

    @Test("An .xls that is encrypted inside is recognised by its record")
    func filePass() async throws {
        var bytes = try Samples.bytes("xlwt.xls")
        // The record that names the code page becomes the one that a password leaves.
        let page = try #require(bytes.indices.first { bytes[$0...].starts(with: [0x42, 0, 2, 0]) })
        bytes[page] = 0x2F
        let failure = try await Self.failure(bytes)
        #expect(failure?.code == .fileForbidden)
        #expect(failure?.message == "t.xlsx is encrypted with a password.")
    }

    @Test(
        "A workbook that is cut off anywhere is refused",
        arguments: ["openpyxl.xlsx", "xlsxwriter.xlsx", "xlwt.xls", "libreoffice.xls"])
    func cut(name: String) async throws {
        let bytes = try Samples.bytes(name)
        let desk = try Desk()
        for part in 0..<100 {
            let failure = try await Self.failure(Array(bytes.prefix(bytes.count * part / 100)), in: desk)
            // What an .xls has behind its last stream is padding.
            if failure == nil, name.hasSuffix(".xls"), part > 90 { continue }
            #expect([.fileMalformed, .fileTooLarge].contains(failure?.code), "\(name) at \(part) %")
        }
        try await eventually("the cache is idle") { !desk.cache.isBusy }
        #expect(desk.databases.isEmpty)
    }

    @Test(
        "Bytes that are changed at random are read or refused, and nothing else happens",
        arguments: [
            "openpyxl.xlsx", "xlsxwriter-stream.xlsx", "libreoffice.xlsx", "xlwt.xls", "libreoffice.xls",
            "encrypted.xlsx",
        ])
    func flipped(name: String) async throws {
        let bytes = try Samples.bytes(name)
        let desk = try Desk()
        var random = Xorshift(seed: name.utf8.reduce(7 as UInt64) { $0 &* 31 &+ UInt64($1) })
        var codes: Set<FailureCode> = []
        for round in 0..<200 {
            var damaged = bytes
            for _ in 0..<(round % 3 == 0 ? 1 : 1 + Int(random.next() % 20)) {
                // Headers lie at the beginning; half of the damage goes there.
                let range = round % 2 == 0 ? min(4096, bytes.count) : bytes.count
                damaged[Int(random.next() % UInt64(range))] = UInt8(truncatingIfNeeded: random.next())
            }
            if let failure = try await Self.failure(damaged, in: desk) { codes.insert(failure.code) }
        }
        #expect(codes.isSubset(of: [.fileMalformed, .fileTooLarge, .fileForbidden]))
        #expect(codes.contains(.fileMalformed))
    }
}

/// Numbers that look random and are the same in every run (G. Marsaglia, 2003).
struct Xorshift {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
