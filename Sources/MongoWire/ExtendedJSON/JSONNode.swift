/// A JSON value (RFC 8259) as it was written: members in their order, numbers in their digits.
public indirect enum JSONNode: Hashable, Sendable {
    /// A member of an object.
    public struct Member: Hashable, Sendable {
        /// The member's name.
        public var name: String
        /// The member's value.
        public var value: JSONNode

        /// A member of this name.
        public init(_ name: String, _ value: JSONNode) {
            self.name = name
            self.value = value
        }
    }

    case object([Member])
    case array([JSONNode])
    case string(String)
    /// The number's own digits.
    case number(String)
    case boolean(Bool)
    case null

    /// Reads one JSON value with nothing but blanks around it; its depth is bounded by `BSONLimits.depth`.
    ///
    /// - Throws: `notJSON`, `tooDeep`.
    public init(_ text: String) throws(BSONError) {
        var parser = JSONParser(text)
        self = try parser.document()
    }

    /// The value of an object's first member of this name.
    public subscript(name: String) -> JSONNode? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

/// Reads JSON from UTF-8.
private struct JSONParser {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func document() throws(BSONError) -> JSONNode {
        let node = try value(depth: 1)
        skipBlanks()
        guard index == bytes.count else { throw problem }
        return node
    }

    private var problem: BSONError { .notJSON(at: index) }

    private mutating func value(depth: Int) throws(BSONError) -> JSONNode {
        guard depth <= BSONLimits.depth else { throw .tooDeep(limit: BSONLimits.depth) }
        skipBlanks()
        switch peek {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try values(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func members(depth: Int) throws(BSONError) -> [JSONNode.Member] {
        index += 1
        var members: [JSONNode.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipBlanks()
            guard peek == UInt8(ascii: "\"") else { throw problem }
            let name = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw problem }
            members.append(JSONNode.Member(name, try value(depth: depth + 1)))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw problem }
        }
    }

    private mutating func values(depth: Int) throws(BSONError) -> [JSONNode] {
        index += 1
        var values: [JSONNode] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return values }
        while true {
            values.append(try value(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return values }
            guard take(UInt8(ascii: ",")) else { throw problem }
        }
    }

    private mutating func string() throws(BSONError) -> String {
        index += 1
        var content: [UInt8] = []
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
            case 0..<0x20:
                index -= 1
                throw problem
            default: content.append(byte)
            }
        }
        throw problem
    }

    private mutating func escape() throws(BSONError) -> [UInt8] {
        guard let letter = peek else { throw problem }
        index += 1
        switch Unicode.Scalar(letter) {
        case "\"", "\\", "/": return [letter]
        case "b": return [0x08]
        case "f": return [0x0C]
        case "n": return [0x0A]
        case "r": return [0x0D]
        case "t": return [0x09]
        case "u":
            var code = try hexadecimal()
            if (0xD800...0xDBFF).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw problem }
                let low = try hexadecimal()
                guard (0xDC00...0xDFFF).contains(low) else { throw problem }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw problem }
            return Array(String(Character(scalar)).utf8)
        default: throw problem
        }
    }

    private mutating func hexadecimal() throws(BSONError) -> UInt32 {
        guard bytes.count - index >= 4 else { throw problem }
        var code: UInt32 = 0
        for byte in bytes[index..<(index + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { throw problem }
            code = code << 4 | UInt32(digit)
        }
        index += 4
        return code
    }

    private mutating func number() throws(BSONError) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits() throws(BSONError) {
        let start = index
        while let byte = peek, (0x30...0x39).contains(byte) { index += 1 }
        guard index > start else { throw problem }
    }

    private mutating func word(_ word: StaticString, _ node: JSONNode) throws(BSONError) -> JSONNode {
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[index...].starts(with: expected) else { throw problem }
        index += expected.count
        return node
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }
}
