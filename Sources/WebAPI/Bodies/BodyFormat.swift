import SourceModel

/// The formats in which a body may arrive.
enum BodyFormat: Sendable, Equatable {
    case json, xml, form

    /// The content types that are read, for a refusal's text.
    static let accepted = "application/json, application/xml, text/xml or application/x-www-form-urlencoded"

    /// Reads a `Content-Type` header (RFC 9110, section 8.3.1).
    ///
    /// - Returns: nil for a type that is not read, and for a charset other than UTF-8.
    init?(contentType: String) {
        let parts = contentType.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmed }
        switch parts.first?.lowercased() {
        case "application/json": self = .json
        case "application/xml", "text/xml": self = .xml
        case "application/x-www-form-urlencoded": self = .form
        default: return nil
        }
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            guard pair.count == 2, pair[0].lowercased() == "charset" else { continue }
            let charset = pair[1].trimmingQuotes.lowercased()
            guard ["utf-8", "utf8", "us-ascii"].contains(charset) else { return nil }
        }
    }

    /// Reads a body into its fields, each with the type that the format can tell.
    ///
    /// - Throws: a failure of the stage `validate` that says where the body cannot be read.
    func fields(in bytes: [UInt8]) throws(SourceFailure) -> [String: BodyValue] {
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw .body("The body is not valid UTF-8.", hint: "Encode the body as UTF-8.")
        }
        switch self {
        case .json: return try JSONReader.object(in: bytes)
        case .xml: return try XMLReader.object(in: bytes)
        case .form: return try FormReader.object(in: bytes)
        }
    }
}

/// Bounds that hold for every format.
enum BodyLimits {
    /// The size of a body, in bytes.
    static let size = 1 << 20
    /// Objects within objects.
    static let depth = 8
}

extension SourceFailure {
    /// A body, or a part of the address, that cannot be read.
    static func body(_ message: String, hint: String, fields: [FieldComplaint] = []) -> SourceFailure {
        SourceFailure(.validate, .invalidField, message, hint: hint, fields: fields)
    }

    /// A field that stands in a body more than once.
    static func repeated(_ field: String) -> SourceFailure {
        let message = "The field \(quoted(field)) is given more than once."
        return .body(
            message, hint: "Send each field once.",
            fields: [FieldComplaint(field: field, code: .conflictingFields, message: message)])
    }

    /// A name from the caller as it may stand in a sentence: bounded, on one line.
    static func quoted(_ name: String) -> String {
        let shown = name.prefix(64).map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 }
        return "\"\(String(shown))\(name.count > 64 ? "…" : "")\""
    }
}

extension StringProtocol {
    /// Without blanks at either end.
    var trimmed: String {
        var rest = Substring(self)
        while rest.first?.isWhitespace ?? false { rest.removeFirst() }
        while rest.last?.isWhitespace ?? false { rest.removeLast() }
        return String(rest)
    }

    /// Without one pair of double quotes.
    var trimmingQuotes: String {
        count >= 2 && first == "\"" && last == "\"" ? String(dropFirst().dropLast()) : String(self)
    }
}
