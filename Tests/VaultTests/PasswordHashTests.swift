import Foundation
import SourceModel
import Testing

@testable import Vault

@Suite("Passwords and tokens")
struct PasswordHashTests {
    @Test("A password matches its hash and no other does, also after the hash was stored")
    func matches() throws {
        let hash = try PasswordHash(Secret("pässword \u{1F511}"))
        let stored = try #require(PasswordHash(text: hash.text))
        #expect(stored == hash)
        #expect(try stored.matches(Secret("pässword \u{1F511}")))
        #expect(try !stored.matches(Secret("pässword")))
    }

    @Test("Two hashes of one password differ, and neither prints")
    func salted() throws {
        let first = try PasswordHash(Secret("password")), second = try PasswordHash(Secret("password"))
        #expect(first.text != second.text)
        #expect(!first.text.contains("password"))
        var dumped = ""
        dump(first, to: &dumped)
        for text in ["\(first)", String(reflecting: first), dumped] { #expect(!text.contains(first.text)) }
    }

    @Test("The stored form is scrypt's, and a foreign library's vector matches")
    func vector() throws {
        // RFC 7914, section 12, has no vector with these parameters; this one is from Python's hashlib.scrypt
        // (password "correct horse", salt 0x00 to 0x0f, n 32768, r 8, p 1, 32 bytes).
        let hash = try #require(
            PasswordHash(
                text: "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc="))
        #expect(try hash.matches(Secret("correct horse")))
        #expect(try !hash.matches(Secret("correct horsf")))
    }

    @Test(
        "What is no stored hash is refused, and so are parameters that would take the machine down",
        arguments: [
            "", "password", "$scrypt$ln=15,r=8,p=1$AAAA", "$scrypt$ln=31,r=8,p=1$AAAA$AAAA",
            "$scrypt$ln=15,r=8,p=2$AAAA$AAAA", "$scrypt$ln=1,r=8,p=1$AAAA$AAAA", "$argon2$ln=15,r=8,p=1$AAAA$AAAA",
            "$scrypt$ln=15,r=8,p=1$AAAA$", "$scrypt$ln=15,r=8,p=1$AAAA$AAAA",
        ])
    func refused(text: String) {
        #expect(PasswordHash(text: text) == nil)
    }

    @Test("A token is wh_ and 32 random bytes in base64url, and no two are alike")
    func token() {
        let tokens = (0..<64).map { _ in APIToken.make().reveal() }
        #expect(Set(tokens).count == tokens.count)
        for token in tokens { #expect(token.wholeMatch(of: /wh_[A-Za-z0-9_-]{43}/) != nil) }
    }

    @Test("A token's digest is its SHA-256")
    func digest() {
        let expected = Data(base64Encoded: "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
        #expect(APIToken.digest(of: Secret("abc")) == expected)
    }
}
