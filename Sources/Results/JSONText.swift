import NIOCore

/// Texts and documents of JSON (RFC 8259), on bytes.
enum JSONText {
    /// A text as a JSON string, quotes included.
    static func literal(_ text: String) -> [UInt8] {
        var buffer = ByteBuffer()
        var text = text
        _ = text.withUTF8 { write(UnsafeRawBufferPointer($0), to: &buffer) }
        return Array(buffer.readableBytesView)
    }

    /// Writes bytes as a JSON string, quotes included.
    ///
    /// - Returns: whether they were valid UTF-8; what was not stands as U+FFFD.
    static func write(_ bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) -> Bool {
        // Two quotes, and six bytes for each where all have to be escaped.
        var needsCare = false
        for byte in bytes where byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 {
            needsCare = true
            break
        }
        guard needsCare else {
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count + 2) { target in
                target[0] = 0x22
                UnsafeMutableRawBufferPointer(rebasing: target[1...]).copyMemory(from: bytes)
                target[bytes.count + 1] = 0x22
                return bytes.count + 2
            }
            return true
        }
        let isASCII = !bytes.contains { $0 >= 0x80 }
        if isASCII || String(validating: bytes, as: UTF8.self) != nil {
            writeEscaped(bytes, to: &buffer)
            return true
        }
        var repaired = String(decoding: bytes, as: UTF8.self)
        repaired.withUTF8 { writeEscaped(UnsafeRawBufferPointer($0), to: &buffer) }
        return false
    }

    private static func writeEscaped(_ bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 6 * bytes.count + 2) { target in
            var end = 1
            target[0] = 0x22
            for byte in bytes {
                switch byte {
                case 0x22, 0x5C:
                    target[end] = 0x5C
                    target[end + 1] = byte
                    end += 2
                case 0x0A: end = escape(UInt8(ascii: "n"), target, end)
                case 0x0D: end = escape(UInt8(ascii: "r"), target, end)
                case 0x09: end = escape(UInt8(ascii: "t"), target, end)
                case 0..<0x20:
                    for (offset, value) in "\\u00".utf8.enumerated() { target[end + offset] = value }
                    target[end + 4] = hexDigit(byte >> 4)
                    target[end + 5] = hexDigit(byte & 15)
                    end += 6
                default:
                    target[end] = byte
                    end += 1
                }
            }
            target[end] = 0x22
            return end + 1
        }
    }

    private static func escape(_ letter: UInt8, _ target: UnsafeMutableRawBufferPointer, _ end: Int) -> Int {
        target[end] = 0x5C
        target[end + 1] = letter
        return end + 2
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    /// Whether the bytes are one JSON number and nothing else.
    static func isNumber(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var scanner = JSONScanner(bytes)
        return scanner.number() && scanner.isAtEnd
    }

    /// Whether the bytes are one JSON document, with blanks around it and nothing else.
    static func isDocument(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var scanner = JSONScanner(bytes)
        return scanner.document() && scanner.isAtEnd
    }
}
