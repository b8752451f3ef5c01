import HTTPTypes
import Hummingbird
import NIOCore

/// The formats in which an answer may leave.
enum AnswerFormat: Sendable, Equatable {
    case json
    case xml(contentType: String)

    /// Chooses by the request's `Accept` (RFC 9110, section 12.5.1): XML where it is preferred, else JSON.
    init(accept: String?) {
        self = .json
        guard let accept else { return }
        var json: Preference?
        var xml: Preference?
        var xmlType = "application/xml"
        for part in accept.split(separator: ",").prefix(64) {
            let parameters = part.split(separator: ";").map { $0.trimmed.lowercased() }
            guard let type = parameters.first else { continue }
            var quality = 1.0
            for parameter in parameters.dropFirst() where parameter.hasPrefix("q=") {
                quality = min(1, max(0, Double(parameter.dropFirst(2)) ?? 0))
            }
            func consider(_ preference: inout Preference?, precision: Int) -> Bool {
                // The most precise range decides about a type, whatever its quality.
                if let known = preference, known.precision >= precision { return false }
                preference = Preference(quality: quality, precision: precision)
                return true
            }
            switch type {
            case "application/json": _ = consider(&json, precision: 2)
            case "application/xml", "text/xml":
                if let known = xml, known.precision == 2, known.quality >= quality { continue }
                xml = Preference(quality: quality, precision: 2)
                xmlType = type
            case "text/*": _ = consider(&xml, precision: 1)
            case "application/*":
                _ = consider(&json, precision: 1)
                _ = consider(&xml, precision: 1)
            case "*/*":
                _ = consider(&json, precision: 0)
                _ = consider(&xml, precision: 0)
            default: continue
            }
        }
        guard let xml, xml.quality > (json?.quality ?? 0) else { return }
        self = .xml(contentType: xmlType)
    }

    private struct Preference {
        var quality: Double
        /// 2 for a named type, 1 for a family, 0 for anything.
        var precision: Int
    }

    /// The answer in this format.
    ///
    /// - Parameter root: the root element's name in XML.
    func response(
        _ node: AnswerNode, root: String = "item", status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        let bytes: [UInt8]
        switch self {
        case .json:
            bytes = JSONWriter.bytes(of: node)
            headers[.contentType] = "application/json; charset=utf-8"
        case .xml(let contentType):
            bytes = XMLWriter.bytes(of: node, root: root)
            headers[.contentType] = "\(contentType); charset=utf-8"
        }
        headers[.vary] = "Accept"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension Request {
    /// The format that the caller asks for.
    var answerFormat: AnswerFormat { AnswerFormat(accept: headers[.accept]) }
}
