import NIOCore
import Testing

@testable import MySQLWire

@Suite("The connection's machine")
struct ConnectionStateMachineTests {
    typealias Action = ConnectionStateMachine.Action

    // MARK: Greeting and login

    @Test("A greeting is answered by the login, and OK opens the connection")
    func login() {
        var script = MachineScript(MachineScript.settings(database: "shop"))
        let expected = HandshakeResponse(
            capabilities: ServerSide.everything.subtracting(.tls), maximumMessageSize: 1 << 26, username: "ann",
            authentication: NativePassword.answer(
                to: ServerSide.nonce, password: Password(bytes: Array("secret".utf8))),
            database: "shop", pluginName: "mysql_native_password", attributes: ["program_name": "wellhead"])
        #expect(script.receive(ServerSide.greeting(), from: 0) == [.login(expected)])
        #expect(script.receive(ServerSide.ok(), from: 2) == [.loginAccepted])
        #expect(script.machine.greeting?.connectionID == 77)
    }

    @Test("The login's bytes are those of the protocol: flags, size, collation, name, answer, plugin, attributes")
    func loginBytes() {
        var script = MachineScript(MachineScript.settings(password: "", database: "shop"))
        script.receive(ServerSide.greeting(), from: 0)
        let expected = ServerSide.bytes(
            """
            550000 01 09a23801 00000004 2d 0000000000000000000000000000000000000000000000
            616e6e00 00 73686f7000 6d7973716c5f6e61746976655f70617373776f726400
            16 0c70726f6772616d5f6e616d65 0877656c6c68656164
            """)
        #expect(script.sent.readableBytesView.dropFirst(8).elementsEqual(expected.readableBytesView.dropFirst(8)))
        let flags = script.sent.getInteger(at: 4, endianness: .little, as: UInt32.self)
        #expect(flags == ServerSide.everything.subtracting(.tls).rawValue)
        #expect(script.sent.getInteger(at: 3, as: UInt8.self) == 1)
    }

    @Test("Neither LOCAL FILES nor several statements or results nor compression are ever offered")
    func neverOffered() {
        for bit in [5, 7, 16, 17, 18, 22, 23, 26] {
            #expect(!Capabilities.offered.contains(Capabilities(rawValue: 1 << bit)))
        }
    }

