/// Gathers everything that is wrong with a draft, so that the caller mends it in one go.
struct Complaints {
    /// One complaint and what to do about it.
    private struct Entry {
        let complaint: FieldComplaint
        let hint: String
    }

    private var entries: [Entry] = []

    /// Whether a field has been complained about already.
    func blames(_ field: String) -> Bool { entries.contains { $0.complaint.field == field } }

    /// Notes a complaint. A second one about the same field is not noted: it mostly follows from the first.
    mutating func add(_ field: String, _ code: FailureCode, _ message: String, hint: String) {
        guard !blames(field) else { return }
        entries.append(Entry(complaint: FieldComplaint(field: field, code: code, message: message), hint: hint))
    }

    mutating func add(_ field: Field, _ code: FailureCode, _ message: String, hint: String) {
        add(field.rawValue, code, message, hint: hint)
    }

    /// Notes what a pasted key or certificate turned out to be.
    mutating func add(_ field: Field, _ problem: PasteProblem) {
        add(field, problem.code, problem.message, hint: problem.hint)
    }

    /// One failure with every complaint, its code and hint the first one's; nil where there is none.
    var failure: SourceFailure? {
        guard let first = entries.first else { return nil }
        let more =
            switch entries.count {
            case 1: ""
            case 2: " One more field is wrong."
            case let count: " \(count - 1) more fields are wrong."
            }
        return SourceFailure(
            .validate, first.complaint.code, first.complaint.message + more, hint: first.hint,
            fields: entries.map(\.complaint))
    }
}
