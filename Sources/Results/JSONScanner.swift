/// Looks whether bytes are JSON (RFC 8259) without building anything. A stranger's document goes into our answers only
/// where it cannot break them.
package struct JSONScanner {
    /// Values within values, where nothing else is said; a deeper document is taken for text.
    static let maximumDepth = 512

    private let bytes: UnsafeRawBufferPointer
    private let depth: Int
    /// How far the bytes have been read; where something is wrong, about there.
    package private(set) var index: Int

    /// - Parameters:
    ///   - start: where to begin.
    ///   - maximumDepth: values within values.
    package init(_ bytes: UnsafeRawBufferPointer, from start: Int = 0, maximumDepth: Int? = nil) {
        self.bytes = bytes
        index = start
        depth = maximumDepth ?? Self.maximumDepth
    }

    /// Whether everything has been read.
    package var isAtEnd: Bool { index == bytes.count }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// One value with the blanks around it.
    package mutating func document() -> Bool {
        var open: [UInt8] = []
        while true {
            skipBlanks()
            // A value begins here, unless a container is empty.
            switch peek {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                guard open.count < depth, let kind = peek else { return false }
                index += 1
                skipBlanks()
                if peek == closing(kind) {
                    index += 1
                } else {
                    open.append(kind)
                    if kind == UInt8(ascii: "{"), !name() { return false }
                    continue
                }
            case UInt8(ascii: "\""): if !string() { return false }
            case UInt8(ascii: "t"): if !word("true") { return false }
            case UInt8(ascii: "f"): if !word("false") { return false }
            case UInt8(ascii: "n"): if !word("null") { return false }
            default: if !number() { return false }
            }
            // A value has ended: what follows belongs to the containers around it.
            while true {
                skipBlanks()
                guard let kind = open.last else { return true }
                if take(closing(kind)) {
                    open.removeLast()
                    continue
                }
                guard take(UInt8(ascii: ",")) else { return false }
                if kind == UInt8(ascii: "{"), !name() { return false }
                break
            }
        }
    }

    /// A number in the form of JSON.
    mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), !digits() { return false }
        if take(UInt8(ascii: ".")), !digits() { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if !digits() { return false }
        }
        return true
    }

    private func closing(_ kind: UInt8) -> UInt8 { kind == UInt8(ascii: "[") ? UInt8(ascii: "]") : UInt8(ascii: "}") }

    /// A member's name and its colon.
    private mutating func name() -> Bool {
        skipBlanks()
        guard string() else { return false }
        skipBlanks()
        return take(UInt8(ascii: ":"))
    }

    private mutating func string() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        let start = index
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                let inside = UnsafeRawBufferPointer(rebasing: bytes[start..<(index - 1)])
                return !inside.contains { $0 >= 0x80 } || String(validating: inside, as: UTF8.self) != nil
            case UInt8(ascii: "\\"): if !escape() { return false }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard let letter = peek else { return false }
        index += 1
        if letter != UInt8(ascii: "u") { return "\"\\/bfnrt".utf8.contains(letter) }
        for _ in 0..<4 {
            guard let digit = peek, Unicode.Scalar(digit).properties.isASCIIHexDigit else { return false }
            index += 1
        }
        return true
    }

    private mutating func word(_ word: StaticString) -> Bool {
        guard bytes.count - index >= word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += word.utf8CodeUnitCount
        return true
    }

    private mutating func digits() -> Bool {
        let start = index
        while let byte = peek, (0x30...0x39).contains(byte) { index += 1 }
        return index > start
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    /// Reads on to what is no blank.
    package mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }
}
