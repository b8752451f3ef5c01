import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPWire

@Suite("Requests, and the pace of reading")
struct ExchangeTests {
    @Test("A request goes out as RFC 9112 writes it")
    func request() throws {
        let rig = try Rig()
        try rig.send(HTTPRequest(.get, "/a?b=c%20d", host: "x.test:81", fields: [("Accept", "text/csv"), ("X", "ü")]))
        #expect(try rig.sent() == "GET /a?b=c%20d HTTP/1.1\r\nHost: x.test:81\r\nAccept: text/csv\r\nX: ü\r\n\r\n")
    }

    static let injections = [
        HTTPRequest(.get, "/ HTTP/1.1\r\nX: y", host: "x.test"), HTTPRequest(.get, "/a b", host: "x.test"),
        HTTPRequest(.get, "a", host: "x.test"), HTTPRequest(.get, "", host: "x.test"),
        HTTPRequest(.get, "/ü", host: "x.test"), HTTPRequest(.get, "/", host: "x.test\r\nX: y"),
        HTTPRequest(.get, "/", host: ""), HTTPRequest(.init("GET / HTTP/1.1\r\n"), "/", host: "x.test"),
        HTTPRequest(.init(""), "/", host: "x.test"),
        HTTPRequest(.get, "/", host: "x.test", fields: [("A", "b\r\nC: d")]),
        HTTPRequest(.get, "/", host: "x.test", fields: [("A", "b\0")]),
        HTTPRequest(.get, "/", host: "x.test", fields: [("A: b\r\nC", "d")]),
        HTTPRequest(.get, "/", host: "x.test", fields: [("", "d")]),
        HTTPRequest(.get, "/", host: "x.test", fields: [("content-length", "5")]),
        HTTPRequest(.get, "/", host: "x.test", fields: [("Transfer-Encoding", "chunked")]),
        HTTPRequest(.get, "/", host: "x.test", fields: [("HOST", "y.test")]),
        HTTPRequest(.get, "/" + String(repeating: "a", count: HTTPRequest.headLimit), host: "x.test"),
    ]

    @Test("A request that could be read as another one is not sent", arguments: injections.indices)
    func injected(index: Int) throws {
        let rig = try Rig()
        do {
            try rig.send(Self.injections[index])
            Issue.record("It was sent: \(try rig.sent())")
        } catch {
            guard case .invalidRequest? = error as? HTTPWireError else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(try rig.sent().isEmpty)
        #expect(rig.facts.isIdle)
    }

    @Test("A second request has to wait until the body of the first is read")
    func busy() throws {
        let rig = try Rig()
        try rig.send(reading: false)
        rig.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        let first = try #require(try rig.answer?.get())
        try rig.send()
        #expect(rig.failure == .busy)
        rig.readOn(first.delivery.value)
        rig.receive("llo")
        #expect(rig.hasEndedWell)
        try rig.send()
        #expect(rig.failure == nil)
    }

    @Test("Nothing is read from the channel before somebody asks for it")
    func backPressure() throws {
        let rig = try Rig()
        try rig.send(reading: false)
        let asked = rig.reads.count
        rig.receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        rig.receive("5\r\nhello\r\n")
        #expect(rig.reads.count == asked)
        let answer = try #require(try rig.answer?.get())
        rig.readOn(answer.delivery.value, once: true)
        #expect(rig.bodyText == "hello")
        #expect(rig.reads.count == asked)
        rig.readOn(answer.delivery.value, once: true)
        #expect(rig.reads.count == asked + 1)
        // A read that brings nothing but a chunk's size is followed by another one.
        rig.receive("5\r\n")
        #expect(rig.reads.count == asked + 2)
        rig.receive("world\r\n")
        #expect(rig.bodyText == "helloworld")
        #expect(rig.reads.count == asked + 2)
    }

    @Test("A body that nobody wants any more closes the connection")
    func abandoned() throws {
        let rig = try Rig()
        try rig.send(reading: false)
        rig.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        rig.handler.abandon(try #require(try rig.answer?.get()).delivery.value)
        #expect(!rig.channel.isActive)
        #expect(!rig.facts.isIdle)
    }

    @Test("A body that was read to its end does not close the connection when it is let go")
    func letGo() throws {
        let rig = try Rig()
        try rig.send()
        rig.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let first = try #require(try rig.answer?.get()).delivery.value
        try rig.send()
        rig.handler.abandon(first)
        rig.receive("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo")
        #expect(rig.bodyText == "two")
        #expect(rig.hasEndedWell)
    }

    @Test("Fields are found in any case, lists are taken apart, repeated ones kept in order")
    func fields() {
        let fields = HTTPFields([("Link", "<a>; rel=\"next\""), ("VARY", "a, b"), ("vary", " c "), ("X-Total", "9")])
        #expect(fields.first("x-total") == "9")
        #expect(fields["Vary"] == ["a, b", " c "])
        #expect(fields.list("Vary") == ["a", "b", "c"])
        #expect(fields.first("none") == nil)
        #expect(fields.count == 4)
    }

    @Test("An excerpt is printable and bounded")
    func excerpt() {
        #expect(HTTPExcerpt("a\\\r\n\u{1B}".utf8).description == "a\\x5C\\x0D\\x0A\\x1B")
        #expect(HTTPExcerpt(Array(repeating: 65, count: 1000)).bytes.count == 64)
    }
}
