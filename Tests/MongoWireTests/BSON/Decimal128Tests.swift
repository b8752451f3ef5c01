import Testing

@testable import MongoWire

@Suite("Decimal numbers")
struct Decimal128Tests {
    /// Texts that are the canonical form of what they say.
    static let canonical = [
        "0", "-0", "1", "-1", "0.1", "1.50", "0.000001234", "1.2E-7", "0E+3", "0E-6176", "1E+3", "12345678901234567",
        "9.999999999999999999999999999999999E+6144", "1E-6176", "1234567890123456789012345678901234", "NaN",
        "Infinity", "-Infinity", "0.00", "1.000000000000000000000000000000000E+6144", "-9.9E-40",
    ]

    @Test("Every digit and exponent comes back", arguments: canonical)
    func roundTrip(text: String) throws {
        #expect(try #require(Decimal128(text)).description == text)
    }

    @Test(
        "Other spellings are read",
        arguments: [
            ("+1.5", "1.5"), ("1e3", "1E+3"), (".5", "0.5"), ("5.", "5"), ("007", "7"), ("inf", "Infinity"),
            ("-nan", "NaN"), ("1E6112", "1.0E+6112"), ("10E-6177", "1E-6176"), ("0E9999999999", "0E+6111"),
            ("1000000000000000000000000000000000000", "1.000000000000000000000000000000000E+36"),
        ])
    func spellings(text: String, expected: String) throws {
        #expect(try #require(Decimal128(text)).description == expected)
    }

    @Test(
        "What is no number, or would have to be rounded, is refused",
        arguments: [
            "", ".", "-", "e5", "1e", "1e+", "1.2.3", "0x1", "1 ", "12345678901234567890123456789012345", "1E6145",
            "1E-6177", "1E99999999999999999999", "Infinit", "١",
        ])
    func refused(text: String) {
        #expect(Decimal128(text) == nil)
    }

    @Test("Bits that no encoder writes are read as the standard says")
    func oddBits() {
        // The other place of the exponent, and a significand of more than 34 digits: both count as 0.
        #expect(Decimal128(high: 0x6C10_0000_0000_0000, low: 5).description == "0")
        #expect(Decimal128(high: 0x3041_FFFF_FFFF_FFFF, low: .max).description == "0")
        #expect(Decimal128(high: 0x7E00_0000_0000_0000, low: 7).description == "NaN")
    }
}
