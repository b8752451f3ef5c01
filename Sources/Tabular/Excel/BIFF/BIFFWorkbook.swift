import SourceModel

/// A workbook of Excel 97 to 2003 ([MS-XLS]).
final class BIFFWorkbook: Workbook {
    private typealias Kind = BIFFRecords.Kind

    private struct Sheet {
        let facts: SheetFacts
        let offset: Int
    }

    private let records: BIFFRecords
    private let size: Int
    private let name: String
    private let scratch: String
    private let reading: TabularReading
    private var listed: [Sheet] = []
    private var codes: [Int: String] = [:]
    private var styles: [Int] = []
    private var formats: [NumberFormat] = []
    private var strings: StringStore?

    let displayName = "Excel 97-2003 workbook (.xls)"
    var sheets: [SheetFacts] { listed.map(\.facts) }
    private(set) var dateSystem = DateSystem.from1900

    /// - Parameter scratch: where files may be made that end with their use, without their endings.
    /// - Throws: `file_malformed` where the file holds no workbook, with what it is where that is known;
    ///   `file_forbidden` where it is encrypted.
    init(
        _ file: OpenFile, size: Int, named name: String, scratch: String, _ reading: TabularReading
    ) throws {
        (self.name, self.scratch, self.reading) = (name, scratch, reading)
        let container = try CompoundFile(file, size: size, named: name)
        guard let entry = container.entry("Workbook") else { throw Self.otherKind(container, name) }
        self.size = entry.size
        records = BIFFRecords(try container.open(entry), named: name, reading)
        try readGlobals()
    }

    private static func otherKind(_ container: CompoundFile, _ name: String) -> SourceFailure {
        let anew = "Save it as an Excel workbook (.xlsx)."
        if container.entry("EncryptedPackage") != nil { return encrypted(name) }
        if container.entry("Book") != nil {
            return WorkbookKind.failure(name, is: "a workbook of Excel 5 or 95", hint: anew)
        }
        if container.entry("WordDocument") != nil {
            return WorkbookKind.failure(name, is: "a text document (.doc)", hint: anew)
        }
        if container.entry("PowerPoint Document") != nil {
            return WorkbookKind.failure(name, is: "a presentation (.ppt)", hint: anew)
        }
        return WorkbookKind.failure(name, is: "a compound file without a workbook", hint: anew)
    }

    private static func encrypted(_ name: String) -> SourceFailure {
        SourceFailure(
            .open, .fileForbidden, "\(name) is encrypted with a password.",
            hint: "Save the workbook without a password.")
    }

    func expect(_ indices: [Int], _ reading: TabularReading) { reading.expect(size) }

    func prepare() { formats = styles.map { codes[$0].map(NumberFormat.init(code:)) ?? NumberFormat(builtIn: $0) } }

    func read(_ index: Int, into table: consuming SheetTable) throws -> TabularTable? {
        records.seek(listed[index].offset)
        var sheet = BIFFSheet(
            listed[index].facts, records, formats, strings, dateSystem, named: name, into: table)
        return try sheet.read()
    }

    // MARK: What all sheets share

    private func readGlobals() throws {
        guard try records.next(), records.kind == Kind.beginning, try records.number(at: 0, bytes: 2) == 0x0600 else {
            throw CompoundFile.damaged(name, "it does not begin like a workbook of Excel 97")
        }
        while try records.next(), records.kind != Kind.endOfFile {
            switch records.kind {
            case Kind.filePass: throw Self.encrypted(name)
            case Kind.date1904: dateSystem = try records.number(at: 0, bytes: 2) == 1 ? .from1904 : .from1900
            case Kind.boundSheet: try readSheet()
            case Kind.format:
                guard codes.count < 10_000 else { break }
                let id = try records.number(at: 0, bytes: 2)
                codes[id] = try text(at: 2, countSize: 2)
            case Kind.extendedFormat:
                guard styles.count < 100_000 else { break }
                styles.append(try records.number(at: 2, bytes: 2))
            case Kind.stringTable: try readStrings()
            default: break
            }
        }
    }

    private func readSheet() throws {
        // Sheets with cells; charts, macros and modules have other numbers.
        guard try records.number(at: 5, bytes: 1) == 0 else { return }
        guard listed.count < WorkbookParts.sheetLimit else {
            throw SourceFailure(
                .open, .fileTooLarge, "\(name) has more than \(WorkbookParts.sheetLimit) sheets.",
                hint: "Split the workbook.")
        }
        let visibility: SheetFacts.Visibility =
            switch try records.number(at: 4, bytes: 1) & 3 {
            case 1: .hidden
            case 2: .veryHidden
            default: .visible
            }
        let offset = try records.number(at: 0, bytes: 4)
        let facts = SheetFacts(file: name, name: try text(at: 6, countSize: 1), visibility: visibility)
        listed.append(Sheet(facts: facts, offset: offset))
    }

    private func text(at index: Int, countSize: Int) throws -> String {
        var strings = BIFFStringReader(records, at: index, named: name)
        try strings.next(countSize: countSize)
        return String(decoding: strings.text, as: UTF8.self)
    }

    private func readStrings() throws {
        let store = try StringStore(at: scratch, named: name)
        let count = try records.number(at: 4, bytes: 4)
        var strings = BIFFStringReader(records, at: 8, named: name)
        // The count is only a promise: what is not there is a fault when it is read.
        for _ in 0..<count {
            try strings.next(countSize: 2)
            try strings.text.withUnsafeBytes { try store.add($0) }
        }
        try store.seal()
        self.strings = store
    }
}
