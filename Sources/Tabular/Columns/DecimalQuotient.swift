/// Whole numbers divided by a power of ten, as doubles: one division of 128 bits by 64 is enough to round rightly.
struct DecimalQuotient {
    /// Ten to this power divides.
    private let scale: Int
    /// Five to this power; the rest of the ten is a matter of the double's exponent.
    private let five: UInt64

    /// - Returns: nil for a negative scale, and where five to its power has more than 63 bits.
    @inline(__always)
    init?(scale: Int) {
        guard Self.fives.indices.contains(scale) else { return nil }
        (self.scale, five) = (scale, Self.fives[scale])
    }

    /// The double that is nearest to the quotient.
    @inline(__always)
    func double(_ number: UInt64) -> Double {
        guard number > 0 else { return 0 }
        let (left, fiveLeft) = (number.leadingZeroBitCount, five.leadingZeroBitCount)
        let high = number << UInt64(left)
        let divided = (five << UInt64(fiveLeft)).dividingFullWidth((high >> 1, high << 63))
        // 63 bits at least: the lowest one may stand for all that is left, since it only breaks ties.
        let value = Double(divided.quotient | (divided.remainder == 0 ? 0 : 1))
        // A power of two within a double's range, so that the product is exact.
        let exponent = fiveLeft - left - 63 - scale
        return value * Double(bitPattern: UInt64(exponent + 1023) << 52)
    }

    /// Whether a number of 16 or 17 digits, the last of which is none of 0, is what the shortest text of the nearest double
    /// has for digits: no text that is shorter means the double, and none that is as long is nearer to it.
    ///
    /// - Returns: nil where this cannot be told in 128 bits.
    func isShortest(_ number: UInt64) -> Bool? {
        let value = double(number)
        // The double times ten to the scale, as a whole number and how many bits of it are a fraction.
        let product = UInt128(value.significandBitPattern | 1 << 52) * UInt128(five)
        let bits = 52 - Int(value.exponent) - scale
        guard value.isNormal, (1..<100).contains(bits) else { return nil }
        let (whole, fraction) = (product >> bits, product & (1 << bits - 1))
        let half = UInt128(1) << (bits - 1)
        guard fraction != half else { return nil }
        guard whole + (fraction > half ? 1 : 0) == UInt128(number) else { return false }
        // If a shorter one means the double, then so does the one next to the number on its side.
        let below = number - number % 10
        return double(below) != value && double(below + 10) != value
    }

    private static let fives: [UInt64] = (0...27).map { (0..<$0).reduce(1) { power, _ in power * 5 } }
}
