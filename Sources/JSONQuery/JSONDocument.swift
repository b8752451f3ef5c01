import Results

/// JSON texts (RFC 8259) that have been checked, kept as the bytes that came. A value is named by the offset of its first
/// byte; nothing is built from it, so that a document takes no more memory than its bytes, and numbers keep their digits.
package struct JSONDocument: Sendable {
    /// Values within values; a deeper document is refused.
    package static let maximumDepth = 128

    /// What a value is.
    package enum Kind: Sendable, Hashable {
        case object, array, string, number, flag, null
    }

    /// Why bytes are no JSON.
    package struct Malformed: Error, Equatable, Sendable {
        /// Where reading ended, in bytes from 0.
        package let offset: Int
    }

    /// The bytes, as they came.
    package let bytes: [UInt8]
    /// The values that stand side by side in the bytes; one, except for lines of JSON.
    package let roots: [Int]

    /// Checks the bytes.
    ///
    /// - Parameter isSequence: whether there may be any number of values, with blanks or line breaks between them.
    package init(_ bytes: [UInt8], isSequence: Bool = false) throws(Malformed) {
        self.bytes = bytes
        var roots: [Int] = []
        let failure = bytes.withUnsafeBytes { raw -> Malformed? in
            // A byte order mark may be ignored (section 8.1).
            var scanner = JSONScanner(
                raw, from: raw.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, maximumDepth: Self.maximumDepth)
            scanner.skipBlanks()
            if isSequence, scanner.isAtEnd { return nil }
            repeat {
                roots.append(scanner.index)
                let start = scanner.index
                guard scanner.document(), scanner.isAtEnd || isSequence, scanner.index > start else {
                    return Malformed(offset: scanner.index)
                }
            } while !scanner.isAtEnd
            return nil
        }
        if let failure { throw failure }
        self.roots = roots
    }

    // MARK: Values

    /// What stands at an offset.
    package func kind(at offset: Int) -> Kind {
        switch bytes[offset] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .flag
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The bytes of a value, as they came.
    package func range(of offset: Int) -> Range<Int> { offset..<end(of: offset) }

    /// The offset behind a value.
    package func end(of offset: Int) -> Int {
        switch kind(at: offset) {
        case .string: return endOfString(offset)
        case .object, .array:
            var depth = 0
            var index = offset
            repeat {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    index = endOfString(index)
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                index += 1
            } while depth > 0
            return index
        case .number, .flag, .null:
            var index = offset
            while index < bytes.count, !Self.endsWord(bytes[index]) { index += 1 }
            return index
        }
    }

    private func endOfString(_ offset: Int) -> Int {
        var index = offset + 1
        while bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index + 1
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
    }

    fileprivate func skipBlanks(_ offset: Int) -> Int {
        var index = offset
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        return index
    }

    // MARK: Texts

    /// Whether the flag at an offset is true.
    package func isTrue(at offset: Int) -> Bool { bytes[offset] == UInt8(ascii: "t") }

    /// The text of a string or a member's name in UTF-8, its escapes resolved; half of a surrogate pair is U+FFFD.
    package func text(at offset: Int) -> [UInt8] {
        let end = endOfString(offset) - 1
        guard bytes[offset..<end].contains(UInt8(ascii: "\\")) else { return Array(bytes[(offset + 1)..<end]) }
        var text: [UInt8] = []
        var index = offset + 1
        while index < end {
            guard bytes[index] == UInt8(ascii: "\\") else {
                text.append(bytes[index])
                index += 1
                continue
            }
            let letter = bytes[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                var code = codeUnit(index)
                index += 4
                if (0xD800...0xDBFF).contains(code), index + 6 <= end, bytes[index] == UInt8(ascii: "\\"),
                    bytes[index + 1] == UInt8(ascii: "u"), case let low = codeUnit(index + 2),
                    (0xDC00...0xDFFF).contains(low)
                {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                    index += 6
                }
                let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
                text += UTF8.encode(scalar).map { Array($0) } ?? []
            default: text.append(letter)
            }
        }
        return text
    }

    /// The same as a string.
    package func string(at offset: Int) -> String { String(decoding: text(at: offset), as: UTF8.self) }

    private func codeUnit(_ offset: Int) -> UInt32 {
        bytes[offset..<(offset + 4)].reduce(0) { $0 << 4 | UInt32(Character(Unicode.Scalar($1)).hexDigitValue ?? 0) }
    }

    /// Whether the string at an offset is this text in UTF-8.
    package func text(at offset: Int, is wanted: [UInt8]) -> Bool {
        // What has no escapes is compared where it stands.
        var index = offset + 1
        for byte in wanted {
            if bytes[index] == UInt8(ascii: "\\") { return text(at: offset) == wanted }
            guard bytes[index] == byte, byte != UInt8(ascii: "\"") else { return false }
            index += 1
        }
        return bytes[index] == UInt8(ascii: "\"")
    }

    // MARK: Containers

    /// The elements of an array.
    package func elements(of offset: Int) -> Elements { Elements(document: self, at: offset) }

    /// The members of an object, in their order; names may come more than once.
    package func members(of offset: Int) -> Members { Members(document: self, at: offset) }

    /// How many elements or members there are.
    package func count(of offset: Int) -> Int {
        var count = 0
        switch kind(at: offset) {
        case .array: for _ in elements(of: offset) { count += 1 }
        case .object: for _ in members(of: offset) { count += 1 }
        case .string, .number, .flag, .null: break
        }
        return count
    }

    /// The value of the last member of this name, which is the one that counts for most readers.
    package func member(_ name: [UInt8], of offset: Int) -> Int? {
        var found: Int?
        for member in members(of: offset) where text(at: member.name, is: name) { found = member.value }
        return found
    }

    /// The elements of an array, by their offsets.
    package struct Elements: Sequence, IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var at: Int

        fileprivate init(document: JSONDocument, at offset: Int) {
            self.document = document
            at = offset
        }

        package mutating func next() -> Int? {
            // Behind the bracket or a value: what follows is a comma, a value or the end.
            var index = document.skipBlanks(at)
            if index < document.bytes.count, document.bytes[index] == UInt8(ascii: "]") { return nil }
            index = document.skipBlanks(index + 1)
            if document.bytes[index] == UInt8(ascii: "]") {
                at = index
                return nil
            }
            at = document.end(of: index)
            return index
        }
    }

    /// The members of an object, by the offsets of their names and values.
    package struct Members: Sequence, IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var at: Int

        fileprivate init(document: JSONDocument, at offset: Int) {
            self.document = document
            at = offset
        }

        package mutating func next() -> (name: Int, value: Int)? {
            var index = document.skipBlanks(at)
            if document.bytes[index] == UInt8(ascii: "}") { return nil }
            index = document.skipBlanks(index + 1)
            if document.bytes[index] == UInt8(ascii: "}") {
                at = index
                return nil
            }
            let colon = document.skipBlanks(document.endOfString(index))
            let value = document.skipBlanks(colon + 1)
            at = document.end(of: value)
            return (index, value)
        }
    }
}
