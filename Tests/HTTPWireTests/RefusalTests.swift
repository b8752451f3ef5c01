import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPWire

@Suite("What is no answer")
struct RefusalTests {
    @Test(
        "Other servers are told from web servers by what they say first",
        arguments: [
            "SSH-2.0-OpenSSH_9.2p1\r\n", "220 mail.test ESMTP\r\n", "-ERR unknown command\r\n", "\u{15}\u{03}\u{01}",
            "J\0\0\0\u{0A}5.5.5-10.11.6-MariaDB\0", "<html>no head</html>", "\0\0\0\0", "HTP/1.1 200 OK\r\n\r\n",
        ])
    func otherServers(greeting: String) throws {
        let rig = try Rig()
        try rig.send()
        rig.receive(greeting)
        rig.hangUp()
        #expect(rig.failure == .notHTTP(HTTPExcerpt(greeting.utf8)))
        #expect(!rig.channel.isActive)
    }

    /// Heads that two readers could read in two ways, or that lie about what follows.
    static let lies = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: nameless\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 two hundred\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello",
    ]

    @Test("A head that lies is refused, wherever it is cut", arguments: lies)
    func liars(bytes: String) throws {
        let bytes = Array(bytes.utf8)
        for cut in [0, 1, bytes.count / 2, bytes.count - 1] {
            let rig = try Rig()
            try rig.send()
            rig.receive(bytes[..<cut])
            rig.receive(bytes[cut...])
            guard case .malformedAnswer? = rig.failure else {
                Issue.record("cut at \(cut): \(String(describing: rig.failure)), \(rig.bodyText)")
                continue
            }
            #expect(!rig.channel.isActive)
            #expect(!rig.facts.isIdle)
        }
    }

    @Test(
        "A head without end is not gathered",
        arguments: [
            ("HTTP/1.1 200 ", "x"), ("HTTP/1.1 200 OK\r\nA: ", "x"), ("HTTP/1.1 200 OK\r\n", "x"),
            ("HTTP/1.1 200 OK\r\n", "A: b\r\n"), ("", "HTTP/1.1 100 Continue\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"),
        ])
    func endless(start: String, more: String) throws {
        let rig = try Rig()
        try rig.send()
        rig.receive(start)
        let piece = String(repeating: more, count: 1000)
        var sent = 0
        while rig.failure == nil, sent < 1 << 20 {
            rig.receive(piece)
            sent += piece.utf8.count
        }
        #expect(rig.failure == .headTooLarge)
        #expect(sent <= HTTPHeadGate.limit + 2 * piece.utf8.count)
        #expect(!rig.channel.isActive)
    }

    @Test("A head of 256 fields is read, one of 257 is not", arguments: [(256, true), (257, false)])
    func fields(count: Int, isRead: Bool) throws {
        let rig = try Rig()
        try rig.send()
        rig.receive("HTTP/1.1 204 No Content\r\n" + (0..<count).map { "F\($0): v\r\n" }.joined() + "\r\n")
        #expect(rig.status == (isRead ? 204 : nil))
        #expect(rig.failure == (isRead ? nil : .headTooLarge))
    }

    @Test(
        "What comes behind an answer, or without a request, ends the connection and is no answer to the next request",
        arguments: ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "rubbish", "\0"])
    func unasked(bytes: String) throws {
        for together in [true, false] {
            let rig = try Rig()
            try rig.send()
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            if together {
                rig.receive(answer + bytes)
            } else {
                rig.receive(answer)
                #expect(rig.facts.isIdle)
                rig.receive(bytes)
            }
            #expect(rig.bodyText == "ok")
            #expect(rig.hasEndedWell)
            #expect(!rig.channel.isActive)
            #expect(!rig.facts.isIdle)
            try rig.send()
            #expect(rig.failure == .closedBeforeAnswer)
        }
    }

    @Test("A failure of the channel says whether the answer had begun", arguments: [true, false])
    func broken(afterHead: Bool) throws {
        let rig = try Rig()
        try rig.send()
        if afterHead { rig.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe") }
        rig.channel.pipeline.fireErrorCaught(ChannelError.inputClosed)
        #expect(rig.failure == .channelFailed(ChannelError.inputClosed, beforeAnswer: !afterHead))
        #expect(rig.failure?.isBeforeAnswer == !afterHead)
        #expect(!rig.channel.isActive)
    }
}
