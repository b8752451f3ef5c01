import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import SourceModel

/// What a caller who watches a test is sent: one event of `text/event-stream` (HTML Standard, section 9.2). Stages
/// first, as they are travelled; the last event says what the test came to.
package enum TestEvent: Sendable {
    /// A stage was entered.
    case began(Stage)
    /// Something new is seen in the stage that lasts, such as how much is read.
    case noted(Stage, String)
    /// A stage was left. One that had passed may end again as failed, where a server refuses late; the later word counts.
    case ended(TestReport.Entry)
    /// Something that passed is worth a warning.
    case warned(Warning)
    /// The record that is stored and connected now.
    case record(RecordView)
    /// The report of a test that stores nothing, whether it passed or not.
    case report(TestOutcome)
    /// The refusal that would have been the answer, with its status in `code`.
    case error(ErrorAnswer)

    package init(_ event: StageJournal.Event) {
        switch event {
        case .entered(let stage): self = .began(stage)
        case .noted(let stage, let detail): self = .noted(stage, detail)
        case .ended(let entry): self = .ended(entry)
        case .warned(let warning): self = .warned(warning)
        }
    }

    /// The event's name.
    package var name: String {
        switch self {
        case .began: "began"
        case .noted: "noted"
        case .ended: "ended"
        case .warned: "warned"
        case .record: "record"
        case .report: "report"
        case .error: "error"
        }
    }

    /// What went wrong with the data source, where something did.
    var failure: SourceFailure? {
        switch self {
        case .began, .noted, .ended, .warned, .record: nil
        case .report(let outcome): outcome.failure
        case .error(let refusal): refusal.failure
        }
    }

    /// The event as it is sent. JSON escapes line breaks, so that the data is one line.
    func bytes(requestID: String) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(JSONWriter.bytes(of: answer(requestID: requestID)))
        buffer.writeString("\n\n")
        return buffer
    }

    /// The event's data.
    ///
    /// - Parameter requestID: of the call that is answered; an error names it.
    package func answer(requestID: String) -> AnswerNode {
        switch self {
        case .began(let stage): .object([.init("stage", .text(stage.rawValue))])
        case .noted(let stage, let detail):
            .object([.init("stage", .text(stage.rawValue)), .init("detail", .text(detail))])
        case .ended(let entry): entry.answer
        case .warned(let warning): warning.answer
        case .record(let view): view.answer
        case .report(let outcome): outcome.answer
        case .error(let refusal): refusal.answer(requestID: requestID)
        }
    }
}

extension Request {
    /// Whether the caller wants to watch: `text/event-stream` is named in `Accept`, and nothing is preferred to it.
    var asksForEvents: Bool {
        var events = 0.0
        var others = 0.0
        for part in (headers[.accept] ?? "").split(separator: ",").prefix(64) {
            let parameters = part.split(separator: ";").map { $0.trimmed.lowercased() }
            let weight = parameters.dropFirst().first { $0.hasPrefix("q=") }
            let quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if parameters.first == "text/event-stream" {
                events = max(events, quality)
            } else {
                others = max(others, quality)
            }
        }
        return events > 0 && events >= others
    }
}
