import HTTPWire
import NIOCore
import Route
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("A record's web server, asked by its way")
struct HTTPClientTests {
    private func client(_ server: HTTPServer, _ login: (String?, String?) = (nil, nil)) -> HTTPClient {
        let source = DataSource(
            driver: .rest, endpoint: Endpoint(host: "127.0.0.1", port: server.port),
            login: SourceModel.Login(username: login.0, password: login.1.map { Secret($0) }), database: nil,
            scheme: .direct(.plain), options: SourceOptions())
        return HTTPClient(source, route: .loopback, credentials: HTTPCredentials(source.login, header: nil))
    }

    private func get(_ client: HTTPClient, _ target: String) async throws -> (HTTPAnswer, String) {
        let answer = try await client.send(.init(target: target), stage: .open, journal: StageJournal())
        return (answer, String(buffer: try await answer.collect(upTo: 1 << 20, in: .open)))
    }

    @Test("Redirects are followed, and the login stays with its own server")
    func redirected() async throws {
        let other = try await HTTPServer.start(files: ["b": "from elsewhere"])
        let server = try await HTTPServer.start(
            .init(lines: [
                "location = /near { return 302 /a; }", "location = /relative { add_header Location a; return 307; }",
                "location = /away { return 301 http://127.0.0.1:\(other.port)/b; }",
            ]), files: ["a": "from here"])
        let client = client(server, ("reader", "p@ss:wörd"))
        for path in ["/a", "/near"] {
            let (answer, text) = try await get(client, path)
            #expect(answer.status == 200)
            #expect(text == "from here")
        }
        let (answer, text) = try await get(client, "/away")
        #expect(text == "from elsewhere")
        #expect(answer.redirects == 1)
        #expect(answer.location.origin.port == other.port)
        #expect(try await server.requests.allSatisfy { $0.authorization == "Basic cmVhZGVyOnBAc3M6d8O2cmQ=" })
        #expect(try await other.requests.map(\.authorization) == [nil])
        // Three calls and the redirects between them went over one connection; the other server's is closed.
        #expect(try await Set(server.requests.map(\.connection)).count == 1)
        try await eventually("the other server's connection is closed") { Sockets.connections(to: other.port) == 0 }
        await client.close()
        await server.stop()
        await other.stop()
    }