    @Test(
        "A refusal in place of the greeting is the server's error, with whichever number", arguments: [0, 1] as [UInt8])
    func refusedAtOnce(number: UInt8) {
        var script = MachineScript()
        let refusal = ServerSide.error(1040, nil, "Too many connections")
        #expect(
            script.receive(refusal, from: number)
                == [.fail(.server(ServerError(code: 1040, sqlState: nil, message: "Too many connections")))])
    }

    @Test(
        "What is no MySQL is told with its first bytes",
        arguments: [
            "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail ESMTP\r\n",
            "-ERR unknown\r\n", "RFB 003.008\n", "\u{5}\0\0\0\u{B}\u{8}\u{5}\u{1A}\0",
        ])
    func notMySQL(banner: String) {
        var script = MachineScript()
        let actions = script.receive(bytes: ByteBuffer(string: banner)) + [script.machine.closed()]
        #expect(actions.first { $0 != .wait } == .fail(.notMySQL(excerpt: Array(banner.utf8.prefix(64)))))
    }

    @Test("The excerpt of what answered is bounded")
    func excerptIsBounded() {
        var script = MachineScript()
        let actions = script.receive(bytes: ByteBuffer(repeating: 0x41, count: 4096))
        #expect(actions == [.fail(.notMySQL(excerpt: [UInt8](repeating: 0x41, count: 64)))])
        #expect(script.machine.bufferedBytes == 0)
    }

    @Test("A closing before any byte, and a greeting of an old protocol, are told apart from nonsense")
    func otherBeginnings() {
        var silent = MachineScript()
        #expect(silent.machine.closed() == .fail(.closedByServer(during: .greeting)))
        var old = MachineScript()
        #expect(
            old.receive(ServerSide.greeting(protocolVersion: 9), from: 0)
                == [.fail(.unsupportedServer("protocol version 9"))])
    }

    @Test("A packet out of sequence during the login ends it")
    func sequence() {
        var script = MachineScript()
        script.receive(ServerSide.greeting(), from: 0)
        #expect(script.receive(ServerSide.ok(), from: 3) == [.fail(.protocolViolation("packets in sequence"))])
    }

    // MARK: TLS

    @Test("With TLS the login waits for it, and goes on counting")
    func tls() {
        var script = MachineScript(MachineScript.settings(wantsTLS: true))
        let request = SSLRequest(
            capabilities: ServerSide.everything.subtracting(.connectWithDatabase), maximumMessageSize: 1 << 26)
        #expect(script.receive(ServerSide.greeting(), from: 0) == [.upgrade(request)])
        #expect(script.sent.readableBytes == 36)
        script.note(script.machine.upgradeCompleted())
        #expect(script.sent.getInteger(at: 36 + 3, as: UInt8.self) == 2)
        #expect(script.receive(ServerSide.ok(), from: 3) == [.loginAccepted])
    }

    @Test("A server without TLS gets nothing where TLS is wanted")
    func noTLS() {
        var script = MachineScript(MachineScript.settings(wantsTLS: true))
        let greeting = ServerSide.greeting(capabilities: ServerSide.everything.subtracting(.tls))
        #expect(script.receive(greeting, from: 0) == [.fail(.tlsNotSupported)])
        #expect(script.sent.readableBytes == 0)
    }

    @Test(
        "Bytes between the greeting and TLS are refused, together with the greeting or after it",
        arguments: [true, false])
    func injected(together: Bool) {
        var script = MachineScript(MachineScript.settings(wantsTLS: true))
        if together {
            let actions = script.receive(ServerSide.greeting(), ServerSide.ok(), from: 0)
            #expect(actions == [.fail(.bytesBeforeTLS)])
        } else {
            script.receive(ServerSide.greeting(), from: 0)
            #expect(script.receive(ServerSide.ok(), from: 2) == [.fail(.bytesBeforeTLS)])
        }
        #expect(script.machine.upgradeCompleted() == .wait)
    }

    @Test("A closing during the upgrade is left to the upgrade to tell")
    func closedDuringUpgrade() {
        var script = MachineScript(MachineScript.settings(wantsTLS: true))
        script.receive(ServerSide.greeting(), from: 0)
        #expect(script.machine.closed() == .wait)
        #expect(script.machine.upgradeCompleted() == .fail(.closedByServer(during: .upgrade)))
    }

    // MARK: Authentication

    @Test("The server switches the plugin, MariaDB more than once")
    func switches() {
        var script = MachineScript()
        script.receive(ServerSide.greeting(plugin: "caching_sha2_password"), from: 0)
        let nonce = [UInt8](1...20)
        let native = NativePassword.answer(to: nonce, password: Password(bytes: Array("secret".utf8)))
        let challenge = Array(0..<32) as [UInt8]
        guard
            case .send(let signature) = Ed25519Password.answer(
                to: challenge, password: Password(bytes: Array("secret".utf8)))
        else {
            Issue.record("no signature")
            return
        }
        #expect(
            script.receive(ServerSide.switchPlugin("client_ed25519", nonce: challenge), from: 2)
                == [.sendAuthentication(signature)])
        #expect(
            script.receive(ServerSide.switchPlugin("mysql_native_password", nonce: nonce + [0]), from: 4)
                == [.sendAuthentication(native)])
        #expect(script.receive(ServerSide.ok(), from: 6) == [.loginAccepted])
    }

    @Test(
        "A plugin that is not spoken is named",
        arguments: ["dialog", "auth_gssapi_client", "parsec", "authentication_webauthn_client", "mysql_old_password"])
    func unsupported(plugin: String) {
        var script = MachineScript()
        script.receive(ServerSide.greeting(), from: 0)
        let payload =
            plugin == "mysql_old_password"
            ? ByteBuffer(bytes: [0xFE]) : ServerSide.switchPlugin(plugin, nonce: ServerSide.nonce)
        #expect(script.receive(payload, from: 2) == [.fail(.authenticationPluginUnsupported(plugin: plugin))])
    }

    @Test("A server that asks for the clear password without TLS does not get it")
    func clearPassword() {
        var script = MachineScript()
        script.receive(ServerSide.greeting(plugin: "mysql_clear_password"), from: 0)
        #expect(
            script.receive(ServerSide.switchPlugin("mysql_clear_password", nonce: []), from: 2)
                == [.fail(.plaintextPasswordRefused(plugin: "mysql_clear_password"))])
        #expect(!String(buffer: script.sent).contains("secret"))
    }

    @Test("A server that never comes to a verdict is given up")
    func endlessSwitching() {
        var script = MachineScript()
        script.receive(ServerSide.greeting(), from: 0)
        var number: UInt8 = 2
        while script.actions.count < 100 {
            let actions = script.receive(
                ServerSide.switchPlugin("mysql_native_password", nonce: ServerSide.nonce), from: number)
            number &+= 2
            if case .fail(let error)? = actions.last {
                #expect(error == .protocolViolation("a verdict within 16 messages of the login"))
                return
            }
        }
        Issue.record("it went on for ever")
    }

    @Test("Before the login a message above 1 MiB is refused")
    func loginBound() {
        var script = MachineScript()
        script.receive(ServerSide.greeting(), from: 0)
        #expect(
            script.receive(bytes: ByteBuffer(bytes: [1, 0, 0x10, 2]))
                == [.fail(.messageTooLarge(announced: 0x10_0001, limit: 1 << 20))])
    }

    // MARK: Commands

    @Test("A text result set", arguments: [true, false])
    func textRows(deprecatesEOF: Bool) throws {
        let capabilities = deprecatesEOF ? ServerSide.everything : ServerSide.everything.subtracting(.deprecateEOF)
        var script = MachineScript.loggedIn(capabilities: capabilities)
        #expect(script.request(1, .query("SELECT n")) == [.send(.query("SELECT n"))])
        let column = try #require(ColumnDefinition(payload: ServerSide.column("n")))
        var payloads = [ByteBuffer(integer: 1 as UInt8), ServerSide.column("n")]
        if !deprecatesEOF { payloads.append(ServerSide.endOfFile()) }
        payloads += [ServerSide.textRow(["a"]), ServerSide.textRow([nil]), ServerSide.textRow([""])]
        payloads.append(
            deprecatesEOF ? ServerSide.ok(first: 0xFE, warnings: 3) : ServerSide.endOfFile(warnings: 3))
        let actions = script.receive(bytes: ServerSide.packets(payloads, from: 1))
        #expect(
            actions == [
                .rowsBegan(id: 1, [column], .text), .row(ServerSide.textRow(["a"])), .row(ServerSide.textRow([nil])),
                .row(ServerSide.textRow([""])),
                .requestSucceeded(id: 1, CommandSummary(warnings: 3, status: [.init(rawValue: 2)])),
            ])
    }

    @Test("An exchange chopped anywhere gives the same actions")
    func chopped() throws {
        var payload = ServerSide.packets([ServerSide.greeting()], from: 0)
        payload.writeImmutableBuffer(ServerSide.packets([ServerSide.ok()], from: 2))
        payload.writeImmutableBuffer(
            ServerSide.packets(
                [
                    ServerSide.prepared(9, columns: 1, parameters: 1), ServerSide.column("?"), ServerSide.column("n"),
                ], from: 1))
        payload.writeImmutableBuffer(
            ServerSide.packets(
                [
                    ByteBuffer(integer: 1 as UInt8), ServerSide.column("n"), ByteBuffer(bytes: [0, 0, 1, 0x61]),
                    ServerSide.ok(first: 0xFE),
                ], from: 1))
        func run(_ lengths: [Int]) throws -> [Action] {
            var script = MachineScript()
            script.request(1, .execute("SELECT ?", [.int(5)]))
            var rest = payload
            for length in lengths {
                let part = rest.readSlice(length: length)
                script.receive(bytes: try #require(part))
            }
            return script.actions
        }
        let whole = try run([payload.readableBytes])
        #expect(whole.count == 8)
        #expect(whole.contains(.send(.execute(statement: 9, parameters: [.int(5)]))))
        #expect(whole.suffix(2).first == .send(.closeStatement(9)))
        for split in 0...payload.readableBytes { #expect(try run([split, payload.readableBytes - split]) == whole) }
        #expect(try run([Int](repeating: 1, count: payload.readableBytes)) == whole)
    }

    @Test("An error leaves the connection usable, also among the rows")
    func errors() {
        var script = MachineScript.loggedIn()
        let error = ServerSide.error(1064, "42000", "You have an error in your SQL syntax")
        let expected = MySQLWireError.server(
            ServerError(code: 1064, sqlState: "42000", message: "You have an error in your SQL syntax"))
        script.request(1, .query("SELEC"))
        #expect(script.receive(error, from: 1) == [.requestFailed(id: 1, expected)])
        script.request(2, .query("SELECT n"))
        let actions = script.receive(
            ByteBuffer(integer: 1 as UInt8), ServerSide.column("n"), ServerSide.textRow(["a"]), error, from: 1)
        #expect(actions.last == .requestFailed(id: 2, expected))
        #expect(script.request(3, .ping) == [.send(.ping)])
        #expect(script.receive(ServerSide.ok(), from: 1).count == 1)
    }

    @Test("A statement with another number of parameters is closed and not executed")
    func parameterCount() {
        var script = MachineScript.loggedIn()
        script.request(1, .execute("SELECT ?", []))
        let actions = script.receive(
            ServerSide.prepared(4, columns: 0, parameters: 1), ServerSide.column("?"), from: 1)
        #expect(
            actions == [
                .send(.closeStatement(4)), .requestFailed(id: 1, .parameterCountMismatch(expected: 1, given: 0)),
            ])
    }

    @Test("A request for a local file ends the connection", arguments: [true, false])
    func localInfile(isPrepared: Bool) {
        var script = MachineScript.loggedIn()
        script.request(1, isPrepared ? .execute("LOAD", []) : .query("LOAD"))
        if isPrepared { script.receive(ServerSide.prepared(1, columns: 0, parameters: 0), from: 1) }
        let request = ByteBuffer(string: "\u{FB}/etc/passwd")
        var payload = ByteBuffer(integer: 0xFB as UInt8)
        payload.writeImmutableBuffer(request)
        #expect(script.receive(payload, from: 1) == [.fail(.localInfileRequested)])
        #expect(script.request(2, .ping) == [.requestFailed(id: 2, .localInfileRequested)])
    }

    @Test("Requests wait for the one before; one made while rows are read is refused")
    func order() {
        var script = MachineScript.loggedIn()
        script.request(1, .ping)
        #expect(script.request(2, .ping) == [])
        #expect(script.receive(ServerSide.ok(), from: 1).suffix(1) == [.send(.ping)])
        script.receive(ServerSide.ok(), from: 1)
        script.request(3, .query("SELECT n"))
        script.receive(ByteBuffer(integer: 1 as UInt8), ServerSide.column("n"), from: 1)
        #expect(script.request(4, .ping) == [.requestFailed(id: 4, .rowsOutstanding)])
    }

    @Test("What nobody wants any more is thrown away, and the next request follows")
    func abandoned() {
        var script = MachineScript.loggedIn()
        script.request(1, .query("SELECT n"))
        script.receive(ByteBuffer(integer: 1 as UInt8), ServerSide.column("n"), ServerSide.textRow(["a"]), from: 1)
        script.machine.abandoned(id: 1)
        #expect(script.request(2, .ping) == [])
        #expect(script.receive(ServerSide.textRow(["b"]), ServerSide.ok(first: 0xFE), from: 4) == [.send(.ping)])
    }

    @Test("Too much that nobody wants closes the connection")
    func drainBound() {
        var script = MachineScript.loggedIn(MachineScript.settings(maximumDrain: 10))
        script.request(1, .query("SELECT n"))
        script.receive(ByteBuffer(integer: 1 as UInt8), ServerSide.column("n"), from: 1)
        script.machine.abandoned(id: 1)
        #expect(script.receive(ServerSide.textRow(["0123456789"]), from: 3) == [.fail(.cancelled)])
    }

    @Test("A statement that nobody wants any more is closed and not executed")
    func abandonedStatement() {
        var script = MachineScript.loggedIn()
        script.request(1, .execute("DELETE", []))
        script.machine.abandoned(id: 1)
        #expect(
            script.receive(ServerSide.prepared(8, columns: 0, parameters: 0), from: 1) == [.send(.closeStatement(8))])
        #expect(script.request(2, .ping) == [.send(.ping)])
    }

    @Test("A server that says between commands why it ends is heard; one that talks is not")
    func unasked() {
        var ended = MachineScript.loggedIn()
        #expect(
            ended.receive(ServerSide.error(1053, "08S01", "Server shutdown in progress"), from: 0)
                == [.fail(.server(ServerError(code: 1053, sqlState: "08S01", message: "Server shutdown in progress")))])
        var chatty = MachineScript.loggedIn()
        #expect(chatty.receive(ServerSide.ok(), from: 1) == [.fail(.protocolViolation("silence between commands"))])
    }

    @Test("Closing says goodbye where nothing is under way")
    func closing() {
        var idle = MachineScript.loggedIn()
        #expect(idle.machine.closeRequested() == .quit)
        #expect(idle.request(1, .ping) == [.requestFailed(id: 1, .connectionClosed)])
        var busy = MachineScript.loggedIn()
        busy.request(1, .ping)
        #expect(busy.machine.closeRequested() == .fail(.connectionClosed))
    }

    @Test(
        "A response that breaks the protocol ends the connection",
        arguments: [
            [ByteBuffer()], [ByteBuffer(bytes: [0xFC, 0xFF])], [ByteBuffer(bytes: [0xFC, 0xFF, 0xFF])],
            [ByteBuffer(bytes: [0xFF])], [ByteBuffer(bytes: [0x00, 0xFC])],
            [ByteBuffer(integer: 1 as UInt8), ByteBuffer(bytes: [3, 0x64])],
            [ByteBuffer(integer: 1 as UInt8), ServerSide.column("n"), ByteBuffer(bytes: [0xFE, 0, 0])],
            [ServerSide.bytes("00 00 00 0a00 0000")],
        ])
    func violations(payloads: [ByteBuffer]) {
        var script = MachineScript.loggedIn()
        script.request(1, .query("SELECT n"))
        script.receive(bytes: ServerSide.packets(payloads, from: 1))
        guard case .fail(.protocolViolation)? = script.actions.last else {
            Issue.record("\(String(describing: script.actions.last))")
            return
        }
    }
}
