import Foundation
import SourceModel

/// What kind of workbook a file is, told by its bytes: names are often wrong.
enum WorkbookKind: Equatable {
    /// Office Open XML, in a zip file: `.xlsx`, `.xlsm`.
    case openXML
    /// A compound file, which `.xls` is, and what is encrypted.
    case compound

    private static let sampleSize = 4096

    /// - Throws: `file_malformed`, with what the file is instead where that can be told.
    init(of file: OpenFile, named name: String) throws(SourceFailure) {
        let bytes = try file.beginning(Self.sampleSize)
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            self = .openXML
        } else if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            self = .compound
        } else {
            throw Self.failure(of: bytes, name)
        }
    }

    /// The failure of a file that is something else.
    ///
    /// - Parameter kind: with its article.
    static func failure(_ name: String, is kind: String, hint: String) -> SourceFailure {
        SourceFailure(.open, .fileMalformed, "\(name) is no Excel workbook but \(kind).", hint: hint)
    }

    private static func failure(of bytes: [UInt8], _ name: String) -> SourceFailure {
        let anew = "Save it as an Excel workbook (.xlsx)."
        if bytes.isEmpty { return failure(name, is: "an empty file", hint: "Copy the file again.") }
        if bytes.starts(with: [0x50, 0x4B, 0x05, 0x06]) { return failure(name, is: "an empty zip file", hint: anew) }
        if bytes.starts(with: [0x1F, 0x8B]) { return failure(name, is: "a gzip file", hint: "Unpack it first.") }
        if bytes.starts(with: Array("%PDF".utf8)) { return failure(name, is: "a PDF file", hint: anew) }
        // BIFF 2 to 4 have no container: the record that begins them.
        if bytes.count > 4, bytes[0] == 0x09, [0x00, 0x02, 0x04].contains(bytes[1]), bytes[2] < 16, bytes[3] == 0 {
            return failure(name, is: "a workbook of Excel 4 or older", hint: anew)
        }
        let isWide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        let text = String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
            .drop { $0.isWhitespace || $0 == "\u{FEFF}" || $0 == "\u{FFFD}" }.lowercased()
        if text.contains("schemas-microsoft-com:office:spreadsheet"), text.hasPrefix("<?xml") {
            return failure(name, is: "an XML spreadsheet of Excel 2003", hint: anew)
        }
        for beginning in ["<!doctype html", "<html", "<table", "<head", "<meta", "<body"]
        where text.hasPrefix(beginning) {
            return failure(name, is: "a web page (HTML)", hint: anew)
        }
        if text.hasPrefix("<?xml") || text.hasPrefix("<") { return failure(name, is: "an XML file", hint: anew) }
        if text.hasPrefix("{\\rtf") { return failure(name, is: "a text document (RTF)", hint: anew) }
        if isWide || !bytes.contains(where: { $0 < 0x20 && ![0x09, 0x0A, 0x0C, 0x0D].contains($0) }) {
            return failure(name, is: "a text file, such as CSV", hint: "Set driver to csv, or save it as .xlsx.")
        }
        return failure(
            name, is: "a file of an unknown kind", hint: "Set database to the path of a workbook (.xlsx, .xls).")
    }
}
