/// A decimal number of 34 digits (IEEE 754-2008, decimal128 in its binary integer encoding), kept as its 128 bits.
public struct Decimal128: Hashable, Sendable {
    /// The upper 64 bits: sign, exponent and the upper digits.
    public let high: UInt64
    /// The lower 64 bits.
    public let low: UInt64

    /// A number of these bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    private static let bias = 6176
    private static let maximumExponent = 6111
    private static let minimumExponent = -6176
    private static let maximumDigits = 34
    /// The largest number of 34 digits.
    private static let maximumSignificand: UInt128 = {
        var power: UInt128 = 1
        for _ in 0..<maximumDigits { power *= 10 }
        return power - 1
    }()

    /// What the bits say.
    private enum Parts {
        case infinity
        case notANumber
        case finite(significand: UInt128, exponent: Int)
    }

    private var isNegative: Bool { high >> 63 == 1 }

    private var parts: Parts {
        switch high >> 58 & 0x1F {
        case 0x1F: return .notANumber
        case 0x1E: return .infinity
        case 0x18...0x1D:
            // The other place of the exponent belongs to significands that are too large: they count as 0.
            return .finite(significand: 0, exponent: Int(high >> 47 & 0x3FFF) - Self.bias)
        default:
            let significand = UInt128(high & 0x1_FFFF_FFFF_FFFF) << 64 | UInt128(low)
            return .finite(
                significand: significand > Self.maximumSignificand ? 0 : significand,
                exponent: Int(high >> 49 & 0x3FFF) - Self.bias)
        }
    }

    private init(isNegative: Bool, significand: UInt128, exponent: Int) {
        high =
            (isNegative ? 1 << 63 : 0) | UInt64(exponent + Self.bias) << 49
            | UInt64(truncatingIfNeeded: significand >> 64)
        low = UInt64(truncatingIfNeeded: significand)
    }

    // MARK: Text

    /// Reads a number such as `-1.50E+3`, `Infinity` or `NaN`; nil where it is none, or none that fits without being
    /// rounded.
    public init?(_ text: String) {
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        switch rest.lowercased() {
        case "nan":
            self.init(high: 0x7C00 << 48, low: 0)
            return
        case "inf", "infinity":
            self.init(high: (isNegative ? 0xF800 : 0x7800) << 48, low: 0)
            return
        default: break
        }
        guard let (digits, exponent) = Self.read(rest),
            let (significand, fitted) = Self.fit(digits, exponent)
        else { return nil }
        self.init(isNegative: isNegative, significand: significand, exponent: fitted)
    }

    /// The digits without leading zeros, and the exponent of the last one.
    private static func read(_ text: Substring) -> (digits: [UInt8], exponent: Int)? {
        var digits: [UInt8] = []
        var (exponent, hasDigit, hasPoint) = (0, false, false)
        var rest = text.utf8[...]
        while let byte = rest.first {
            if (0x30...0x39).contains(byte) {
                hasDigit = true
                if byte != 0x30 || !digits.isEmpty { digits.append(byte - 0x30) }
                if hasPoint { exponent -= 1 }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard hasDigit else { return nil }
        if let letter = rest.first {
            guard letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") else { return nil }
            var power = rest.dropFirst()
            let isNegative = power.first == UInt8(ascii: "-")
            if isNegative || power.first == UInt8(ascii: "+") { power = power.dropFirst() }
            guard !power.isEmpty, power.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            // An exponent of so many digits is out of every range, whatever they are.
            let value = power.drop { $0 == 0x30 }.prefix(9).reduce(0) { $0 * 10 + Int($1 - 0x30) }
            exponent += isNegative ? -value : value
        }
        return (digits, exponent)
    }

    /// Brings digits and exponent into their ranges without changing the number.
    private static func fit(_ digits: [UInt8], _ exponent: Int) -> (UInt128, Int)? {
        var (digits, exponent) = (digits, exponent)
        guard !digits.isEmpty else { return (0, min(max(exponent, minimumExponent), maximumExponent)) }
        while digits.count > maximumDigits || exponent < minimumExponent {
            guard digits.last == 0, digits.count > 1 else { return nil }
            digits.removeLast()
            exponent += 1
        }
        while exponent > maximumExponent {
            guard digits.count < maximumDigits else { return nil }
            digits.append(0)
            exponent -= 1
        }
        return (digits.reduce(0) { $0 * 10 + UInt128($1) }, exponent)
    }
}

extension Decimal128: CustomStringConvertible {
    /// The number with every digit and its exponent, as IEEE 754's conversion to text has it: `1.50`, `1E+3`.
    public var description: String {
        let sign = isNegative ? "-" : ""
        switch parts {
        case .notANumber: return "NaN"
        case .infinity: return sign + "Infinity"
        case .finite(let significand, let exponent):
            let digits = String(significand)
            let scientific = exponent + digits.utf8.count - 1
            guard exponent <= 0, scientific >= -6 else {
                let fraction = digits.utf8.count > 1 ? "." + digits.dropFirst() : ""
                return "\(sign)\(digits.prefix(1))\(fraction)E\(scientific < 0 ? "" : "+")\(scientific)"
            }
            if exponent == 0 { return sign + digits }
            let whole = digits.utf8.count + exponent
            guard whole <= 0 else { return "\(sign)\(digits.prefix(whole)).\(digits.suffix(-exponent))" }
            return sign + "0." + String(repeating: "0", count: -whole) + digits
        }
    }
}
