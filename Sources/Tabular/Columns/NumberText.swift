import Foundation

/// A number as it stands in a file: `-12.50`, `.5`, `1.5e-3`. A spelling that a number would not give back, such as `007`,
/// `+1`, `-0` or `5.`, is none; `1E10` is none either, because codes look like that.
struct NumberText: Equatable {
    var isNegative = false
    /// The digits before and after the mark as one number, as far as they fit.
    private(set) var mantissa: UInt64 = 0
    /// Digits without leading zeros.
    private(set) var digits = 0
    /// Digits after the mark.
    private(set) var scale = 0
    private(set) var hasMark = false
    private(set) var startsWithMark = false
    private(set) var hasExponent = false
    private var exponent = 0
    /// More than 19 digits do not fit into the mantissa.
    private var overflows = false

    var isWhole: Bool { !hasMark && !hasExponent }

    init?(_ bytes: UnsafeRawBufferPointer, decimalMark mark: UInt8) {
        var index = 0
        if bytes.first == UInt8(ascii: "-") {
            isNegative = true
            index = 1
        }
        let first = index
        // More digits than fit leave the mantissa without a meaning, which `overflows` says.
        mantissa = Self.readDigits(bytes, from: &index, after: 0)
        let whole = index - first
        if index < bytes.count, bytes[index] == mark {
            (hasMark, startsWithMark) = (true, whole == 0)
            index += 1
            let start = index
            mantissa = Self.readDigits(bytes, from: &index, after: mantissa)
            scale = index - start
            guard scale > 0 else { return nil }
        }
        guard whole + scale > 0 else { return nil }
        // A zero leads only by itself.
        if bytes[first] == 0x30, whole > 1 { return nil }
        digits = whole + scale
        var lead = first
        while digits > 0, bytes[lead] == 0x30 || bytes[lead] == mark {
            if bytes[lead] == 0x30 { digits -= 1 }
            lead += 1
        }
        overflows = digits > 19
        if index < bytes.count {
            guard readExponent(bytes, from: index) else { return nil }
        }
        if isNegative, digits == 0 { return nil }
    }

    @inline(__always)
    private static func readDigits(
        _ bytes: UnsafeRawBufferPointer, from index: inout Int, after start: UInt64
    ) -> UInt64 {
        var value = start
        while index < bytes.count {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { break }
            value = value &* 10 &+ UInt64(digit)
            index += 1
        }
        return value
    }

    private mutating func readExponent(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
        guard bytes[start] | 0x20 == UInt8(ascii: "e"), start + 1 < bytes.count else { return false }
        var index = start + 1
        let sign = bytes[index]
        let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
        guard isSigned || hasMark else { return false }
        if isSigned { index += 1 }
        guard index < bytes.count, bytes.count - index <= 3 else { return false }
        for byte in bytes[index...] {
            guard (0x30...0x39).contains(byte) else { return false }
            exponent = exponent * 10 + Int(byte - 0x30)
        }
        if sign == UInt8(ascii: "-") { exponent = -exponent }
        hasExponent = true
        return true
    }

    /// The whole number, where it is one of 64 bits.
    var integer: Int64? {
        guard !overflows else { return nil }
        if isNegative { return mantissa <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- mantissa) : nil }
        return Int64(exactly: mantissa)
    }

    /// The nearest double.
    ///
    /// - Parameter bytes: what the number was read from.
    func double(_ bytes: UnsafeRawBufferPointer) -> Double {
        let power = exponent - scale
        if !overflows {
            if mantissa <= 1 << 53, abs(power) < Self.powers.count {
                // Both are exact, so that one rounding gives the nearest (W. D. Clinger, 1990).
                let value = Double(mantissa)
                let scaled = power < 0 ? value / Self.powers[-power] : value * Self.powers[power]
                return isNegative ? -scaled : scaled
            }
            if let quotient = DecimalQuotient(scale: -power) {
                let value = quotient.double(mantissa)
                return isNegative ? -value : value
            }
        }
        let text = String(decoding: bytes, as: UTF8.self).replacing(",", with: ".")
        return Double(text.hasPrefix(".") ? "0" + text : text) ?? .nan
    }

    /// Whether the shortest text of the nearest double has just these digits.
    func isExactAsDouble(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !overflows else { return false }
        // DBL_DIG: so many digits always survive, as long as the double is not subnormal.
        if digits <= 15, abs(exponent - scale) < 200 { return true }
        var (mine, power) = (mantissa, exponent - scale)
        while mine > 0, mine % 10 == 0 { (mine, power) = (mine / 10, power + 1) }
        // No double has more digits in its shortest text.
        guard mine < 100_000_000_000_000_000 else { return false }
        if let quotient = DecimalQuotient(scale: -power), let isShortest = quotient.isShortest(mine) {
            return isShortest
        }
        let value = double(bytes)
        guard value.isFinite else { return false }
        if digits <= 15, value.isNormal || mantissa == 0 { return true }
        guard let (shortest, shortestPower) = Self.digits(of: value.magnitude) else { return false }
        return mine == shortest && power == shortestPower
    }

    /// The digits of a double's shortest text as a whole number without zeros at its end, and the power of ten that it is
    /// to be multiplied with.
    private static func digits(of value: Double) -> (UInt64, Int)? {
        guard value > 0 else { return (0, 0) }
        let text = value.description
        let parts = text.split(separator: "e")
        guard var digits = UInt64(parts[0].filter { $0 != "." }) else { return nil }
        let fraction = parts[0].firstIndex(of: ".").map { parts[0].distance(from: $0, to: parts[0].endIndex) - 1 } ?? 0
        var power = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction
        while digits % 10 == 0 { (digits, power) = (digits / 10, power + 1) }
        return (digits, power)
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
