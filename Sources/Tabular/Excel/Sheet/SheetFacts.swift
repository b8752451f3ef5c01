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

    /// A sheet has so many merged areas at most.
    private static let mergedLimit = 100_000

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

    /// The failure of a row that has no room for a cell's text.
    func rowTooLong(at place: CellPlace) -> SourceFailure {
        failure(
            .fileTooLarge, at: place, "a row of more than \(SheetRow.textLimit >> 20) MiB of text",
            hint: "Shorten the row.")
    }

    /// Adds a merged area to the sheet's.
    ///
    /// - Throws: `file_too_large` where there are too many.
    func add(_ area: MergedArea, to merged: inout [MergedArea]) throws(SourceFailure) {
        guard merged.count < Self.mergedLimit else {
            throw failure(
                .fileTooLarge, "more than \(Self.mergedLimit) merged areas", hint: "Take the merged areas apart.")
        }
        merged.append(area)
    }

    /// A failure of the sheet as a whole.
    func failure(_ code: FailureCode, _ what: String, hint: String) -> SourceFailure {
        SourceFailure(.open, code, "\(file) cannot be read: sheet \(name): \(what).", hint: hint)
    }
}
