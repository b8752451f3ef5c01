import CZip
import Foundation

/// A small workbook that is written part by part, so that any part can be what no program would write. Zip files are
/// made by libzip.
struct WorkbookText {
    /// What is inside of `sheetData`, and what follows it, sheet by sheet.
    var sheets: [(name: String, data: String, after: String)] = []
    var strings: [String] = []
    /// Number formats, by the style's number: a built-in one, or a code.
    var formats: [String] = []
    var workbookProperties = ""
    /// Parts that replace, or are added to, what a workbook has.
    var parts: [String: String] = [:]

    init(_ data: String, after: String = "", named name: String = "S") { sheets = [(name, data, after)] }

    private static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    private static let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    private static let package = "http://schemas.openxmlformats.org/package/2006/relationships"

    private var written: [String: String] {
        var written = [
            "_rels/.rels":
                "<Relationships xmlns='\(Self.package)'><Relationship Id='a' Type='\(Self.office)/officeDocument' "
                + "Target='/xl/workbook.xml'/></Relationships>",
            "xl/sharedStrings.xml": "<sst xmlns='\(Self.main)'>\(strings.map { "<si>\($0)</si>" }.joined())</sst>",
            "xl/styles.xml": styles,
        ]
        var listed = ""
        var relationships =
            "<Relationship Id='t' Type='\(Self.office)/sharedStrings' Target='sharedStrings.xml'/>"
            + "<Relationship Id='y' Type='\(Self.office)/styles' Target='styles.xml'/>"
        for (index, sheet) in sheets.enumerated() {
            listed += "<sheet name='\(sheet.name)' sheetId='\(index + 1)' r:id='s\(index)'/>"
            relationships +=
                "<Relationship Id='s\(index)' Type='\(Self.office)/worksheet' Target='worksheets/\(index).xml'/>"
            written["xl/worksheets/\(index).xml"] =
                "<worksheet xmlns='\(Self.main)'><sheetData>\(sheet.data)</sheetData>\(sheet.after)</worksheet>"
        }
        written["xl/workbook.xml"] =
            "<workbook xmlns='\(Self.main)' xmlns:r='\(Self.office)'>\(workbookProperties)<sheets>\(listed)</sheets></workbook>"
        written["xl/_rels/workbook.xml.rels"] =
            "<Relationships xmlns='\(Self.package)'>\(relationships)</Relationships>"
        return written.merging(parts) { $1 }
    }

    private var styles: String {
        var codes = ""
        var styles = ""
        for (index, format) in formats.enumerated() {
            if Int(format) == nil { codes += "<numFmt numFmtId='\(200 + index)' formatCode='\(format)'/>" }
            styles += "<xf numFmtId='\(Int(format) ?? 200 + index)'/>"
        }
        return "<styleSheet xmlns='\(Self.main)'><numFmts>\(codes)</numFmts><cellXfs>\(styles)</cellXfs></styleSheet>"
    }

    /// The workbook as a zip file.
    func bytes() throws -> [UInt8] { try ZipText.bytes(written.map { ($0.key, Array($0.value.utf8)) }) }
}

/// Makes zip files.
enum ZipText {
    struct Failed: Error {}

    static func bytes(_ parts: [(name: String, bytes: [UInt8])]) throws -> [UInt8] {
        let url = FileManager.default.temporaryDirectory.appending(path: "wellhead-zip-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        guard let archive = zip_open(url.path, CInt(ZIP_CREATE), nil) else { throw Failed() }
        for (name, bytes) in parts {
            let copy = UnsafeMutableRawPointer(malloc(max(bytes.count, 1)))
            copy?.copyMemory(from: bytes, byteCount: bytes.count)
            // The library frees what it was given.
            guard let source = zip_source_buffer(archive, copy, UInt64(bytes.count), 1),
                zip_file_add(archive, name, source, 0) >= 0
            else { throw Failed() }
        }
        guard zip_close(archive) == 0 else { throw Failed() }
        return Array(try Data(contentsOf: url))
    }
}
