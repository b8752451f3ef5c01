import SCRAM
import Testing

@Suite("SASLprep")
struct SASLprepTests {
    @Test(
        "A text is prepared, or not allowed, in both orders",
        arguments: [
            // RFC 4013, section 3.
            ("I\u{AD}X", "IX", "IX"), ("user", "user", "user"), ("USER", "USER", "USER"), ("\u{AA}", "a", "a"),
            ("\u{2168}", "IX", "IX"), ("\u{07}", nil, nil), ("\u{0627}1", nil, nil),
            ("\u{A0}ö", " ö", " ö"), ("\u{627}", "\u{627}", "\u{627}"), ("", "", ""),
            // Nothing is left; not assigned in Unicode 3.2; private use; both directions.
            ("\u{AD}", nil, nil), ("\u{FB01}🐘", nil, nil), ("\u{FB01}\u{E000}", nil, nil),
            ("\u{FB01}\u{627}", nil, nil),
            // Prohibited as it stands, but not what it becomes.
            ("a\u{340}", "à", nil),
            // A symbol of no direction that becomes a Hebrew letter.
            ("a\u{2135}", nil, "a\u{5D0}"),
        ] as [(String, String?, String?)])
    func preparation(text: String, prepared: String?, preparedByPostgreSQL: String?) {
        #expect(SASLprep.prepared(text) == prepared)
        #expect(SASLprep.prepared(text, order: .postgreSQL) == preparedByPostgreSQL)
    }
}
