/// Doubles as the decimals that they were read from.
enum DecimalText {
    /// The digits of a decimal column's value, without an exponent.
    ///
    /// - Parameter scale: digits after the point; nil writes as few as say the value.
    static func bytes(_ value: Double, scale: Int?) -> [UInt8] {
        if let scale, let bytes = scaled(value, scale) { return bytes }
        return plain(value)
    }

    /// With a fixed number of digits after the point; nil where they would not say the value.
    private static func scaled(_ value: Double, _ scale: Int) -> [UInt8]? {
        guard scale > 0, scale <= 15 else { return nil }
        var power = 1.0
        for _ in 0..<scale { power *= 10 }
        // Up to 15 digits the product is off by less than a half.
        let whole = (value * power).rounded()
        guard whole.magnitude < 1e15, whole / power == value else { return nil }
        var magnitude = UInt64(whole.magnitude)
        var bytes = [UInt8](repeating: 0x30, count: scale + 2)
        var index = bytes.count
        while index > 0 {
            index -= 1
            if bytes.count - index == scale + 1 {
                bytes[index] = UInt8(ascii: ".")
                continue
            }
            bytes[index] = 0x30 + UInt8(magnitude % 10)
            magnitude /= 10
        }
        var head: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
        if magnitude > 0 { head += Array(String(magnitude).utf8) }
        return head + bytes
    }

    /// The shortest digits that say the value, its exponent written out.
    private static func plain(_ value: Double) -> [UInt8] {
        guard value.isFinite else { return Array((value < 0 ? "-Infinity" : "Infinity").utf8) }
        let parts = value.magnitude.description.split(separator: "e")
        var digits = Array(parts[0].utf8.filter { $0 != UInt8(ascii: ".") })
        let before = parts[0].prefix { $0 != "." }.utf8.count
        var point = before + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
        if point <= 0 {
            digits.insert(contentsOf: repeatElement(0x30, count: 1 - point), at: 0)
            point = 1
        }
        if digits.count < point { digits += repeatElement(0x30, count: point - digits.count) }
        if digits.count > point { digits.insert(UInt8(ascii: "."), at: point) }
        return (value < 0 ? [UInt8(ascii: "-")] : []) + digits
    }
}
