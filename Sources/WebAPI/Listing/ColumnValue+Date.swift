import Foundation

extension ColumnValue {
    /// Reads an RFC 3339 date with or without fraction, or a bare day, into the text form that rows show.
    static func date(_ text: String) -> ColumnValue? {
        let date =
            (try? Date(text, strategy: Date.ISO8601FormatStyle()))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle().year().month().day()))
        guard let date, case .text(let shown) = AnswerNode.date(date) else { return nil }
        return .text(shown)
    }
}
