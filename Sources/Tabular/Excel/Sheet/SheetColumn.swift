/// What was seen of a sheet's column, and how its values are stored so far.
///
/// A column is stored as what its values are: numbers as numbers, dates as text of ISO 8601. When it turns out that they
/// are of several kinds, which makes the column text, the rows that come are stored as text, and what is there already
/// is written anew when all rows are in.
struct SheetColumn {
    private(set) var kinds: FieldKinds = []
    /// Cells with a value.
    private(set) var count = 0
    private(set) var percentages = 0
    /// What the rows up to `mixedFrom` were.
    private(set) var kindsBefore: FieldKinds = []
    /// The first row, as the table counts them, that is stored as text because the kinds before it were mixed.
    private(set) var mixedFrom: Int?

    /// Whether a value is stored as text, whatever it is.
    private(set) var isText = false

    /// Notes a value. What is stored from here on is text if `isText` says so.
    @inline(__always)
    mutating func take(_ kind: FieldKinds, isPercentage: Bool, row: Int) {
        count += 1
        if isPercentage { percentages += 1 }
        if !kinds.contains(kind) { widen(by: kind, row: row) }
    }

    private mutating func widen(by kind: FieldKinds, row: Int) {
        let before = kinds
        kinds.formUnion(kind)
        guard !isText, type == .text else { return }
        isText = true
        // Texts are stored as they are to be already.
        if !before.isEmpty, before != .text { (kindsBefore, mixedFrom) = (before, row) }
    }

    /// The type of all values. Dates among time stamps are time stamps at midnight.
    var type: ColumnType {
        kinds == [.date, .timestampBlank] ? .timestamp : kinds.type(scale: nil)
    }

    /// The SQL that gives a stored value as what the column is; nil where every value is that already.
    ///
    /// - Parameter column: the column's name in SQL.
    func conversion(of column: String) -> String? {
        if let mixedFrom {
            let before =
                if kindsBefore == .boolean {
                    "CASE \(column) WHEN 1 THEN 'TRUE' WHEN 0 THEN 'FALSE' END"
                } else {
                    "CASE typeof(\(column)) WHEN 'integer' THEN CAST(\(column) AS TEXT) "
                        + "WHEN 'real' THEN \(TableWriter.plainNumber)(\(column)) ELSE \(column) END"
                }
            return "CASE WHEN rowid < \(mixedFrom) THEN \(before) ELSE \(column) END"
        }
        guard kinds == [.date, .timestampBlank] else { return nil }
        return "CASE WHEN length(\(column)) = 10 THEN \(column) || ' 00:00:00' ELSE \(column) END"
    }
}
