/// The number formats of a workbook's cell styles, by the style's number (ECMA-376, part 1, sections 18.8.10 and
/// 18.8.30).
struct CellStyles {
    /// Excel's own bound is 65,490.
    private static let limit = 1 << 17

    private(set) var formats: [NumberFormat] = []

    /// A workbook without styles.
    init() {}

    init(
        _ part: ZipArchive.Part, of archive: ZipArchive, named file: String, _ reading: TabularReading
    ) throws {
        let events = Events()
        try XMLDocument.read(part, of: archive, named: file, reading, events)
        formats = events.styles.map { events.codes[$0].map(NumberFormat.init(code:)) ?? NumberFormat(builtIn: $0) }
    }

    /// A style that the workbook does not have shows numbers.
    @inline(__always)
    subscript(style: Int) -> NumberFormat { style >= 0 && style < formats.count ? formats[style] : .number }

    private final class Events: XMLEvents {
        /// Formats' codes by their numbers.
        private(set) var codes: [Int: String] = [:]
        /// Cell styles' formats.
        private(set) var styles: [Int] = []
        private var isInStyles = false

        func begin(_ name: XMLName, _ attributes: XMLAttributes) {
            switch name {
            case "numFmt":
                guard codes.count < CellStyles.limit, let id = attributes["numFmtId"].flatMap({ Int($0) }),
                    let code = attributes["formatCode"]
                else { return }
                codes[id] = code
            case "cellXfs": isInStyles = true
            case "xf":
                guard isInStyles, styles.count < CellStyles.limit else { return }
                styles.append(attributes["numFmtId"].flatMap { Int($0) } ?? 0)
            default: break
            }
        }

        func end(_ name: XMLName) {
            if name == "cellXfs" { isInStyles = false }
        }

        func text(_ bytes: UnsafeRawBufferPointer) {}
    }
}
