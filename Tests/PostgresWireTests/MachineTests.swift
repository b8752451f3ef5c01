import NIOCore
import SCRAM
import Testing

@testable import PostgresWire

@Suite("The machines, by scripts of event and action")
struct MachineTests {
    typealias Machine = ConnectionStateMachine

    static func machine(tls: Bool = false, password: String? = "pw", cleartext: Bool = false) -> Machine {
        Machine(
            Machine.Plan(
                purpose: .session(
                    [StartupParameter(name: "user", value: "u")],
                    AuthenticationStateMachine.Credentials(
                        username: "u", password: password.map { SecretText($0) }, allowsCleartextPassword: cleartext,
                        serverEndPoint: nil, nonce: "nonce")),
                wantsTLS: tls, maximumMessageSize: 1 << 20, maximumLoginMessageSize: 1 << 16, maximumDrainSize: 1_000))
    }

    /// A machine whose session is open.
    static func open() throws -> Machine {
        var machine = machine()
        _ = machine.connected()
        for message in try Transcript.decode(Transcript.login) { _ = machine.messageReceived(message) }
        #expect(machine.state == .idle)
        return machine
    }

    private let startup = FrontendMessage.startup([StartupParameter(name: "user", value: "u")])

    @Test("Without TLS the login begins at once and ends with ReadyForQuery")
    func login() throws {
        var machine = Self.machine()
        #expect(machine.connected() == .sendStartup(startup))
        let actions = try Transcript.decode(Transcript.login).map { machine.messageReceived($0) }
        #expect(actions == [.wait, .wait, .wait, .opened])
        #expect(machine.session.parameters == ["server_version": "15.5"])
        #expect(machine.session.backendKey == BackendKey(processID: 7, secret: 9))
    }

    @Test(
        "Answers to SSLRequest",
        arguments: [
            ("S", .upgradeTLS), ("N", .fail(.tlsNotSupported)), ("E", .decode),
            ("Sx", .fail(.unencryptedDataBeforeTLS(PeerExcerpt("Sx".utf8)))),
            ("SSH-2.0-x", .fail(.notPostgres(PeerExcerpt("SSH-2.0-x".utf8)))),
            ("Nx", .fail(.notPostgres(PeerExcerpt("Nx".utf8)))),
            ("HTTP/1.1", .fail(.notPostgres(PeerExcerpt("HTTP/1.1".utf8)))),
        ] as [(String, Machine.OpeningAction)])
    func tlsAnswers(_ answer: String, _ action: Machine.OpeningAction) {
        var machine = Self.machine(tls: true)
        #expect(machine.connected() == .sendSSLRequest)
        #expect(machine.negotiationBytesReceived(Array(answer.utf8)) == action)
    }

