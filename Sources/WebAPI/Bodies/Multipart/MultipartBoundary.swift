import HTTPTypes
import SourceModel

/// What stands between the parts of a body (RFC 2046, section 5.1.1).
struct MultipartBoundary: Equatable {
    let text: String

    /// Takes a boundary of 1 to 70 of the characters that it may have, a blank not at its end.
    init?(_ text: String) {
        let isAllowed: (UInt8) -> Bool = { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "'()+_,-./:=? ".utf8.contains(byte)
            }
        }
        guard (1...70).contains(text.utf8.count), text.last != " ", text.utf8.allSatisfy(isAllowed) else { return nil }
        self.text = text
    }

    /// The boundary of a request's body.
    ///
    /// - Throws: `ErrorAnswer` 415, or 400 where the boundary is missing or is none.
    init(of headers: HTTPFields) throws {
        guard let type = headers[.contentType] else {
            throw ErrorAnswer(.unsupportedMediaType, "The request has no Content-Type; send multipart/form-data.")
        }
        let parameters = HeaderParameters(type)
        guard type.split(separator: ";").first?.trimmed.lowercased() == "multipart/form-data" else {
            throw ErrorAnswer(
                .unsupportedMediaType,
                "The content type \(SourceFailure.quoted(type)) is no upload; send multipart/form-data.")
        }
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw ErrorAnswer(.unsupportedMediaType, "A compressed body is not read; send it without Content-Encoding.")
        }
        guard let text = parameters?["boundary"], let boundary = MultipartBoundary(text) else {
            throw ErrorAnswer(
                SourceFailure.body(
                    "The Content-Type multipart/form-data has no boundary that can be used.",
                    hint: "Let your program set the Content-Type, as curl -F does."))
        }
        self = boundary
    }
}
