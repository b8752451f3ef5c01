import Testing

@testable import SCRAM

@Suite("SCRAM")
struct SCRAMExchangeTests {
    /// A whole exchange of the user `user`.
    struct Exchange: Sendable {
        var hash: SCRAMHash
        var password: String
        var nonce: String
        var serverFirst: String
        var clientFinal: String
        var serverFinal: String
    }

    static let exchanges = [
        // RFC 7677, section 3.
        Exchange(
            hash: .sha256, password: "pencil", nonce: "rOprNGfwEbeRWgbNEkqO",
            serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            clientFinal: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
        // MongoDB's specification "Authentication", section SCRAM-SHA-1; the password is the hash that MongoDB makes of it.
        Exchange(
            hash: .sha1, password: "1c33006ec1ffd90f9cadcbcc0e118200", nonce: "fyko+d2lbbFgONRv9qkxdawL",
            serverFirst:
                "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000",
            clientFinal:
                "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,p=MC2T8BvbmWRckDw8oWl5IVghwCY=",
            serverFinal: "v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0="),
    ]

    private func started(_ exchange: Exchange) -> SCRAMExchange {
        SCRAMExchange(
            exchange.hash, username: "user", password: SecretBytes(exchange.password.utf8), nonce: exchange.nonce,
            iterations: 4096...1_000_000)
    }

    @Test("The published exchanges are reproduced", arguments: exchanges)
    func published(exchange: Exchange) throws {
        var scram = started(exchange)
        #expect(String(decoding: scram.clientFirst, as: UTF8.self) == "n,,n=user,r=\(exchange.nonce)")
        let request = try scram.serverFirstReceived(Array(exchange.serverFirst.utf8))
        #expect(!scram.isProven)
        let final = try scram.saltedPasswordDerived(try request.derive())
        #expect(String(decoding: final, as: UTF8.self) == exchange.clientFinal)
        #expect(scram.isProven && !scram.isVerified)
        try scram.serverFinalReceived(Array(exchange.serverFinal.utf8))
        #expect(scram.isVerified)
        // Both sides are proven: there is no more to say.
        #expect(throws: AuthenticationFailure.malformedMessage) {
            try scram.serverFinalReceived(Array(exchange.serverFinal.utf8))
        }
    }

    @Test("A server that does not know the password is found out", arguments: exchanges)
    func impostor(exchange: Exchange) throws {
        var scram = started(exchange)
        let request = try scram.serverFirstReceived(Array(exchange.serverFirst.utf8))
        _ = try scram.saltedPasswordDerived(try request.derive())
        for forged in [
            "v=AAAA", exchange.serverFinal.replacing("v=6", with: "v=7").replacing("v=U", with: "v=V"),
        ] {
            #expect(throws: AuthenticationFailure.serverNotVerified) {
                try scram.serverFinalReceived(Array(forged.utf8))
            }
        }
        #expect(throws: AuthenticationFailure.refused("other-error")) {
            try scram.serverFinalReceived(Array("e=other-error".utf8))
        }
        #expect(!scram.isVerified)
    }

    @Test(
        "What a server may not say is refused",
        arguments: [
            ("r=other,s=AAAA,i=4096", AuthenticationFailure.nonceMismatch), ("r=nonce,s=AAAA,i=4096", .nonceMismatch),
            ("r=nonceX,s=AAAA,i=4095", .iterationCountOutOfBounds(4095)),
            ("r=nonceX,s=AAAA,i=0", .iterationCountOutOfBounds(0)),
            ("r=nonceX,s=AAAA,i=-1", .iterationCountOutOfBounds(-1)),
            ("r=nonceX,s=AAAA,i=1000001", .iterationCountOutOfBounds(1_000_001)),
            ("r=nonceX,s=,i=4096", .malformedMessage), ("r=nonceX,s=**,i=4096", .malformedMessage),
            ("r=nonceX,i=4096,s=AAAA", .malformedMessage), ("m=x,r=nonceX,s=AAAA,i=4096", .malformedMessage),
            ("r=nonceX,s=AAAA,i=x", .malformedMessage), ("", .malformedMessage),
        ])
    func refused(message: String, failure: AuthenticationFailure) {
        for least in [1, 4096] {
            var scram = SCRAMExchange(
                .sha256, password: SecretBytes("p".utf8), nonce: "nonce", iterations: least...1_000_000)
            guard failure != .iterationCountOutOfBounds(4095) || least == 4096 else {
                #expect(throws: Never.self) { try scram.serverFirstReceived(Array(message.utf8)) }
                continue
            }
            #expect(throws: failure) { try scram.serverFirstReceived(Array(message.utf8)) }
        }
    }

    @Test(
        "The header says how the login is bound, and the proof covers it",
        arguments: [
            (ChannelBinding.unsupported, "n,,", "biws"), (.notOffered, "y,,", "eSws"),
            (.serverEndPoint([1]), "p=tls-server-end-point,,", "cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAQ=="),
        ])
    func binding(_ binding: ChannelBinding, _ header: String, _ covered: String) throws {
        var scram = SCRAMExchange(
            .sha256, password: SecretBytes("p".utf8), nonce: "n", binding: binding, iterations: 1...1)
        #expect(String(decoding: scram.clientFirst, as: UTF8.self) == "\(header)n=,r=n")
        let request = try scram.serverFirstReceived(Array("r=nX,s=AAAA,i=1".utf8))
        let final = try scram.saltedPasswordDerived(try request.derive())
        #expect(String(decoding: final, as: UTF8.self).hasPrefix("c=\(covered),r=nX,p="))
    }

    @Test("Commas and equals signs of a name are escaped")
    func names() {
        let scram = SCRAMExchange(
            .sha1, username: "a=b,c", password: SecretBytes([]), nonce: "n", iterations: 1...1)
        #expect(String(decoding: scram.clientFirst, as: UTF8.self) == "n,,n=a=3Db=2Cc,r=n")
    }

    @Test("Secrets are not printed")
    func secrets() throws {
        var scram = SCRAMExchange(.sha256, password: SecretBytes("planted".utf8), nonce: "n", iterations: 1...1)
        let request = try scram.serverFirstReceived(Array("r=nX,s=AAAA,i=1".utf8))
        var dumped = "\(scram) \(request) \(String(reflecting: scram)) \(String(reflecting: request))"
        dump(scram, to: &dumped)
        dump(request, to: &dumped)
        #expect(!dumped.contains("planted"))
        #expect(!dumped.contains("112, 108, 97"))
    }
}
