/// Reads the text of a query by the grammar of RFC 9535, appendix A.
struct PathParser {
    /// Filters and brackets within each other.
    private static let maximumDepth = 64

    let bytes: [UInt8]
    var index = 0
    private var depth = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func whole() throws(JSONPath.Malformed) -> PathQuery {
        guard bytes.count <= JSONPath.limit else { throw failure("The path has more than \(JSONPath.limit) bytes") }
        guard take("$") else { throw failure("A path begins with $") }
        let query = PathQuery(isRelative: false, segments: try segments())
        guard index == bytes.count else { throw failure("The path should end here, or go on with . or [") }
        return query
    }

    // MARK: Segments and selectors

    mutating func segments() throws(JSONPath.Malformed) -> [PathSegment] {
        var segments: [PathSegment] = []
        while true {
            let start = index
            skipBlanks()
            if take("..") {
                if peek == UInt8(ascii: "[") {
                    segments.append(PathSegment(isDescendant: true, selectors: try bracketed()))
                } else {
                    segments.append(PathSegment(isDescendant: true, selectors: [try shorthand()]))
                }
            } else if take(".") {
                segments.append(PathSegment(isDescendant: false, selectors: [try shorthand()]))
            } else if peek == UInt8(ascii: "[") {
                segments.append(PathSegment(isDescendant: false, selectors: try bracketed()))
            } else {
                index = start
                return segments
            }
        }
    }

    private mutating func shorthand() throws(JSONPath.Malformed) -> PathSelector {
        if take("*") { return .wildcard }
        let start = index
        while let byte = peek, Self.isNameByte(byte, isFirst: index == start) { index += 1 }
        guard index > start else { throw failure("A name or * is missing") }
        return .name(Array(bytes[start..<index]))
    }

    private static func isNameByte(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...:
            true
        case 0x30...0x39: !isFirst
        default: false
        }
    }

    private mutating func bracketed() throws(JSONPath.Malformed) -> [PathSelector] {
        _ = take("[")
        var selectors: [PathSelector] = []
        repeat {
            skipBlanks()
            selectors.append(try selector())
            skipBlanks()
        } while take(",")
        guard take("]") else { throw failure("A comma or ] is missing") }
        return selectors
    }

    private mutating func selector() throws(JSONPath.Malformed) -> PathSelector {
        switch peek {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .name(try string())
        case UInt8(ascii: "*"):
            index += 1
            return .wildcard
        case UInt8(ascii: "?"):
            index += 1
            skipBlanks()
            return .filter(try condition())
        default: return try indexOrSlice()
        }
    }

    private mutating func indexOrSlice() throws(JSONPath.Malformed) -> PathSelector {
        let start = try integer()
        let end = index
        skipBlanks()
        guard take(":") else {
            index = end
            guard let start else { throw failure("A name in quotes, an index, a slice, * or ? is missing") }
            return .index(start)
        }
        skipBlanks()
        let stop = try integer()
        let behind = index
        skipBlanks()
        guard take(":") else {
            index = behind
            return .slice(start: start, end: stop, step: 1)
        }
        let colon = index
        skipBlanks()
        if let step = try integer() { return .slice(start: start, end: stop, step: step) }
        index = colon
        return .slice(start: start, end: stop, step: 1)
    }

    /// A whole number within the range of I-JSON, without a leading zero and not `-0`; nil where none is.
    private mutating func integer() throws(JSONPath.Malformed) -> Int? {
        let start = index
        let isNegative = take("-")
        let digits = index
        while let byte = peek, (0x30...0x39).contains(byte) { index += 1 }
        guard index > digits else {
            if isNegative { throw failure("Digits are missing") }
            return nil
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard bytes[digits] != 0x30 || index == digits + 1 && !isNegative, let value = Int(text),
            abs(value) < 1 << 53
        else { throw failure("\(text) is no index: it has a leading zero, is -0 or has more than 53 bits", at: start) }
        return value
    }

    // MARK: Texts

    mutating func string() throws(JSONPath.Malformed) -> [UInt8] {
        guard let quote = peek else { throw failure("A text in quotes is missing") }
        index += 1
        var text: [UInt8] = []
        while let byte = peek {
            index += 1
            switch byte {
            case quote: return text
            case UInt8(ascii: "\\"): text += try escape(quote)
            case 0..<0x20: throw failure("A control character stands in a text", at: index - 1)
            default: text.append(byte)
            }
        }
        throw failure("A text is not closed")
    }

    private mutating func escape(_ quote: UInt8) throws(JSONPath.Malformed) -> [UInt8] {
        guard let letter = peek else { throw failure("An escape is not complete") }
        index += 1
        switch letter {
        case quote, UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try codeUnit()
            if (0xD800...0xDBFF).contains(code) {
                guard take("\\u"), case let low = try codeUnit(), (0xDC00...0xDFFF).contains(low) else {
                    throw failure("Half of a surrogate pair stands alone")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code), let encoded = UTF8.encode(scalar) else {
                throw failure("Half of a surrogate pair stands alone")
            }
            return Array(encoded)
        default: throw failure("There is no such escape", at: index - 1)
        }
    }

    private mutating func codeUnit() throws(JSONPath.Malformed) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, Unicode.Scalar(byte).properties.isASCIIHexDigit,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw failure("Four hexadecimal digits are missing") }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }

    // MARK: Means

    mutating func take(_ word: StaticString) -> Bool {
        guard bytes.count - index >= word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += word.utf8CodeUnitCount
        return true
    }

    mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    /// Goes one filter or bracket deeper while the body runs.
    mutating func deeper<Value>(
        _ body: (inout PathParser) throws(JSONPath.Malformed) -> Value
    ) throws(JSONPath.Malformed) -> Value {
        guard depth < Self.maximumDepth else { throw failure("The path is nested too deeply") }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    func failure(_ reason: String, at place: Int? = nil) -> JSONPath.Malformed {
        let before = String(decoding: bytes[..<min(place ?? index, bytes.count)], as: UTF8.self)
        return JSONPath.Malformed(position: before.count + 1, reason: reason)
    }
}
