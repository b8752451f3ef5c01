import Foundation
import SourceModel

/// What a workbook's small parts say: which sheets there are, and where what is.
struct WorkbookParts {
    struct Sheet {
        let facts: SheetFacts
        let part: ZipArchive.Part
    }

    /// More sheets are refused.
    static let sheetLimit = 1000

    /// The sheets with cells, in the workbook's order: chart sheets and the like are left out.
    private(set) var sheets: [Sheet] = []
    private(set) var dateSystem = DateSystem.from1900
    let styles: ZipArchive.Part?
    let strings: ZipArchive.Part?

    /// - Throws: `file_malformed` where the archive is no workbook, with what it is instead where that is known.
    init(_ archive: ZipArchive, named file: String, _ reading: TabularReading) throws {
        let root = try Relationships(archive, of: "", named: file, reading)
        let target = root.targets.first { $0.type == "officeDocument" }?.part ?? "xl/workbook.xml"
        guard let part = try archive.small(target), !target.lowercased().hasSuffix(".bin") else {
            throw try Self.notAWorkbook(archive, file, isBinary: target.lowercased().hasSuffix(".bin"))
        }
        guard try archive.part("word/document.xml") == nil, try archive.part("ppt/presentation.xml") == nil else {
            throw try Self.notAWorkbook(archive, file, isBinary: false)
        }
        let relationships = try Relationships(archive, of: target, named: file, reading)
        let listing = SheetListing()
        try XMLDocument.read(part, of: archive, named: file, reading, listing)
        dateSystem = listing.isFrom1904 ? .from1904 : .from1900
        func first(_ type: String) -> String? { relationships.targets.first { $0.type == type }?.part }
        styles = try first("styles").flatMap { try archive.small($0) }
        strings = try first("sharedStrings").flatMap { try archive.part($0) }
        var seen: Set<UInt64> = []
        for sheet in listing.sheets {
            guard let target = relationships.targets.first(where: { $0.id == sheet.relationship }),
                target.type == "worksheet"
            else { continue }
            guard let part = try archive.part(target.part) else {
                throw SourceFailure(
                    .open, .fileMalformed, "\(file) is damaged: sheet \(sheet.name) is missing (\(target.part)).",
                    hint: "Save the workbook anew with a spreadsheet program.")
            }
            // Sheets that are one part would make many tables of what is stored once.
            guard seen.insert(part.index).inserted else {
                throw SourceFailure(
                    .open, .fileMalformed,
                    "\(file) is damaged: sheet \(sheet.name) is the same part as another sheet (\(target.part)).",
                    hint: "Save the workbook anew with a spreadsheet program.")
            }
            let facts = SheetFacts(file: file, name: sheet.name, visibility: sheet.visibility)
            sheets.append(Sheet(facts: facts, part: part))
        }
        guard sheets.count <= Self.sheetLimit else {
            throw SourceFailure(
                .open, .fileTooLarge, "\(file) has \(sheets.count) sheets; at most \(Self.sheetLimit) are read.",
                hint: "Split the workbook.")
        }
        try archive.checkSizes(of: sheets.map(\.part) + [strings].compactMap(\.self))
    }

    private static func notAWorkbook(
        _ archive: ZipArchive, _ file: String, isBinary: Bool
    ) throws -> SourceFailure {
        let kind: String
        if try isBinary || archive.part("xl/workbook.bin") != nil {
            kind = "a binary workbook (.xlsb)"
        } else if try archive.part("mimetype") != nil, try archive.part("content.xml") != nil {
            kind = "an OpenDocument file (.ods)"
        } else if try archive.part("word/document.xml") != nil {
            kind = "a text document (.docx)"
        } else if try archive.part("ppt/presentation.xml") != nil {
            kind = "a presentation (.pptx)"
        } else {
            kind = "a zip file without a workbook"
        }
        return WorkbookKind.failure(file, is: kind, hint: "Save it as an Excel workbook (.xlsx).")
    }
}

/// Where the parts are that a part refers to (ECMA-376, part 2, section 6.5).
private struct Relationships {
    struct Target {
        let id: String
        /// The last word of the relationship's type, which is the same in both families of names.
        let type: String
        let part: String
    }

    let targets: [Target]

    /// - Parameter source: the part that refers; empty for the package itself.
    init(_ archive: ZipArchive, of source: String, named file: String, _ reading: TabularReading) throws {
        let folder = source.lastIndex(of: "/").map { String(source[...$0]) } ?? ""
        let name = folder + "_rels/" + source.dropFirst(folder.count) + ".rels"
        guard let part = try archive.small(name) else {
            targets = []
            return
        }
        let events = RelationshipEvents()
        try XMLDocument.read(part, of: archive, named: file, reading, events)
        targets = events.entries.map { id, type, target in
            Target(
                id: id, type: type.split(separator: "/").last.map(String.init) ?? "",
                part: Self.resolve(target, in: folder))
        }
    }

    private static func resolve(_ target: String, in folder: String) -> String {
        let path = target.hasPrefix("/") ? target : folder + target
        var parts: [Substring] = []
        for part in path.split(whereSeparator: { $0 == "/" || $0 == "\\" }) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}

private final class RelationshipEvents: XMLEvents {
    private static let limit = 20_000
    private(set) var entries: [(id: String, type: String, target: String)] = []

    func begin(_ name: XMLName, _ attributes: XMLAttributes) {
        guard name == "Relationship", attributes["TargetMode"] != "External", entries.count < Self.limit,
            let id = attributes["Id"], let type = attributes["Type"], let target = attributes["Target"]
        else { return }
        entries.append((id, type, target))
    }

    func end(_ name: XMLName) {}
    func text(_ bytes: UnsafeRawBufferPointer) {}
}

/// Reads the workbook part (ECMA-376, part 1, section 18.2).
private final class SheetListing: XMLEvents {
    private(set) var isFrom1904 = false
    private(set) var sheets: [(name: String, relationship: String, visibility: SheetFacts.Visibility)] = []

    func begin(_ name: XMLName, _ attributes: XMLAttributes) {
        switch name {
        case "workbookPr": isFrom1904 = attributes.flag("date1904")
        case "sheet":
            // One more than is allowed is enough to know that there are too many.
            guard sheets.count <= WorkbookParts.sheetLimit, let name = attributes["name"] else { return }
            let visibility: SheetFacts.Visibility =
                switch attributes["state"] {
                case "hidden": .hidden
                case "veryHidden": .veryHidden
                default: .visible
                }
            sheets.append((name, attributes["id"] ?? "", visibility))
        default: break
        }
    }

    func end(_ name: XMLName) {}
    func text(_ bytes: UnsafeRawBufferPointer) {}
}
