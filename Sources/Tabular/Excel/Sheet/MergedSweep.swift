import SourceModel

/// Takes what merged areas cover out of rows that come from top to bottom.
struct MergedSweep {
    /// By their first row, the last one first.
    private var waiting: [MergedArea]
    /// Areas that the present row is in, by their first column.
    private var active: [MergedArea] = []
    /// The first row in which one of them ends.
    private var firstEnd = Int.max

    init(_ areas: [MergedArea]) { waiting = areas.sorted { $0.rows.lowerBound > $1.rows.lowerBound } }

    /// Takes out the cells of a row that have no value of their own.
    ///
    /// - Throws: `file_malformed` where more areas meet in the row than fit side by side: some of them overlap.
    mutating func clear(_ row: inout SheetRow, of sheet: SheetFacts) throws {
        guard !waiting.isEmpty || !active.isEmpty else { return }
        try enter(row.number, of: sheet)
        guard !active.isEmpty else { return }
        let (number, areas) = (row.number, active)
        // Cells and areas go from left to right together.
        var next = 0
        var furthest = -1
        row.removeCells { cell in
            while next < areas.count, areas[next].columns.lowerBound < cell.column {
                furthest = max(furthest, areas[next].columns.upperBound)
                next += 1
            }
            if furthest >= cell.column { return true }
            var here = next
            while here < areas.count, areas[here].columns.lowerBound == cell.column {
                if areas[here].covers(row: number, column: cell.column) { return true }
                here += 1
            }
            return false
        }
    }

    private mutating func enter(_ number: Int, of sheet: SheetFacts) throws {
        if firstEnd < number {
            active.removeAll { $0.rows.upperBound < number }
            firstEnd = active.map(\.rows.upperBound).min() ?? Int.max
        }
        var isSorted = true
        while let area = waiting.last, area.rows.lowerBound <= number {
            waiting.removeLast()
            guard area.rows.upperBound >= number else { continue }
            guard active.count < CellPlace.columnLimit else {
                throw sheet.failure(
                    .fileMalformed,
                    "row \(number) is in more than \(CellPlace.columnLimit) merged areas, which overlap",
                    hint: "Take the merged areas apart.")
            }
            active.append(area)
            firstEnd = min(firstEnd, area.rows.upperBound)
            isSorted = false
        }
        if !isSorted { active.sort { $0.columns.lowerBound < $1.columns.lowerBound } }
    }
}
