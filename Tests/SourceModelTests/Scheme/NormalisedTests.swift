import SourceModel
import Testing

@Suite("The stored form is clean")
struct NormalisedTests {
    @Test("with what holds where nothing was sent")
    func defaults() {
        let clean = Sample.draft().normalised()
        #expect(clean.text(.port) == "5432")
        #expect(clean.flag(.ssl) == false)
        #expect(clean.flag(.ssh) == false)
        #expect(clean.flag(.sshTunneling) == true)
        #expect(clean.text(.sshPort) == nil)
        #expect(Sample.ssh().normalised().text(.sshPort) == "22")
        let options = Sample.draft([.options: .options(["poolMax": .text("8")])]).normalised().options
        #expect(options == ["poolMax": .number(8)])
    }

    @Test("the clean form of a good draft is itself and means the same")
    func idempotent() throws {
        var dice = Dice(seed: 1)
        var good = 0
        for _ in 0..<400 {
            let draft = try Self.randomDraft(&dice)
            let clean = draft.normalised()
            #expect(clean.normalised() == clean)
            guard let source = try? draft.validated() else { continue }
            good += 1
            #expect(try clean.validated() == source)
        }
        #expect(good > 20)
    }

    @Test("what a reader gets can be put back and changes nothing")
    func roundTrip() throws {
        var dice = Dice(seed: 2)
        for _ in 0..<400 {
            let stored = try Self.randomDraft(&dice).normalised()
            guard (try? stored.validated()) != nil else { continue }
            let back = try DataSourceDraft(body: Self.shown(stored), updating: true)
            #expect(back.applied(to: stored).normalised() == stored)
        }
    }

    /// What a reader gets: secrets as the mask, what is unset as null.
    private static func shown(_ draft: DataSourceDraft) -> [String: BodyValue] {
        var body: [String: BodyValue] = ["id": .text("x"), "status": .text("connected"), "published_at": .null]
        for field in Field.allCases {
            body[field.rawValue] =
                switch field.kind {
                case .text, .port, .pem: draft.text(field).map { .text($0) } ?? .null
                case .secret: draft.secret(field) == nil ? .null : .text(Secret.mask)
                case .flag: .flag(draft.flag(field) ?? false)
                case .options: .object(draft.options.mapValues(shown))
                }
        }
        return body
    }

    private static func shown(_ value: OptionValue) -> BodyValue {
        switch value {
        case .text(let text): .text(text)
        case .number(let number): .number(String(number))
        case .flag(let flag): .flag(flag)
        }
    }

    private static func randomDraft(_ dice: inout Dice) throws -> DataSourceDraft {
        let damage = Damage.allCases.randomElement(using: &dice) ?? .none
        let certificate = damage.applied(to: try Workshop.text("rsa-pkcs8.crt"))
        let key = damage.applied(to: try Workshop.text("rsa-pkcs8"))
        let identity = damage.applied(to: try Workshop.text("ed25519"))
        let choices: [Field: [FieldValue]] = [
            .driver: [.text("postgre"), .text("MySQL"), .text("mariadb"), .text("csv")],
            .host: [.text(" db.test "), .text("[::1]"), .text("10.0.0.7")],
            .port: [.text("05432"), .text(" 3306 ")], .username: [.text("reader"), .text(" ünï ")],
            .password: [.secret(Secret("p")), .secret(Secret(" 😀\" "))], .database: [.text("shop")],
            .ssl: [.flag(true), .flag(false)], .sslMode: [.text("Verify-CA"), .text("verify-full ")],
            .sslCA: [.text(certificate)], .certificate: [.text(certificate)], .keyfile: [.secret(Secret(key))],
            .ssh: [.flag(true), .flag(false)], .sshHost: [.text("[::1]"), .text("bastion")],
            .sshPort: [.text("022")], .sshUsername: [.text("tunnel")], .sshPassword: [.secret(Secret("s"))],
            .sshIdentity: [.secret(Secret(identity))], .sshTunneling: [.flag(true), .flag(false)],
            .options: [.options(["poolMax": .text("8")]), .options(["poolMin": .number(0)])],
        ]
        var values: [Field: FieldValue] = [:]
        for field in Field.allCases where Int.random(in: 0..<6, using: &dice) > 0 {
            values[field] = choices[field]?.randomElement(using: &dice)
        }
        return DataSourceDraft(values: values)
    }
}

/// A seeded generator (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
