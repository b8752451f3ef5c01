import SourceModel

/// Reads one JSON object (RFC 8259), strictly. Foundation's reader turns numbers into floating point and lets the last
/// of two equal keys win; here a number keeps its digits and a repeated key is refused.
struct JSONReader {
    private let bytes: [UInt8]
    private var index = 0

    /// Reads a text that holds one object and nothing after it.
    static func object(in bytes: [UInt8]) throws(SourceFailure) -> [String: BodyValue] {
        var reader = JSONReader(bytes: bytes)
        reader.skipBlanks()
        guard reader.peek == UInt8(ascii: "{") else {
            throw reader.broken("a JSON object is expected")
        }
        let value = try reader.value(depth: 1)
        reader.skipBlanks()
        guard reader.index == bytes.count else { throw reader.broken("there is text after the object's end") }
        guard case .object(let fields) = value else { throw reader.broken("a JSON object is expected") }
        return fields
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private func broken(_ why: String) -> SourceFailure {
        .body(
            "The body is not valid JSON: \(why), at byte \(index + 1).",
            hint: "Check the quotes, commas and brackets of the body.")
    }

    private mutating func value(depth: Int) throws(SourceFailure) -> BodyValue {
        skipBlanks()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try literal("true", .flag(true))
        case UInt8(ascii: "f"): return try literal("false", .flag(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"): return try number()
        case nil: throw broken("it ends too early")
        default: throw broken("a value is expected")
        }
    }

    private mutating func object(depth: Int) throws(SourceFailure) -> BodyValue {
        guard depth <= BodyLimits.depth else { throw broken("objects are nested too deeply") }
        index += 1
        var fields: [String: BodyValue] = [:]
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(fields) }
        while true {
            skipBlanks()
            guard peek == UInt8(ascii: "\"") else { throw broken("a field's name in quotes is expected") }
            let name = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw broken("a colon is expected") }
            let value = try value(depth: depth + 1)
            guard fields.updateValue(value, forKey: name) == nil else { throw .repeated(name) }
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(fields) }
            guard take(UInt8(ascii: ",")) else { throw broken("a comma or the object's end is expected") }
        }
    }

    private mutating func array(depth: Int) throws(SourceFailure) -> BodyValue {
        guard depth <= BodyLimits.depth else { throw broken("arrays are nested too deeply") }
        index += 1
        var values: [BodyValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw broken("a comma or the array's end is expected") }
        }
    }

    private mutating func literal(_ word: StaticString, _ value: BodyValue) throws(SourceFailure) -> BodyValue {
        let end = index + word.utf8CodeUnitCount
        guard end <= bytes.count, bytes[index..<end].elementsEqual(String(describing: word).utf8) else {
            throw broken("a value is expected")
        }
        index = end
        return value
    }

    private mutating func number() throws(SourceFailure) -> BodyValue {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if let byte = peek, isDigit(byte) { throw broken("a number has a leading zero") }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return .number(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func digits() throws(SourceFailure) {
        guard let byte = peek, isDigit(byte) else { throw broken("a digit is expected") }
        while let byte = peek, isDigit(byte) { index += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private mutating func string() throws(SourceFailure) -> String {
        index += 1
        var text: [UInt8] = []
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw broken("a control character stands in a text; write it as an escape such as \\n")
            default: text.append(byte)
            }
        }
        throw broken("a text has no closing quote")
    }

    private mutating func escape(into text: inout [UInt8]) throws(SourceFailure) {
        guard let byte = peek else { throw broken("it ends too early") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let unit = try hexUnit()
            var units = [unit]
            if UTF16.isLeadSurrogate(unit) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw broken("half a surrogate pair") }
                units.append(try hexUnit())
            }
            guard let scalar = String(validating: units, as: UTF16.self) else {
                throw broken("half a surrogate pair")
            }
            text.append(contentsOf: scalar.utf8)
        default: throw broken("an unknown escape in a text")
        }
    }

    private mutating func hexUnit() throws(SourceFailure) -> UInt16 {
        guard index + 4 <= bytes.count else { throw broken("it ends too early") }
        var unit: UInt16 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw broken("four hexadecimal digits are expected")
            }
            unit = unit << 4 | UInt16(digit)
        }
        index += 4
        return unit
    }
}
