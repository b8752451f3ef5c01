import NIOCore
import NIOEmbedded
import Testing

@testable import MongoWire
@testable import SCRAM

@Suite("A connection against a scripted server")
struct HandlerTests {
    private static let user = Credential.password(username: "user", password: "pencil", source: "admin", mechanism: nil)

    @Test("Without a login hello is enough")
    func greeting() throws {
        let rig = try Rig()
        let hello = try rig.sent()
        #expect(hello?.body.map(\.name).first == "hello")
        #expect(hello?.body["$db"] == "admin")
        #expect(hello?.body["client"]?.document?["application"]?.document?["name"] == "test")
        try rig.answer(hello, Rig.hello)
        #expect(rig.server?.kind == .standalone)
    }

    @Test("A server that does not know hello is asked by its older name, once")
    func older() throws {
        let rig = try Rig()
        try rig.answer(
            try rig.sent(), ["ok": 0, "code": 59, "codeName": "CommandNotFound", "errmsg": "no such command"])
        let older = try rig.sent()
        #expect(older?.body.map(\.name).first == "isMaster")
        try rig.answer(older, ["ismaster": true, "maxWireVersion": 6, "ok": 1])
        #expect(rig.isOpen)
        #expect(rig.server?.question == "isMaster")
    }

    @Test("A server without OP_MSG is too old")
    func tooOld() throws {
        let rig = try Rig()
        try rig.answer(try rig.sent(), ["ismaster": true, "maxWireVersion": 5, "ok": 1])
        #expect(rig.error == .serverTooOld(wireVersion: 5))
    }

    private static func payload(_ text: String, done: Bool = false) -> [(name: String, value: BSONValue)] {
        [("conversationId", 7), ("done", .boolean(done)), ("payload", .binary(subtype: 0, Array(text.utf8)))]
    }

    @Test("The login begins with hello and ends when the server has proven itself", arguments: [true, false])
    func speculative(skipsEmptyExchange: Bool) throws {
        let exchange = SCRAMTests.exchanges[0]
        let rig = try Rig(credential: Self.user)
        let hello = try rig.sent()
        let begin = hello?.body["speculativeAuthenticate"]?.document
        #expect(begin?["mechanism"] == "SCRAM-SHA-256")
        #expect(begin?["db"] == "admin")
        #expect(begin?["payload"] == .binary(subtype: 0, Array("n,,n=user,r=\(Rig.nonce)".utf8)))
        #expect(hello?.body["saslSupportedMechs"] == "admin.user")
        let first = BSONDocument(Self.payload(exchange.serverFirst))
        try rig.answer(hello, BSONDocument(Array(Rig.hello) + [("speculativeAuthenticate", .document(first))]))
        try rig.derive()
        let proof = try rig.sent()
        #expect(proof?.body["saslContinue"] == 1)
        #expect(proof?.body["conversationId"] == 7)
        #expect(proof?.body["$db"] == "admin")
        #expect(proof?.body["payload"] == .binary(subtype: 0, Array(exchange.clientFinal.utf8)))
        try rig.answer(
            proof, BSONDocument(Self.payload(exchange.serverFinal, done: skipsEmptyExchange) + [("ok", 1)]))
        if !skipsEmptyExchange {
            #expect(!rig.isOpen)
            let empty = try rig.sent()
            #expect(empty?.body["payload"] == .binary(subtype: 0, []))
            try rig.answer(empty, BSONDocument(Self.payload("", done: true) + [("ok", 1)]))
        }
        #expect(rig.isOpen)
    }

