import SCRAM
import Testing

@testable import MongoWire

@Suite("SCRAM as MongoDB has it")
struct SCRAMTests {
    /// A whole exchange of user `user` with the password `pencil`.
    struct Exchange: Sendable {
        var mechanism: PasswordMechanism
        var nonce: String
        var serverFirst: String
        var clientFinal: String
        var serverFinal: String
    }

    static let exchanges = [
        // RFC 7677, section 3.
        Exchange(
            mechanism: .scramSHA256, nonce: "rOprNGfwEbeRWgbNEkqO",
            serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            clientFinal: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
        // MongoDB's specification "Authentication", section SCRAM-SHA-1.
        Exchange(
            mechanism: .scramSHA1, nonce: "fyko+d2lbbFgONRv9qkxdawL",
            serverFirst:
                "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000",
            clientFinal:
                "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,p=MC2T8BvbmWRckDw8oWl5IVghwCY=",
            serverFinal: "v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0="),
    ]

    @Test(
        "The iterations that MongoDB may ask for are bounded", arguments: PasswordMechanism.allCases,
        [(4095, false), (4096, true), (1_000_000, true), (1_000_001, false)])
    func iterations(mechanism: PasswordMechanism, bound: (count: Int, isTaken: Bool)) throws {
        let credential = Credential.password(username: "u", password: "p", source: "admin", mechanism: mechanism)
        var machine = try AuthenticationStateMachine(credential, nonce: "n")
        let payload = Array("r=nX,s=AAAA,i=\(bound.count)".utf8)
        let action = machine.greetingReceived([
            "speculativeAuthenticate": .document(["conversationId": 1, "payload": .binary(subtype: 0, payload)])
        ])
        if bound.isTaken {
            guard case .derive = action else {
                Issue.record("\(action)")
                return
            }
        } else {
            #expect(action == .fail(.authenticationFailed(.iterationCountOutOfBounds(bound.count))))
        }
    }

    @Test("Passwords are prepared by SASLprep for SCRAM-SHA-256 only")
    func preparation() throws {
        // RFC 4013, section 3.
        for (password, prepared) in [("I\u{AD}X", "IX"), ("\u{AA}", "a"), ("\u{2168}", "IX")] {
            #expect(
                try PasswordMechanism.scramSHA256.prepared(username: "a", password: password)
                    == SecretBytes(prepared.utf8))
        }
        for password in ["\u{7}", "\u{627}\u{31}"] {
            #expect(throws: MongoWireError.self) {
                try PasswordMechanism.scramSHA256.prepared(username: "a", password: password)
            }
        }
        // MD5 of "user:mongo:pencil", which MongoDB's specification names.
        #expect(
            try PasswordMechanism.scramSHA1.prepared(username: "user", password: "pencil").bytes
                == Array("1c33006ec1ffd90f9cadcbcc0e118200".utf8))
    }
}
