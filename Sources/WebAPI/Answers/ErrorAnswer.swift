import HTTPTypes
import Hummingbird
import NIOCore
import SourceModel

/// An answer that is a refusal.
package struct ErrorAnswer: Error, Sendable {
    var status: HTTPResponse.Status
    /// What happened and what to do, as a sentence.
    var message: String
    var failure: SourceFailure?
    var report: TestReport?
    var headers: HTTPFields = [:]
    /// For the log; never sent.
    var cause: String?
    /// Whether what the caller still sends is not read any more.
    var closesConnection = false

    init(
        _ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = [:], closesConnection: Bool = false
    ) {
        self.status = status
        self.message = message
        self.headers = headers
        self.closesConnection = closesConnection
    }

    /// A body or a query that cannot be used: 400.
    init(_ failure: SourceFailure) {
        status = .badRequest
        message = failure.message
        self.failure = failure
    }

    /// The answer to a caller who has not shown who they are, one for missing, malformed, expired and revoked.
    static let forbidden = ErrorAnswer(
        .forbidden, "Error - Forbidden", headers: [.wwwAuthenticate: "Bearer"])

    /// The body: `code`, `message` and, for a data source's failure, `error` and `report`.
    ///
    /// - Parameter requestID: what a 500 tells, so that the log can be searched for it.
    func answer(requestID: String) -> AnswerNode {
        let text = status == .internalServerError ? "\(message) (request \(requestID))" : message
        var fields: [AnswerNode.AnswerField] = [
            .init("code", .integer(status.code)), .init("message", .text(text)),
        ]
        if let failure { fields.append(.init("error", failure.answer(withFields: status == .badRequest))) }
        if let report { fields.append(.init("report", report.answer)) }
        return .object(fields)
    }
}
