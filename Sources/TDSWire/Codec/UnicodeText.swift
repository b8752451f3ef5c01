/// UTF-16LE as servers send it, to UTF-8.
enum UnicodeText {
    /// Appends a text. What has no partner becomes a byte that no UTF-8 has, so that whoever reads the text counts it.
    static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + bytes.count)
        var index = 0
        let end = bytes.count & ~1
        while index < end {
            let unit = unit(bytes, index)
            index += 2
            switch unit {
            case 0..<0x80: text.append(UInt8(truncatingIfNeeded: unit))
            case 0x80..<0x800:
                text.append(0xC0 | UInt8(truncatingIfNeeded: unit >> 6))
                text.append(tail(UInt32(unit)))
            case 0xD800..<0xDC00 where index < end && Self.unit(bytes, index) & 0xFC00 == 0xDC00:
                let low = Self.unit(bytes, index)
                index += 2
                let scalar = 0x10000 + ((UInt32(unit) & 0x3FF) << 10 | UInt32(low) & 0x3FF)
                text.append(0xF0 | UInt8(truncatingIfNeeded: scalar >> 18))
                text.append(tail(scalar >> 12))
                text.append(tail(scalar >> 6))
                text.append(tail(scalar))
            case 0xD800..<0xE000: text.append(CodePageDecoder.invalid)
            default:
                text.append(0xE0 | UInt8(truncatingIfNeeded: unit >> 12))
                text.append(tail(UInt32(unit) >> 6))
                text.append(tail(UInt32(unit)))
            }
        }
        if end < bytes.count { text.append(CodePageDecoder.invalid) }
    }

    private static func unit(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt16 {
        UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
    }

    private static func tail(_ value: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: value & 0x3F) }
}
