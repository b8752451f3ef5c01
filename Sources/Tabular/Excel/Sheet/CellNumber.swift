import Foundation

/// Reads the number of a cell as the file has it.
enum CellNumber {
    /// A double's text never needs more digits: who wrote more wants them kept.
    private static let digitLimit = 17

    /// What the digits are.
    enum Reading {
        case integer(Int64)
        case decimal(Double)
        /// More digits than a number holds: the text itself is the value.
        case digits
    }

    /// - Returns: nil where the text is no number.
    static func read(_ bytes: UnsafeRawBufferPointer) -> Reading? {
        if let whole = smallInteger(bytes) { return .integer(whole) }
        if let number = NumberText(bytes, decimalMark: UInt8(ascii: ".")) {
            if number.isWhole { return number.integer.map { .integer($0) } ?? .digits }
            guard number.digits <= digitLimit else {
                return significantDigits(bytes) <= digitLimit ? slow(bytes) : .digits
            }
            return reading(of: number.double(bytes))
        }
        return slow(bytes)
    }

    @inline(__always)
    private static func smallInteger(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count > 0, bytes.count <= 15 else { return nil }
        var value: Int64 = 0
        for byte in bytes {
            guard byte &- 0x30 <= 9 else { return nil }
            value = value &* 10 &+ Int64(byte &- 0x30)
        }
        return value
    }

    /// Spellings that are none of a number's own, such as `1E10`, `+1` and `5.`.
    private static func slow(_ bytes: UnsafeRawBufferPointer) -> Reading? {
        guard bytes.count <= 400, bytes.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
            let text = String(bytes: bytes, encoding: .utf8)
        else { return nil }
        let padded =
            text.hasSuffix(".")
            ? text + "0" : text.replacingOccurrences(of: ".e", with: ".0e", options: .caseInsensitive)
        guard let value = Double(padded), value.isFinite else { return nil }
        return significantDigits(bytes) > digitLimit ? .digits : reading(of: value)
    }

    private static func reading(of value: Double) -> Reading {
        if value.magnitude <= 0x1p53, let whole = Int64(exactly: value) { return .integer(whole) }
        return .decimal(value)
    }

    /// Digits without zeros at either end.
    private static func significantDigits(_ bytes: UnsafeRawBufferPointer) -> Int {
        let mantissa = bytes.prefix { $0 | 0x20 != UInt8(ascii: "e") }.filter { (0x30...0x39).contains($0) }
        return mantissa.drop { $0 == 0x30 }.reversed().drop { $0 == 0x30 }.count
    }
}
