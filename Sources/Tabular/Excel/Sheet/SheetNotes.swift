/// What was seen in a sheet that its table does not show.
struct SheetNotes {
    private let visibility: SheetFacts.Visibility
    private var errors = 0
    private var firstError = ""
    private var formulas = 0
    private var firstFormula = ""

    init(_ visibility: SheetFacts.Visibility) { self.visibility = visibility }

    /// - Parameter error: as a spreadsheet program shows it, such as `#N/A`.
    mutating func sawError(_ error: String, at place: CellPlace) {
        if errors == 0 { firstError = "\(error) in \(place)" }
        errors += 1
    }

    mutating func sawFormulaWithoutValue(at place: CellPlace) {
        if formulas == 0 { firstFormula = "\(place)" }
        formulas += 1
    }

    /// All of it in a few words; nil where there is nothing.
    var comment: String? {
        var words: [String] = []
        switch visibility {
        case .visible: break
        case .hidden: words.append("hidden sheet")
        case .veryHidden: words.append("very hidden sheet")
        }
        if errors == 1 { words.append("an error value is NULL: \(firstError)") }
        if errors > 1 { words.append("\(errors) error values are NULL, the first is \(firstError)") }
        if formulas == 1 { words.append("a formula without a stored value is NULL: \(firstFormula)") }
        if formulas > 1 {
            words.append("\(formulas) formulas without a stored value are NULL, the first is \(firstFormula)")
        }
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }
}
