import Testing

@testable import PostgresWire

@Suite("SCRAM and SASLprep")
struct SCRAMTests {
    static let serverFirst =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    static let nonce = "rOprNGfwEbeRWgbNEkqO"

    private func exchange(_ binding: ChannelBinding = .unsupported) -> SCRAMExchange {
        SCRAMExchange(username: "user", password: "pencil", nonce: Self.nonce, binding: binding)
    }

    @Test("The example of RFC 7677, section 3")
    func vector() throws {
        var scram = exchange()
        #expect(String(decoding: scram.clientFirst, as: UTF8.self) == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        let request = try scram.serverFirstReceived(Array(Self.serverFirst.utf8))
        let final = try scram.saltedPasswordDerived(request.derive())
        #expect(
            String(decoding: final, as: UTF8.self)
                == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        var forged = scram
        #expect(throws: AuthenticationFailure.serverNotVerified) {
            try forged.serverFinalReceived(Array("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8))
        }
        #expect(!forged.isVerified)
        try scram.serverFinalReceived(Array("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8))
        #expect(scram.isVerified)
    }

    @Test(
        "A server's first message that breaks the rules is refused",
        arguments: [
            ("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", AuthenticationFailure.nonceMismatch),
            ("r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", .nonceMismatch),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0", .iterationCountOutOfBounds(0)),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001", .iterationCountOutOfBounds(1_000_001)),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", .malformedMessage),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=**,i=4096", .malformedMessage),
            ("m=x,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", .malformedMessage),
            ("", .malformedMessage),
        ])
    func refused(_ message: String, _ failure: AuthenticationFailure) {
        var scram = exchange()
        #expect(throws: failure) { try scram.serverFirstReceived(Array(message.utf8)) }
    }

    @Test(
        "The header says how the login is bound",
        arguments: [
            (ChannelBinding.unsupported, "n,,"), (.notOffered, "y,,"),
            (.serverEndPoint([1]), "p=tls-server-end-point,,"),
        ])
    func header(_ binding: ChannelBinding, _ header: String) {
        #expect(String(decoding: exchange(binding).clientFirst, as: UTF8.self).hasPrefix(header))
    }

    @Test(
        "SASLprep: the examples of RFC 4013, section 3, and what PostgreSQL takes as it came",
        arguments: [
            ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX"),
            ("\u{07}", "\u{07}"), ("\u{0627}1", "\u{0627}1"), ("\u{A0}ö", " ö"), ("\u{FB01}🐘", "\u{FB01}🐘"),
            ("\u{AD}", "\u{AD}"), ("\u{FB01}\u{E000}", "\u{FB01}\u{E000}"), ("\u{FB01}\u{0627}", "\u{FB01}\u{0627}"),
        ])
    func saslprep(_ password: String, _ prepared: String) {
        #expect(SASLprep.prepare(password) == Array(prepared.utf8))
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
        dump(AuthenticationStateMachine(credentials), to: &dumped)
        dump(exchange(), to: &dumped)
        dump(FrontendMessage.password(SecretBytes("planted".utf8)), to: &dumped)
        dumped += "\(configuration) \(String(reflecting: configuration)) \(credentials) \(exchange())"
        #expect(!dumped.contains("planted"))
        #expect(!dumped.contains("pencil"))
        #expect(!dumped.contains("112, 108, 97"))
    }
}
