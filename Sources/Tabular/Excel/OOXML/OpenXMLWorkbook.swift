import SourceModel

/// A workbook of Office Open XML (ECMA-376).
final class OpenXMLWorkbook: Workbook {
    private let archive: ZipArchive
    private let parts: WorkbookParts
    private let name: String
    private let scratch: String
    private let reading: TabularReading
    private var styles = CellStyles()
    private var strings: StringStore?

    let displayName = "Excel workbook (.xlsx)"
    var sheets: [SheetFacts] { parts.sheets.map(\.facts) }
    var dateSystem: DateSystem { parts.dateSystem }

    /// - Parameter scratch: where files may be made that end with their use, without their endings.
    init(
        _ file: OpenFile, size: Int, named name: String, scratch: String, _ reading: TabularReading
    ) throws {
        (self.name, self.scratch, self.reading) = (name, scratch, reading)
        archive = try ZipArchive(file, size: size, named: name)
        parts = try WorkbookParts(archive, named: name, reading)
    }

    func expect(_ indices: [Int], _ reading: TabularReading) {
        let sheets = indices.reduce(0) { $0 + parts.sheets[$1].part.size }
        reading.expect((parts.styles?.size ?? 0) + (parts.strings?.size ?? 0) + sheets)
    }

    func prepare() throws {
        if let part = parts.styles { styles = try CellStyles(part, of: archive, named: name, reading) }
        if let part = parts.strings {
            let store = try StringStore(at: scratch, named: name)
            try SharedStrings.read(part, of: archive, into: store, named: name, reading)
            strings = store
        }
    }

    func read(_ index: Int, into table: consuming SheetTable) throws -> TabularTable? {
        let sheet = parts.sheets[index]
        let events = SheetEvents(SheetReader(sheet.facts, styles, strings, parts.dateSystem, into: table))
        try XMLDocument.read(sheet.part, of: archive, named: name, reading, events)
        return try events.finish()
    }
}
