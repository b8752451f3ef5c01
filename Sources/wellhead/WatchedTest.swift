import Foundation

/// A test that is drawn while it runs, and what it came to.
struct WatchedTest {
    private var drawing = StageDrawing()
    private let isQuiet: Bool
    /// The last event: the record, the report or the error.
    private(set) var end: ServiceEvent?

    /// - Parameter isQuiet: whether nothing is drawn, as where a program reads the result.
    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    mutating func take(_ event: ServiceEvent) {
        switch event.name {
        case "began": if !isQuiet { drawing.began(event.data["stage"].text ?? "") }
        case "noted": if !isQuiet { drawing.noted(event.data["stage"].text ?? "", event.data["detail"].text ?? "") }
        case "ended": if !isQuiet { drawing.ended(event.data) }
        case "warned": if !isQuiet { drawing.warned(event.data) }
        default:
            end = event
            drawing.end()
        }
    }

    /// Takes what waits off the screen, wherever the test came to.
    mutating func leave() { drawing.end() }

    /// The result, where it is what was asked for.
    ///
    /// - Throws: `CommandFailure` with what went wrong and how to mend it.
    func result() throws -> JSONValue {
        guard let end else { throw CommandFailure("The answer broke off before the test's end.") }
        if end.name == "error" {
            let hint = end.data["error"]["hint"].text.map { " \($0)" } ?? ""
            throw CommandFailure("\(end.data["message"].text ?? "The test failed.")\(hint)")
        }
        return end.data
    }

    /// What a report's failure says; nil where it passed.
    static func failure(in report: JSONValue) -> CommandFailure? {
        guard report["ok"].flag != true else { return nil }
        let message = report["error"]["message"].text ?? "The test failed."
        return CommandFailure("\(message) \(report["error"]["hint"].text ?? "")")
    }
}
