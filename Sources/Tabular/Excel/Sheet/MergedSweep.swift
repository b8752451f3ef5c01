/// Takes what merged areas cover out of rows that come from top to bottom.
struct MergedSweep {
    /// By their first row, the last one first.
    private var waiting: [MergedArea]
    /// Areas that the present row is in.
    private var active: [MergedArea] = []

    init(_ areas: [MergedArea]) { waiting = areas.sorted { $0.rows.lowerBound > $1.rows.lowerBound } }

    mutating func clear(_ row: inout SheetRow) {
        guard !waiting.isEmpty || !active.isEmpty else { return }
        let number = row.number
        active.removeAll { $0.rows.upperBound < number }
        while let next = waiting.last, next.rows.lowerBound <= number {
            waiting.removeLast()
            if next.rows.upperBound >= number { active.append(next) }
        }
        guard !active.isEmpty else { return }
        row.removeCells { cell in active.contains { $0.covers(row: number, column: cell.column) } }
    }
}
