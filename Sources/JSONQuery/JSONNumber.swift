/// A number by the digits of its text: compared exactly, whatever its size.
struct JSONNumber: Sendable, Equatable {
    private let isNegative: Bool
    /// Without zeros at either end; none for zero.
    private let digits: [UInt8]
    /// The power of ten that the digits, as a fraction of one, are multiplied with.
    private let magnitude: Int

    /// Reads a number in the form of JSON; its form is not checked.
    init(_ text: some Sequence<UInt8>) {
        var isNegative = false
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        var isExponent = false
        var exponentIsNegative = false
        for byte in text {
            switch byte {
            case 0x30...0x39:
                if isExponent {
                    // What is beyond this is beyond everything.
                    exponent = min(exponent * 10 + Int(byte - 0x30), 1 << 40)
                } else {
                    digits.append(byte)
                }
            case UInt8(ascii: "-"): if isExponent { exponentIsNegative = true } else { isNegative = true }
            case UInt8(ascii: "."): point = digits.count
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isExponent = true
            default: break
            }
        }
        let leading = digits.prefix { $0 == 0x30 }.count
        var magnitude = (point ?? digits.count) - leading + (exponentIsNegative ? -exponent : exponent)
        digits.removeFirst(leading)
        while digits.last == 0x30 { digits.removeLast() }
        if digits.isEmpty { (isNegative, magnitude) = (false, 0) }
        self.isNegative = isNegative
        self.digits = digits
        self.magnitude = magnitude
    }

    static func < (left: JSONNumber, right: JSONNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isCloserToZero(than: left) : left.isCloserToZero(than: right)
    }

    private func isCloserToZero(than other: JSONNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if magnitude != other.magnitude { return magnitude < other.magnitude }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}
