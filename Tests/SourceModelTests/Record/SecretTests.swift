import SourceModel
import Testing

@Suite("A secret shows as the mask")
struct SecretTests {
    private let secret = Secret("hunter2 😀")

    @Test("in every way in which Swift prints a value")
    func printing() {
        var dumped = ""
        dump(secret, to: &dumped)
        var nested = ""
        dump(Sample.draft([.password: .secret(secret)]), to: &nested)
        let all = [
            "\(secret)", secret.description, secret.debugDescription, String(describing: secret),
            String(reflecting: secret), dumped, nested, "\([secret])", "\(FieldValue.secret(secret))",
            "\(SSHCredentials.key(secret, password: secret))", "\(Login(username: "u", password: secret))",
            "\(Optional(secret) as Any)",
        ]
        for text in all {
            #expect(!text.contains("hunter2"), "\(text)")
            #expect(text.contains("********"), "\(text)")
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test("it cannot be encoded")
    func encoding() {
        let value: any Sendable = secret
        #expect(!(value is any Encodable))
        #expect(!(value is any Decodable))
    }

    @Test(
        "it keeps its text and compares by it",
        arguments: ["", "a", "hunter2 😀", String(repeating: "x", count: 10_000)])
    func text(_ text: String) {
        #expect(Secret(text).reveal() == text)
        #expect(Secret(text) == Secret(text))
        #expect(Secret(text) != Secret(text + "y"))
        #expect(Secret(text).isEmpty == text.isEmpty)
        #expect(Secret(text).withUTF8 { Array($0) } == Array(text.utf8))
    }
}
