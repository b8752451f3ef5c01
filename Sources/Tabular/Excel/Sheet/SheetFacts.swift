import SourceModel

/// A sheet of a workbook, before it is read.
struct SheetFacts {
    /// Whether a spreadsheet program shows the sheet.
    enum Visibility: Equatable {
        case visible
        case hidden
        /// Only a program can show it again.
        case veryHidden
    }

    /// The workbook's name in failures.
    let file: String
    /// The sheet's name as the workbook has it.
    let name: String
    let visibility: Visibility

    /// A failure at a cell.
    ///
    /// - Parameter what: what is there, without a full stop.
    func failure(_ code: FailureCode, at place: CellPlace, _ what: String, hint: String) -> SourceFailure {
        SourceFailure(.open, code, "\(file) cannot be read: sheet \(name), cell \(place): \(what).", hint: hint)
    }

    /// A failure of the sheet as a whole.
    func failure(_ code: FailureCode, _ what: String, hint: String) -> SourceFailure {
        SourceFailure(.open, code, "\(file) cannot be read: sheet \(name): \(what).", hint: hint)
    }
}