    @Test("Bytes that come while TLS is being put on are refused, and the login does not begin")
    func injected() {
        var machine = Self.machine(tls: true)
        _ = machine.connected()
        _ = machine.negotiationBytesReceived([UInt8(ascii: "S")])
        #expect(machine.readMode == .negotiation)
        #expect(
            machine.negotiationBytesReceived(Transcript.authenticationOk)
                == .fail(.unencryptedDataBeforeTLS(PeerExcerpt(Transcript.authenticationOk))))
        #expect(machine.upgradeSucceeded(TLSBinding(serverEndPoint: nil)) == .wait)
    }

    @Test("A server's error instead of an answer to SSLRequest is told")
    func refusedTLS() throws {
        var machine = Self.machine(tls: true)
        _ = machine.connected()
        _ = machine.negotiationBytesReceived([UInt8(ascii: "E")])
        let message = try #require(try Transcript.decode(Transcript.error("53300", severity: "FATAL")).first)
        guard case .close(.server(let error)) = machine.messageReceived(message) else {
            Issue.record("not told")
            return
        }
        #expect(error.sqlState == "53300")
    }

    @Test("The upgrade's error comes out unchanged; its success begins the login")
    func upgrade() {
        var machine = Self.machine(tls: true)
        _ = machine.connected()
        _ = machine.negotiationBytesReceived([UInt8(ascii: "S")])
        var failing = machine
        #expect(failing.upgradeFailed(ChannelError.eof) == .fail(.upgradeFailed(ChannelError.eof)))
        #expect(machine.upgradeSucceeded(TLSBinding(serverEndPoint: nil)) == .sendStartup(startup))
    }

    @Test(
        "Authentication requests",
        arguments: [
            (.cleartextPassword, true, .send([.password(SecretBytes("pw".utf8))])),
            (.cleartextPassword, false, .close(.cleartextPasswordRefused)),
            (
                .md5Password(salt: [1, 2, 3, 4]), false,
                .send([.password(MD5Password.response(username: "u", password: "pw", salt: [1, 2, 3, 4]))])
            ),
            (.other(7), true, .close(.unsupportedAuthenticationMethod("GSSAPI"))),
            (.other(9), true, .close(.unsupportedAuthenticationMethod("SSPI"))),
            (.other(2), true, .close(.unsupportedAuthenticationMethod("Kerberos 5"))),
            (.sasl(mechanisms: ["X"]), true, .close(.unsupportedAuthenticationMethod("SASL X"))),
            (.saslContinue([]), true, .close(.protocolViolation("An authentication request came out of turn."))),
            (
                .sasl(mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]), true,
                .send([.saslInitialResponse(mechanism: "SCRAM-SHA-256", SecretBytes("n,,n=,r=nonce".utf8))])
            ),
        ] as [(AuthenticationRequest, Bool, Machine.MessageAction)])
    func requests(_ request: AuthenticationRequest, _ cleartext: Bool, _ action: Machine.MessageAction) {
        var machine = Self.machine(cleartext: cleartext)
        _ = machine.connected()
        #expect(machine.messageReceived(.authentication(request)) == action)
    }

    @Test(
        "Which mechanism and binding, by what TLS gives and the server offers",
        arguments: [
            ([1], ["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"], "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,"),
            ([1], ["SCRAM-SHA-256"], "SCRAM-SHA-256", "y,,"), (nil, ["SCRAM-SHA-256"], "SCRAM-SHA-256", "n,,"),
        ] as [([UInt8]?, [String], String, String)])
    func bindings(_ endPoint: [UInt8]?, _ offered: [String], _ mechanism: String, _ header: String) {
        var machine = Self.machine(tls: true)
        _ = machine.connected()
        _ = machine.negotiationBytesReceived([UInt8(ascii: "S")])
        _ = machine.upgradeSucceeded(TLSBinding(serverEndPoint: endPoint))
        #expect(
            machine.messageReceived(.authentication(.sasl(mechanisms: offered)))
                == .send([.saslInitialResponse(mechanism: mechanism, SecretBytes("\(header)n=,r=nonce".utf8))]))
    }

    @Test("A server that lets the client in without its signature is not believed")
    func unverified() throws {
        var machine = Self.machine()
        _ = machine.connected()
        _ = machine.messageReceived(.authentication(.sasl(mechanisms: ["SCRAM-SHA-256"])))
        #expect(machine.messageReceived(.authentication(.ok)) == .close(.authenticationFailed(.serverNotVerified)))
    }

    @Test("No password, where one is wanted")
    func noPassword() {
        let requests: [AuthenticationRequest] = [
            .cleartextPassword, .md5Password(salt: []), .sasl(mechanisms: ["SCRAM-SHA-256"]),
        ]
        for request in requests {
            var machine = Self.machine(password: nil, cleartext: true)
            _ = machine.connected()
            #expect(machine.messageReceived(.authentication(request)) == .close(.passwordRequired))
        }
    }

    @Test("An extended query, message by message")
    func extended() throws {
        var machine = try Self.open()
        #expect(machine.querySubmitted(.extended) == .send)
        #expect(machine.querySubmitted(.extended) == .refuse(.busy))
        let actions = try Transcript.decode(Transcript.answer).map { machine.messageReceived($0) }
        #expect(actions.count == 9)
        #expect(actions[2] == .describe([PostgresColumn(name: "i", typeOID: 23, typeSize: 4)]))
        #expect(actions.suffix(2) == [.complete("SELECT 3"), .finish(nil)])
        #expect(machine.state == .idle)
    }

    @Test("An error is told with ReadyForQuery; one that ends the session is kept")
    func errors() throws {
        var machine = try Self.open()
        _ = machine.querySubmitted(.extended)
        let bytes = Transcript.error("22012") + Transcript.ready
        let actions = try Transcript.decode(bytes).map { machine.messageReceived($0) }
        guard case .finish(.server(let error)) = actions.last else {
            Issue.record("\(actions)")
            return
        }
        #expect(error.position == 3)
        let fatal = try #require(try Transcript.decode(Transcript.error("57P01", severity: "FATAL")).first)
        #expect(machine.messageReceived(fatal) == .wait)
        #expect(machine.session.lastError?.sqlState == "57P01")
        #expect(machine.channelEnded(nil) == .connectionClosed(machine.session.lastError))
    }

    @Test("COPY is refused; the extended protocol needs a second Sync")
    func copy() throws {
        for isExtended in [true, false] {
            var machine = try Self.open()
            _ = machine.querySubmitted(isExtended ? .extended : .simple)
            if isExtended {
                for message in [BackendMessage.parseComplete, .bindComplete, .noData] {
                    _ = machine.messageReceived(message)
                }
            }
            let fail = FrontendMessage.copyFail("COPY is not supported by this client.")
            #expect(machine.messageReceived(.copyInResponse) == .send(isExtended ? [fail, .sync] : [fail]))
            let end = Transcript.error("57014") + Transcript.ready
            let actions = try Transcript.decode(end).map { machine.messageReceived($0) }
            #expect(actions == [.wait, .finish(.copyNotSupported)])
        }
    }

    @Test("An abandoned query is thrown away up to the bound; the next waits for it")
    func abandoned() throws {
        var machine = try Self.open()
        _ = machine.querySubmitted(.extended)
        machine.queryAbandoned()
        #expect(machine.querySubmitted(.extended) == .wait)
        var kept = machine
        let within = kept.bytesDrained(1_000)
        #expect(within)
        let actions = try Transcript.decode(Transcript.answer).map { kept.messageReceived($0) }
        #expect(actions.last == .finish(nil))
        let over = machine.bytesDrained(1_001)
        #expect(!over)
        #expect(machine.state == .closed)
    }

    @Test("What is out of turn ends the connection with a failure value")
    func outOfTurn() throws {
        let all = try Transcript.decode(
            Transcript.login + Transcript.answer + Transcript.message("G") + Transcript.message("H")
                + Transcript.message("W") + Transcript.message("d") + Transcript.message("c") + Transcript.message("I")
                + Transcript.message("n") + Transcript.message("s") + Transcript.message("t", [0, 0])
                + Transcript.message("3")
                + Transcript.message("v", [0, 0, 0, 0, 0, 0, 0, 0]))
        for message in all {
            var idle = try Self.open()
            switch message {
            case .notice, .parameterStatus: continue
            default: break
            }
            guard case .close(.protocolViolation) = idle.messageReceived(message) else {
                Issue.record("\(message)")
                continue
            }
            #expect(idle.readMode == .nothing)
        }
    }
}