    @Test(
        "Redirects that lead nowhere end, and say why",
        arguments: [
            ("/loop", "a redirect in a circle"), ("/one", "a redirect in a circle"),
            ("/many/1", "the redirect number 6 in a row"), ("/ftp", "an address that cannot be followed"),
            ("/login", "an address that cannot be followed"),
        ])
    func refused(path: String, says: String) async throws {
        let server = try await HTTPServer.start(
            .init(lines: [
                "location = /loop { return 302 /loop; }", "location = /one { return 302 /two; }",
                "location = /two { return 302 /one; }", "location ~ ^/many/(.*)$ { return 302 /many/1$1; }",
                "location = /ftp { return 302 ftp://x.test/; }",
                "location = /login { return 302 http://user:secret@127.0.0.1/; }",
            ]))
        let failure = try await #require(throws: SourceFailure.self) { _ = try await get(client(server), path) }
        #expect(failure.code == .httpStatus)
        #expect(failure.stage == .open)
        #expect(failure.message.contains(says), "\(failure.message)")
        #expect(!failure.message.contains("secret"))
        #expect(try await server.requests.count <= HTTPClient.redirectLimit + 1)
        let inStatement = try await #require(throws: SourceFailure.self) {
            _ = try await client(server).send(.init(target: path), stage: .query, journal: StageJournal())
        }
        #expect(inStatement.stage == .query)
        await server.stop()
    }

    @Test("A redirect to TLS at the same host says first that ssl is to be set")
    func upgrade() async throws {
        let secure = try await HTTPServer.start(.init(certificate: Certificates.shared.server(.good)))
        let server = try await HTTPServer.start(
            .init(lines: ["location = /a { return 301 https://127.0.0.1:\(secure.port)/a; }"]))
        let failure = try await #require(throws: SourceFailure.self) { _ = try await get(client(server), "/a") }
        #expect(failure.stage == .tls)
        #expect(failure.hint.hasPrefix("Set ssl to true, and port to \(secure.port)."), "\(failure.hint)")
        for each in [server, secure] { await each.stop() }
    }

    @Test("What a server says of its answer is bounded, and the login that it says back is hidden")
    func bounded() async throws {
        let type = "Planted-Token/" + String(repeating: "a", count: 5000)
        let peer = try await FaultyServer.start(
            .answers([
                Array(
                    "HTTP/1.1 200 planted-token\r\nContent-Type: x/planted-token\r\nContent-Length: 0\r\n\r\n".utf8),
                Array("HTTP/1.1 200 \(type)\r\nContent-Type: \(type)\r\nContent-Length: 0\r\n\r\n".utf8),
            ]))
        let source = DataSource(
            driver: .rest, endpoint: Endpoint(host: "127.0.0.1", port: peer.port),
            login: SourceModel.Login(username: nil, password: Secret("planted-token")), database: nil,
            scheme: .direct(.plain), options: SourceOptions())
        let client = HTTPClient(
            source, route: .loopback, credentials: HTTPCredentials(source.login, header: nil))
        let short = try await get(client, "/").0
        #expect(short.mediaType == "x/\(Secret.mask)")
        #expect(short.statusLine == "200 OK")
        #expect(try await get(client, "/").0.mediaType?.count == 100)
        await client.close()
        await peer.stop()
    }

    @Test(
        "Who reads away a body that stays away is told when the time is over, and what has no length is not waited for",
        arguments: [("Content-Length: 100", true), ("Transfer-Encoding: chunked", false)])
    func staysAway(framing: String, isWaitedFor: Bool) async throws {
        let peer = try await FaultyServer.start(.answers([Array("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n".utf8)]))
        let source = DataSource(
            driver: .rest, endpoint: Endpoint(host: "127.0.0.1", port: peer.port),
            login: SourceModel.Login(username: nil, password: nil), database: nil, scheme: .direct(.plain),
            options: SourceOptions())
        let client = HTTPClient(source, route: .loopback, credentials: .none)
        let answer = try await client.send(.init(target: "/"), stage: .open, journal: StageJournal())
        let task = Task { try await answer.discard(in: .open) }
        if isWaitedFor {
            task.cancel()
            let failure = try await #require(throws: SourceFailure.self) { try await task.value }
            #expect(failure.code == .deadlineExceeded)
        } else {
            try await task.value
        }
        await client.close()
        await peer.stop()
    }

    @Test(
        "A login that is said back is hidden, however its letters are escaped",
        arguments: [
            #"p"a&<ü/ 😀'"#, "p%22a%26%3C%C3%BC%2F%20%F0%9F%98%80%27", "p%22a%26%3c%c3%bc%2f+%f0%9f%98%80'",
            "p&quot;a&amp;&lt;ü/ 😀&#39;", "p&#34;a&#38;&#x3c;&#xfc;&#x2F;&#32;&#128512;&#039;",
            #"p\"a&<\u00fc\/ \ud83d\ude00'"#,
            #"p\u0022a\u0026\u003C\u00FC/\u0020\uD83D\uDE00\u0027"#,
        ])
    func spellings(spelled: String) {
        let login = HTTPCredentials.bearer(Secret(#"p"a&<ü/ 😀'"#))
        func shown(_ text: String) -> String {
            String(decoding: login.hidden(in: Array(text.utf8), isCut: false), as: UTF8.self)
        }
        #expect(shown("No \(spelled), no.") == "No \(Secret.mask), no.")
        // Where a text is cut within a secret, the part that is there says too much already.
        let bytes = Array(spelled.utf8)
        for count in 1..<bytes.count {
            let cut = login.hidden(in: Array("No ".utf8) + bytes.prefix(count), isCut: true)
            #expect(String(decoding: cut, as: UTF8.self) == "No \(Secret.mask)", "\(count)")
        }
        #expect(shown("p\"a&<ü/ 😀 is another one") == "p\"a&<ü/ 😀 is another one")
    }

    @Test("A connection that the server has closed while it idled is opened again without a word")
    func idledOut() async throws {
        let server = try await HTTPServer.start(files: ["a": "a"])
        let client = client(server)
        #expect(try await get(client, "/a").1 == "a")
        await server.stop()
        try await server.start()
        #expect(try await get(client, "/a").1 == "a")
        #expect(try await server.requests.count == 2)
        await client.close()
        await server.stop()
    }

    @Test("Conditions, ranges and heads can be asked for")
    func conditions() async throws {
        let server = try await HTTPServer.start(files: ["a.csv": "id,name\n1,a\n"])
        let client = client(server)
        let (whole, _) = try await get(client, "/a.csv")
        let tag = try #require(whole.fields.first("ETag"))
        #expect(whole.mediaType == "text/csv")
        let same = try await client.send(
            .init(target: "/a.csv", fields: [("If-None-Match", tag)]), stage: .open, journal: StageJournal())
        #expect(same.status == 304)
        let part = try await client.send(
            .init(target: "/a.csv", fields: [("Range", "bytes=3-6")]), stage: .open, journal: StageJournal())
        #expect(part.status == 206)
        #expect(String(buffer: try await part.collect(upTo: 10, in: .open)) == "name")
        let head = try await client.send(.init(method: .head, target: "/a.csv"), stage: .open, journal: StageJournal())
        #expect(head.fields.first("Content-Length") == "12")
        #expect(try await head.next(in: .open) == nil)
        #expect(try await Set(server.requests.map(\.connection)).count == 1)
        await client.close()
        await server.stop()
    }

    @Test(
        "A refusal says the first words of the server, without markup and without the login that it says back",
        arguments: [
            ("return 404", FailureCode.fileNotFound), ("return 403", .fileForbidden), ("return 401", .fileForbidden),
            ("return 503", .httpStatus),
        ])
    func words(directive: String, code: FailureCode) async throws {
        let server = try await HTTPServer.start(
            .init(lines: [
                "location / { default_type text/html; \(directive) '<p>No, <b>you</b>: $http_authorization</p>'; }"
            ]))
        let client = client(server, (nil, "planted-token"))
        let answer = try await client.send(.init(target: "/a"), stage: .open, journal: StageJournal())
        let failure = await HTTPRefusals.ofFile(answer, named: "a")
        #expect(failure.code == code)
        #expect(failure.server?.text == "No, you : Bearer ********")
        await client.close()
        await server.stop()
    }

    @Test(
        "What is no web server is told by what it says",
        arguments: [
            ("SSH-2.0-OpenSSH_9.2p1\r\n", FailureCode.notThisDriver, "An SSH server answered"),
            ("\u{15}\u{03}\u{01}\u{00}\u{02}\u{02}F", .tlsRequired, "speaks TLS only"),
            ("220 mail.test ESMTP\r\n", .notThisDriver, "mail or file server"),
        ])
    func otherServers(greeting: String, code: FailureCode, says: String) async throws {
        let bytes = greeting.unicodeScalars.map { UInt8($0.value & 0xFF) }
        let peer = try await FaultyServer.start(.says(bytes))
        let source = DataSource(
            driver: .rest, endpoint: Endpoint(host: "127.0.0.1", port: peer.port),
            login: SourceModel.Login(username: nil, password: nil), database: nil, scheme: .direct(.plain),
            options: SourceOptions())
        let client = HTTPClient(source, route: .loopback, credentials: .none)
        let failure = try await #require(throws: SourceFailure.self) { _ = try await get(client, "/") }
        #expect(failure.stage == .login)
        #expect(failure.code == code)
        #expect(failure.message.contains(says), "\(failure.message)")
        await peer.stop()
    }
}
