import Foundation

/// SASLprep (RFC 4013), the form in which both sides put a password into the key derivation.
public enum SASLprep {
    /// When it is looked for characters and directions that are not allowed.
    public enum Order: Sendable {
        /// After the text was normalised, as RFC 3454 says.
        case rfc4013
        /// Before, as PostgreSQL does.
        case postgreSQL
    }

    /// The four steps of RFC 3454: map, normalise, prohibit, check the direction.
    ///
    /// - Returns: the prepared text; nil where it is not allowed, or nothing is left of it.
    public static func prepared(_ text: String, order: Order = .rfc4013) -> String? {
        // Printable ASCII is what it was after each of the steps.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var mapped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isSpace(scalar) {
                mapped.append(" ")
            } else if !isMappedToNothing(scalar) {
                mapped.append(scalar)
            }
        }
        guard !mapped.isEmpty else { return nil }
        let normalised = String(mapped).precomposedStringWithCompatibilityMapping
        let checked =
            switch order {
            case .rfc4013: normalised.unicodeScalars
            case .postgreSQL: mapped
            }
        guard !checked.contains(where: isProhibited), isDirectionConsistent(checked) else { return nil }
        return normalised
    }

    /// Table C.1.2.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xA0, 0x1680, 0x2000...0x200B, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Table B.1.
    private static func isMappedToNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x034F, 0x1806, 0x180B...0x180D, 0x200C, 0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: true
        default: false
        }
    }

    /// Tables C.2.1 to C.9, and A.1: what Unicode 3.2 had not assigned.
    private static func isProhibited(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x06DD, 0x070F, 0x180E, 0x2028, 0x2029, 0x2061...0x2063, 0x206A...0x206F,
            0xFFF9...0xFFFD, 0x1D173...0x1D17A, 0x2FF0...0x2FFB, 0x0340, 0x0341, 0x200E, 0x200F, 0x202A...0x202E,
            0xE0001, 0xE0020...0xE007F, 0xFDD0...0xFDEF:
            return true
        default: break
        }
        if scalar.value & 0xFFFE == 0xFFFE || scalar.properties.generalCategory == .privateUse { return true }
        guard let age = scalar.properties.age else { return true }
        return (age.major, age.minor) > (3, 2)
    }

    /// RFC 3454, section 6: text that runs to the left does so from its first to its last character.
    private static func isDirectionConsistent(_ scalars: String.UnicodeScalarView) -> Bool {
        guard scalars.contains(where: isRightToLeft) else { return true }
        guard let first = scalars.first, let last = scalars.last, isRightToLeft(first), isRightToLeft(last) else {
            return false
        }
        return !scalars.contains { !isRightToLeft($0) && runsLeftToRight($0) }
    }

    /// Table D.1.
    private static func isRightToLeft(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x05BE, 0x05C0, 0x05C3, 0x05D0...0x05EA, 0x05F0...0x05F4, 0x061B, 0x061F, 0x0621...0x063A,
            0x0640...0x064A, 0x066D...0x066F, 0x0671...0x06D5, 0x06DD, 0x06E5, 0x06E6, 0x06FA...0x06FE,
            0x0700...0x070D, 0x0710, 0x0712...0x072C, 0x0780...0x07A5, 0x07B1, 0x200F, 0xFB1D, 0xFB1F...0xFB28,
            0xFB2A...0xFB36, 0xFB38...0xFB3C, 0xFB3E, 0xFB40, 0xFB41, 0xFB43, 0xFB44, 0xFB46...0xFBB1,
            0xFBD3...0xFD3D, 0xFD50...0xFD8F, 0xFD92...0xFDC7, 0xFDF0...0xFDFC, 0xFE70...0xFE74, 0xFE76...0xFEFC:
            true
        default: false
        }
    }

    /// Table D.2, by what its members have in common: letters, spacing marks and letter-like numbers.
    private static func runsLeftToRight(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spacingMark,
            .letterNumber:
            true
        default: false
        }
    }
}
