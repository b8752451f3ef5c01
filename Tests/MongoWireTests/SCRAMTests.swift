import Testing

@testable import MongoWire

@Suite("SCRAM")
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

    private func started(_ exchange: Exchange) throws -> SCRAMExchange {
        let password = try exchange.mechanism.prepared(username: "user", password: "pencil")
        return SCRAMExchange(exchange.mechanism, username: "user", password: password, nonce: exchange.nonce)
    }

    @Test("The published exchanges are reproduced", arguments: exchanges)
    func published(exchange: Exchange) throws {
        var scram = try started(exchange)
        #expect(String(decoding: scram.clientFirst, as: UTF8.self) == "n,,n=user,r=\(exchange.nonce)")
        let request = try scram.serverFirstReceived(Array(exchange.serverFirst.utf8))
        let final = try scram.saltedPasswordDerived(try request.derive())
        #expect(String(decoding: final, as: UTF8.self) == exchange.clientFinal)
        try scram.serverFinalReceived(Array(exchange.serverFinal.utf8))
        // Both sides are proven: there is no more to say.
        #expect(throws: AuthenticationFailure.malformedMessage) {
            try scram.serverFinalReceived(Array(exchange.serverFinal.utf8))
        }
    }

    @Test("A server that does not know the password is found out", arguments: exchanges)
    func impostor(exchange: Exchange) throws {
        var scram = try started(exchange)
        let request = try scram.serverFirstReceived(Array(exchange.serverFirst.utf8))
        _ = try scram.saltedPasswordDerived(try request.derive())
        #expect(throws: AuthenticationFailure.serverNotVerified) { try scram.serverFinalReceived(Array("v=AAAA".utf8)) }
    }

    @Test(
        "What a server may not say is refused",
        arguments: [
            ("r=other,s=AAAA,i=4096", AuthenticationFailure.nonceMismatch), ("r=nonce,s=AAAA,i=4096", .nonceMismatch),
            ("r=nonceX,s=AAAA,i=4095", .iterationCountOutOfBounds(4095)),
            ("r=nonceX,s=AAAA,i=1000001", .iterationCountOutOfBounds(1_000_001)),
            ("r=nonceX,s=,i=4096", .malformedMessage),
            ("r=nonceX,i=4096,s=AAAA", .malformedMessage), ("", .malformedMessage),
            ("r=nonceX,s=AAAA,i=x", .malformedMessage),
        ])
    func refused(message: String, failure: AuthenticationFailure) {
        var scram = SCRAMExchange(.scramSHA256, username: "a", password: SecretBytes("p".utf8), nonce: "nonce")
        #expect(throws: failure) { try scram.serverFirstReceived(Array(message.utf8)) }
    }

    @Test("Commas and equals signs of a name are escaped")
    func names() {
        let scram = SCRAMExchange(.scramSHA1, username: "a=b,c", password: SecretBytes([]), nonce: "n")
        #expect(String(decoding: scram.clientFirst, as: UTF8.self) == "n,,n=a=3Db=2Cc,r=n")
    }

    @Test("Passwords are prepared by SASLprep for SCRAM-SHA-256 only")
    func preparation() throws {
        // RFC 4013, section 3.
        #expect(SASLprep.prepare("I\u{AD}X") == Array("IX".utf8))
        #expect(SASLprep.prepare("\u{AA}") == Array("a".utf8))
        #expect(SASLprep.prepare("\u{2168}") == Array("IX".utf8))
        #expect(SASLprep.prepare("\u{7}") == nil)
        #expect(SASLprep.prepare("\u{627}\u{31}") == nil)
        #expect(throws: MongoWireError.self) {
            try PasswordMechanism.scramSHA256.prepared(username: "a", password: "\u{7}")
        }
        // MD5 of "user:mongo:pencil", which MongoDB's specification names.
        #expect(
            try PasswordMechanism.scramSHA1.prepared(username: "user", password: "pencil").bytes
                == Array("1c33006ec1ffd90f9cadcbcc0e118200".utf8))
    }
}
