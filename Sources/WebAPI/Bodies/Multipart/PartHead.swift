/// What is said of a part before its bytes (RFC 7578, section 4).
struct PartHead: Equatable {
    /// The form field's name.
    let name: String
    /// The file's name as the caller's machine has it; nil where the part is no file.
    let fileName: String?

    /// - Parameter lines: the header's lines, without line breaks.
    init(lines: [[UInt8]]) throws(MultipartFault) {
        var disposition: HeaderParameters?
        for line in lines {
            guard let text = String(validating: line, as: UTF8.self) else {
                throw MultipartFault("a part's header is not UTF-8")
            }
            guard let colon = text.firstIndex(of: ":"), colon != text.startIndex,
                text[..<colon].allSatisfy({ $0.isASCII && !$0.isWhitespace })
            else { throw MultipartFault("a part's header has a line that is no field") }
            let value = text[text.index(after: colon)...].trimmed
            switch text[..<colon].lowercased() {
            case "content-disposition":
                guard disposition == nil else { throw MultipartFault("a part has two Content-Dispositions") }
                disposition = HeaderParameters(value)
                guard disposition?.value == "form-data" else {
                    throw MultipartFault("a part's Content-Disposition cannot be read, or is not form-data")
                }
            case "content-type":
                guard !value.lowercased().hasPrefix("multipart/") else {
                    throw MultipartFault("a part has parts itself")
                }
            case "content-transfer-encoding":
                guard ["binary", "8bit", "7bit"].contains(value.lowercased()) else {
                    throw MultipartFault("a part has the Content-Transfer-Encoding \(value.prefix(40))")
                }
            default: break
            }
        }
        guard let disposition, let name = disposition["name"] else {
            throw MultipartFault("a part has no Content-Disposition with a name")
        }
        self.name = name
        fileName = try disposition.fileName()
    }
}
