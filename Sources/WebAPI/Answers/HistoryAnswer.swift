import Gateway
import SourceModel

extension StatusHistory {
    /// The last hours, the oldest minute first.
    var answer: AnswerNode {
        .object([
            .init("step_seconds", .integer(Int(Self.step.components.seconds))),
            .init("points", .list(element: "point", points.map(\.answer))),
        ])
    }
}

extension StatusHistory.Point {
    fileprivate var answer: AnswerNode {
        .object([
            .init("at", .date(at)), .init("status", .text(status.rawValue)),
            .init("latency_ms", latency.map { .milliseconds($0) } ?? .null),
        ])
    }
}
