import SCRAM
import Testing

@testable import PostgresWire

@Suite("SCRAM as PostgreSQL has it")
struct SCRAMTests {
    @Test(
        "Passwords are prepared as PostgreSQL does it: the examples of RFC 4013, section 3, and what it takes as it came",
        arguments: [
            ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX"),
            ("\u{07}", "\u{07}"), ("\u{0627}1", "\u{0627}1"), ("\u{A0}ö", " ö"), ("\u{FB01}🐘", "\u{FB01}🐘"),
            ("\u{AD}", "\u{AD}"), ("\u{FB01}\u{E000}", "\u{FB01}\u{E000}"), ("\u{FB01}\u{0627}", "\u{FB01}\u{0627}"),
        ])
    func preparation(_ password: String, _ prepared: String) {
        #expect(SCRAMPassword.prepared(password) == SecretBytes(prepared.utf8))
    }

    @Test(
        "The iterations that PostgreSQL may ask for are bounded",
        arguments: [(0, false), (1, true), (1_000_000, true), (1_000_001, false)])
    func iterations(count: Int, isTaken: Bool) throws {
        var machine = AuthenticationStateMachine(
            .init(
                username: "u", password: SecretText("p"), allowsCleartextPassword: false, serverEndPoint: nil,
                nonce: "n"))
        _ = machine.requestReceived(.sasl(mechanisms: ["SCRAM-SHA-256"]))
        let action = machine.requestReceived(.saslContinue(Array("r=nX,s=AAAA,i=\(count)".utf8)))
        if isTaken {
            guard case .derive = action else {
                Issue.record("\(action)")
                return
            }
        } else {
            #expect(action == .fail(.authenticationFailed(.iterationCountOutOfBounds(count))))
        }
    }

    @Test("Secrets are not printed")
    func secrets() {
        let credentials = AuthenticationStateMachine.Credentials(
            username: "u", password: SecretText("planted"), allowsCleartextPassword: true, serverEndPoint: nil,
            nonce: "n")
        var configuration = PostgresConnection.Configuration(username: "u")
        configuration.password = "planted"
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(credentials, to: &dumped)
        var machine = AuthenticationStateMachine(credentials)
        dump(machine, to: &dumped)
        _ = machine.requestReceived(.sasl(mechanisms: ["SCRAM-SHA-256"]))
        dump(machine, to: &dumped)
        dump(FrontendMessage.password(SecretBytes("planted".utf8)), to: &dumped)
        dumped += "\(configuration) \(String(reflecting: configuration)) \(credentials)"
        #expect(!dumped.contains("planted"))
        #expect(!dumped.contains("112, 108, 97"))
    }
}
