import Foundation

/// A value in an answer, before it has a format. Fields keep their order.
package indirect enum AnswerNode: Sendable, Equatable {
    case null
    case text(String)
    /// A number as it is to be written.
    case number(String)
    case flag(Bool)
    case object([AnswerField])
    /// `element` is the name of one value in XML.
    case list(element: String, [AnswerNode])

    /// One field of an object.
    package struct AnswerField: Sendable, Equatable {
        package var name: String
        package var value: AnswerNode

        package init(_ name: String, _ value: AnswerNode) {
            self.name = name
            self.value = value
        }
    }

    package static func integer(_ value: Int) -> AnswerNode { .number(String(value)) }

    /// RFC 3339 in UTC, with milliseconds.
    package static func date(_ date: Date?) -> AnswerNode {
        guard let date else { return .null }
        return .text(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }

    /// Milliseconds with one decimal.
    package static func milliseconds(_ duration: Duration) -> AnswerNode {
        let (seconds, attoseconds) = duration.components
        let tenths = max(0, seconds * 10_000 + (attoseconds / 10_000_000_000_000 + 5) / 10)
        return .number("\(tenths / 10).\(tenths % 10)")
    }

    package static func text(orNull text: String?) -> AnswerNode { text.map { .text($0) } ?? .null }

    /// The field of an object.
    package subscript(_ name: String) -> AnswerNode? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.name == name }?.value
    }
}
