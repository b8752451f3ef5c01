import Gateway
import HTTPTypes
import Hummingbird
import SourceModel

/// A record's revision as an entity tag (RFC 9110, section 8.8.3), so that a change can name what it is based on.
enum Revision {
    static func tag(_ revision: Int) -> String { "\"\(revision)\"" }

    /// The revisions that `If-Match` names (section 13.1.1).
    ///
    /// - Returns: nil without the header and for `*`; otherwise the revisions, where a weak or foreign tag is none.
    static func expected(in headers: HTTPFields) -> [Int]? {
        guard let value = headers[.ifMatch], value.trimmed != "*" else { return nil }
        return value.split(separator: ",").compactMap { tag in
            let tag = tag.trimmed
            return tag.hasPrefix("\"") ? Int(tag.trimmingQuotes) : nil
        }
    }
}

extension RecordView {
    /// The answer that shows one record.
    func response(_ format: AnswerFormat, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.eTag] = Revision.tag(record.revision)
        return format.response(answer, headers: headers)
    }
}
