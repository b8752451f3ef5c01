import NIOEmbedded
import Testing

@testable import HTTPWire

@Suite("Answers and where they end (RFC 9112, section 6)")
struct FramingTests {
    /// An answer as it comes, and what has to be made of it.
    struct Example: Sendable, CustomStringConvertible {
        var description: String
        var method = HTTPRequest.Method.get
        var bytes: String
        var status = 200
        var body = ""
        /// Whether the answer has ended before the peer hangs up.
        var endsByItself = true
        var keepsAlive = true
    }

    static let examples = [
        Example(
            description: "a length", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        Example(
            description: "chunks with extensions and trailers",
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "4;a=b\r\nwell\r\n4\r\nhead\r\n0\r\nDigest: x\r\n\r\n",
            body: "wellhead"),
        Example(
            description: "no length", bytes: "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nto the end", body: "to the end",
            endsByItself: false, keepsAlive: false),
        Example(
            description: "HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", body: "ok",
            keepsAlive: false),
        Example(
            description: "Connection: close",
            bytes: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", body: "ok", keepsAlive: false),
        Example(
            description: "the answer to HEAD", method: .head,
            bytes: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
        Example(description: "204", bytes: "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", status: 204),
        Example(
            description: "304", bytes: "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 9\r\n\r\n",
            status: 304),
        Example(
            description: "interim answers",
            bytes: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            body: "ok"),
        Example(
            description: "206",
            bytes: "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab",
            status: 206, body: "ab"),
        Example(
            description: "an empty body", bytes: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", status: 404),
    ]

    @Test("It is the same wherever the bytes are cut", arguments: examples)
    func cut(example: Example) throws {
        let bytes = Array(example.bytes.utf8)
        for cut in 0...bytes.count {
            let rig = try Rig()
            try rig.send(HTTPRequest(example.method, "/", host: "x.test"))
            rig.receive(bytes[..<cut])
            rig.receive(bytes[cut...])
            #expect(rig.hasEndedWell == example.endsByItself, "cut at \(cut)")
            #expect(rig.facts.isIdle == (example.endsByItself && example.keepsAlive), "cut at \(cut)")
            if !example.endsByItself { rig.hangUp() }
            #expect(rig.hasEndedWell, "cut at \(cut): \(String(describing: rig.failure))")
            #expect(rig.status == example.status)
            #expect(rig.bodyText == example.body)
        }
    }

    @Test("It is the same byte by byte, and the connection serves the next request", arguments: examples)
    func byteByByte(example: Example) throws {
        let rig = try Rig()
        for _ in 0..<(example.keepsAlive ? 3 : 1) {
            try rig.send(HTTPRequest(example.method, "/", host: "x.test"))
            for byte in example.bytes.utf8 { rig.receive([byte]) }
            if !example.endsByItself { rig.hangUp() }
            #expect(rig.status == example.status)
            #expect(rig.bodyText == example.body)
            #expect(rig.hasEndedWell)
        }
        #expect(rig.channel.isActive == example.keepsAlive)
    }

    @Test("An answer that is cut off is never taken for a whole one", arguments: examples)
    func truncated(example: Example) throws {
        let bytes = Array(example.bytes.utf8)
        // Without a length a body may end anywhere: there, only the head can be cut off.
        let end = example.endsByItself ? bytes.count : bytes.count - example.body.utf8.count
        for cut in 0..<end {
            let rig = try Rig()
            try rig.send(HTTPRequest(example.method, "/", host: "x.test"))
            rig.receive(bytes[..<cut])
            rig.hangUp()
            #expect(rig.failure == (cut == 0 ? .closedBeforeAnswer : .truncated), "cut at \(cut)")
            #expect(!rig.facts.isIdle)
        }
    }

    @Test("After a request that is the last one the connection is closed")
    func last() throws {
        let rig = try Rig()
        var request = HTTPRequest(.get, "/", host: "x.test")
        request.isLast = true
        try rig.send(request)
        #expect(try rig.sent().contains("Connection: close\r\n"))
        rig.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(rig.hasEndedWell)
        #expect(!rig.channel.isActive)
    }
}
