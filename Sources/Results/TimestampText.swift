/// Dates with times as databases write them, for RFC 3339.
enum TimestampText {
    /// `2024-02-29 23:59:59.5+00` as `2024-02-29T23:59:59.5Z`. Without an offset none is added.
    ///
    /// - Returns: nil for what is no date and time of the years 0 to 9999.
    static func rfc3339(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        // Through the seconds the places are fixed: YYYY-MM-DD HH:MM:SS.
        guard bytes.count >= 19, bytes.count <= 40 else { return nil }
        for index in 0..<19 {
            let byte = bytes[index]
            switch index {
            case 4, 7: guard byte == UInt8(ascii: "-") else { return nil }
            case 10: guard byte == 0x20 || byte == UInt8(ascii: "T") else { return nil }
            case 13, 16: guard byte == UInt8(ascii: ":") else { return nil }
            default: guard (0x30...0x39).contains(byte) else { return nil }
            }
        }
        var text = Array(bytes.prefix(19))
        text[10] = UInt8(ascii: "T")
        var index = 19
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            repeat {
                text.append(bytes[index])
                index += 1
            } while index < bytes.count && (0x30...0x39).contains(bytes[index])
        }
        guard index < bytes.count else { return text }
        return offset(bytes.dropFirst(index)).map { text + $0 }
    }

    /// `+00`, `+05:30`, `-03`; whole minutes only, as RFC 3339 has no others.
    private static func offset(_ bytes: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        let bytes = Array(bytes)
        guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let digits = bytes.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard digits.count == 2 || digits.count == 4, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        if digits.allSatisfy({ $0 == 0x30 }) { return [UInt8(ascii: "Z")] }
        let minutes = digits.count == 4 ? Array(digits.suffix(2)) : [0x30, 0x30]
        return [sign] + digits.prefix(2) + [UInt8(ascii: ":")] + minutes
    }
}