    @Test(
        "Where hello does not carry the login, the user's best mechanism is taken",
        arguments: [
            (["SCRAM-SHA-1", "SCRAM-SHA-256"], "SCRAM-SHA-256"), (["SCRAM-SHA-1"], "SCRAM-SHA-1"), (nil, "SCRAM-SHA-1"),
        ] as [([String]?, String)])
    func mechanisms(offered: [String]?, chosen: String) throws {
        let rig = try Rig(credential: Self.user)
        let names = offered.map { [("saslSupportedMechs", BSONValue.array(.list($0.map { .string($0) })))] } ?? []
        try rig.answer(try rig.sent(), BSONDocument(Array(Rig.hello) + names.map { (name: $0.0, value: $0.1) }))
        let start = try rig.sent()
        #expect(start?.body["saslStart"] == 1)
        #expect(start?.body["mechanism"] == .string(chosen))
        try rig.answer(
            start, ["ok": 0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed."])
        #expect(
            rig.error
                == .loginRefused(
                    MongoServerError(code: 18, codeName: "AuthenticationFailed", message: "Authentication failed.")))
    }

    @Test("An answer for a mechanism that the user does not have is not followed")
    func pretence() throws {
        let rig = try Rig(credential: Self.user)
        let first = BSONDocument(Self.payload(SCRAMTests.exchanges[0].serverFirst))
        try rig.answer(
            try rig.sent(),
            BSONDocument(
                Array(Rig.hello) + [
                    ("speculativeAuthenticate", .document(first)),
                    ("saslSupportedMechs", .array(.list(["SCRAM-SHA-1"]))),
                ]))
        #expect(try rig.sent()?.body["mechanism"] == "SCRAM-SHA-1")
    }

    /// U+0007 is one that SASLprep prohibits; SHA-1 takes any password.
    @Test("A password that SHA-256 does not allow is tried by SHA-1", arguments: [true, false])
    func onlyOlder(isSpoken: Bool) throws {
        let rig = try Rig(
            credential: .password(username: "user", password: "\u{7}", source: "admin", mechanism: nil))
        let hello = try rig.sent()
        #expect(hello?.body["speculativeAuthenticate"]?.document?["mechanism"] == "SCRAM-SHA-1")
        #expect(hello?.body["saslSupportedMechs"] == "admin.user")
        let first = Self.payload("r=\(Rig.nonce)X,s=AAAA,i=4096")
        let spoken: [(name: String, value: BSONValue)] =
            isSpoken ? [("speculativeAuthenticate", .document(BSONDocument(first)))] : []
        let both = BSONValue.array(.list(["SCRAM-SHA-1", "SCRAM-SHA-256"]))
        try rig.answer(hello, BSONDocument(Array(Rig.hello) + spoken + [("saslSupportedMechs", both)]))
        if isSpoken {
            #expect(rig.request?.iterations == 4096)
        } else {
            #expect(try rig.sent()?.body["mechanism"] == "SCRAM-SHA-1")
        }
    }

    @Test("A password that the wanted mechanism does not allow is not sent")
    func notAllowed() throws {
        #expect(throws: MongoWireError.self) {
            try Rig(
                credential: .password(
                    username: "user", password: "\u{7}", source: "admin", mechanism: .scramSHA256))
        }
    }

    @Test("A user with foreign mechanisms only is not tried")
    func foreign() throws {
        let rig = try Rig(credential: Self.user)
        try rig.answer(
            try rig.sent(), BSONDocument(Array(Rig.hello) + [("saslSupportedMechs", .array(.list(["GSSAPI"])))]))
        #expect(rig.error == .noCommonMechanism(["GSSAPI"]))
    }

    @Test("A server that lets in without a proof is not believed")
    func unproven() throws {
        let rig = try Rig(credential: Self.user)
        let first = BSONDocument(Self.payload(SCRAMTests.exchanges[0].serverFirst, done: true))
        try rig.answer(try rig.sent(), BSONDocument(Array(Rig.hello) + [("speculativeAuthenticate", .document(first))]))
        #expect(rig.error == .authenticationFailed(.serverNotVerified))
    }

    @Test("A certificate logs in with hello, or after it", arguments: [true, false])
    func certificate(speculative: Bool) throws {
        let rig = try Rig(credential: .certificate)
        let hello = try rig.sent()
        #expect(
            hello?.body["speculativeAuthenticate"]
                == .document(["authenticate": 1, "mechanism": "MONGODB-X509", "db": "$external"]))
        let accepted: [(name: String, value: BSONValue)] =
            speculative ? [("speculativeAuthenticate", .document([:]))] : []
        try rig.answer(hello, BSONDocument(Array(Rig.hello) + accepted))
        if !speculative {
            let named = try rig.sent()
            #expect(named?.body == ["authenticate": 1, "mechanism": "MONGODB-X509", "$db": "$external"])
            try rig.answer(named, ["ok": 1])
        }
        #expect(rig.isOpen)
    }

    @Test("One command runs at a time, and a given up answer is thrown away")
    func commands() throws {
        let rig = try Rig()
        try rig.answer(try rig.sent(), Rig.hello)
        rig.run(["ping": 1])
        let ping = try rig.sent()
        rig.handler.abandon(1)
        #expect(throws: MongoWireError.cancelled) { try rig.reply?.get() }
        rig.run(["ping": 1], ticket: 2)
        #expect(throws: MongoWireError.busy) { try rig.reply?.get() }
        try rig.answer(ping, ["ok": 1])
        #expect(!rig.handler.isRunning)
        rig.run(["ping": 1], ticket: 3)
        try rig.answer(try rig.sent(), ["ok": 1, "n": 3], flags: .checksumPresent)
        #expect(try rig.reply?.get()["n"] == 3)
    }

    @Test("What nobody asked for ends the connection", arguments: [true, false])
    func unasked(moreToCome: Bool) throws {
        let rig = try Rig()
        try rig.answer(try rig.sent(), Rig.hello)
        rig.run(["ping": 1])
        let ping = try rig.sent()
        if moreToCome {
            try rig.answer(ping, ["ok": 1], flags: .moreToCome)
        } else {
            try rig.answer(nil, ["ok": 1])
        }
        #expect(throws: MongoWireError.self) { try rig.reply?.get() }
        #expect(!rig.channel.isActive)
    }

    @Test("A message above the bound ends the connection before it is stored")
    func bounds() throws {
        let early = try Rig(loginLimit: 1000)
        _ = try early.sent()
        try early.receive([0xE9, 3, 0, 0])
        #expect(early.error == .notMongo(PeerExcerpt([0xE9, 3, 0, 0])))
        let rig = try Rig(limit: 1000)
        try rig.answer(try rig.sent(), Rig.hello)
        rig.run(["ping": 1])
        try rig.receive([0xE9, 3, 0, 0])
        #expect(throws: MongoWireError.messageTooLarge(size: 1001, limit: 1000)) { try rig.reply?.get() }
        #expect(!rig.channel.isActive)
    }

    @Test(
        "Something else than MongoDB is told by its first bytes",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "N", "220 mail ESMTP\r\n"])
    func others(words: String) throws {
        let rig = try Rig()
        try rig.receive(words.utf8)
        _ = try? rig.channel.finish()
        #expect(rig.error == .notMongo(PeerExcerpt(words.utf8)))
    }

    @Test("A server that hangs up is told as that")
    func hangup() throws {
        let rig = try Rig()
        _ = try? rig.channel.finish()
        #expect(rig.error == .connectionClosed)
    }

    @Test("TLS comes first, and its failure is the connection's")
    func tls() throws {
        struct Broken: Error {}
        let good = try Rig(upgrade: TLSUpgrade { $0.eventLoop.makeSucceededVoidFuture() })
        #expect(try good.sent()?.body.map(\.name).first == "hello")
        let bad = try Rig(upgrade: TLSUpgrade { $0.eventLoop.makeFailedFuture(Broken()) })
        #expect(bad.error == .upgradeFailed(Broken()))
        #expect(try bad.sent() == nil)
    }

    @Test("A password is in no description of what holds it")
    func secrets() {
        let configuration = MongoConnection.Configuration(credential: Self.user, applicationName: "x")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("pencil"))
        #expect(!"\(configuration) \(String(reflecting: configuration))".contains("pencil"))
    }
}
