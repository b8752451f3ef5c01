import NIOCore
import SCRAM
import Testing

@testable import PostgresWire

@Suite("The codec")
struct CodecTests {
    private static let all =
        Transcript.login + Transcript.answer + Transcript.error("22012")
        + Transcript.message("R", [0, 0, 0, 5, 1, 2, 3, 4])
        + Transcript.message("R", [0, 0, 0, 10] + Transcript.text("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256") + [0])
        + Transcript.message("R", [0, 0, 0, 7])
        + Transcript.message("v", [0, 0, 0, 0, 0, 0, 0, 1] + Transcript.text("_pq_.x"))
        + Transcript.message("A", [1, 2, 3]) + Transcript.message("G", [0, 0, 0])

    @Test("Messages come out the same wherever the bytes are cut")
    func splitAnywhere() throws {
        let whole = try Transcript.decode(Self.all)
        #expect(whole.count == 20)
        for cut in 0...Self.all.count {
            var decoder = BackendDecoder()
            var messages: [BackendMessage] = []
            for part in [Self.all[..<cut], Self.all[cut...]] {
                decoder.append(ByteBuffer(bytes: part))
                while let next = try decoder.next(FrameRule(maximumSize: 1 << 16, isFirst: false)) {
                    messages.append(next)
                }
            }
            #expect(messages == whole)
        }
        var decoder = BackendDecoder()
        var messages: [BackendMessage] = []
        for byte in Self.all {
            decoder.append(ByteBuffer(bytes: [byte]))
            while let next = try decoder.next(FrameRule(maximumSize: 1 << 16, isFirst: false)) { messages.append(next) }
        }
        #expect(messages == whole)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("A message that is cut short inside is malformed, never a trap")
    func truncatedBodies() throws {
        let messages = [
            Transcript.key, Transcript.parameter, Transcript.column, Transcript.row("12"), Transcript.complete,
            Transcript.error("22012"), Transcript.message("R", [0, 0, 0, 5, 1, 2, 3, 4]), Transcript.ready,
        ]
        for message in messages {
            let body = message[5...]
            for length in 0..<body.count {
                #expect(throws: DecodingFailure.malformed(message[0])) {
                    try Transcript.decode(
                        Transcript.message(Character(Unicode.Scalar(message[0])), Array(body.prefix(length))))
                }
            }
            #expect(throws: DecodingFailure.malformed(message[0])) {
                try Transcript.decode(Transcript.message(Character(Unicode.Scalar(message[0])), body + [1]))
            }
        }
    }

    @Test(
        "A length that lies is refused before anything is kept",
        arguments: [
            ([0x44, 0xFF, 0xFF, 0xFF, 0xFF], DecodingFailure.length(-1, limit: 1 << 16)),
            ([0x44, 0, 0, 0, 3], .length(3, limit: 1 << 16)),
            ([0x44, 0x7F, 0xFF, 0xFF, 0xFF], .length(Int(Int32.max), limit: 1 << 16)),
            ([0x44, 0, 1, 0, 1], .length(65_537, limit: 1 << 16)),
            ([0x00], .unexpectedType(0)),
        ] as [([UInt8], DecodingFailure)])
    func lyingLengths(_ bytes: [UInt8], _ failure: DecodingFailure) {
        #expect(throws: failure) { try Transcript.decode(bytes) }
    }

    @Test("What the client says, byte for byte")
    func encoding() {
        func bytes(_ messages: FrontendMessage...) -> [UInt8] {
            var buffer = ByteBuffer()
            for message in messages { message.encode(into: &buffer) }
            return Array(buffer.readableBytesView)
        }
        #expect(bytes(.sslRequest) == [0, 0, 0, 8, 4, 210, 22, 47])
        #expect(
            bytes(.cancelRequest(BackendKey(processID: 1, secret: 2)))
                == [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2])
        #expect(
            bytes(.startup([StartupParameter(name: "user", value: "u")]))
                == [0, 0, 0, 16, 0, 3, 0, 0] + Transcript.text("user", "u") + [0])
        #expect(bytes(.query("x")) == Transcript.message("Q", Transcript.text("x")))
        #expect(
            bytes(.parse(name: "", "x", types: [23]))
                == Transcript.message("P", [0] + Transcript.text("x") + [0, 1, 0, 0, 0, 23]))
        #expect(
            bytes(.bind(statement: "", [.text("a"), .null], results: .binary))
                == Transcript.message(
                    "B", [0, 0, 0, 2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0x61, 255, 255, 255, 255, 0, 1, 0, 1]))
        #expect(bytes(.describePortal) == Transcript.message("D", [0x50, 0]))
        #expect(bytes(.execute(maximumRows: 5)) == Transcript.message("E", [0, 0, 0, 0, 5]))
        #expect(bytes(.sync, .terminate) == Transcript.message("S") + Transcript.message("X"))
        #expect(bytes(.password(SecretBytes([1]))) == Transcript.message("p", [1, 0]))
        #expect(
            bytes(.saslInitialResponse(mechanism: "M", SecretBytes([9])))
                == Transcript.message("p", Transcript.text("M") + [0, 0, 0, 1, 9]))
        #expect(bytes(.copyFail("no")) == Transcript.message("f", Transcript.text("no")))
    }

    @Test(
        "What answered is recognised by its first bytes",
        arguments: [
            (Array("SSH-2.0-OpenSSH_9.2\r\n".utf8), PeerExcerpt.Kind.ssh),
            (Array("HTTP/1.1 400 Bad Request\r\n".utf8), .http),
            ([0x4A, 0, 0, 0, 0x0A] + Array("5.5.5-10.11.6-MariaDB".utf8), .mySQL),
            ([0x45, 0, 0, 0, 0xFF] + Array("j\u{4}Host".utf8), .mySQL), ([0x15, 3, 3, 0, 2, 2, 40], .tls),
            (Array("220 mail ESMTP".utf8), .mailOrFile), (Array("-ERR unknown command".utf8), .redis),
            ([4, 1, 0, 0x2B, 0, 0], .tds), (Array("garbage".utf8), nil),
        ] as [([UInt8], PeerExcerpt.Kind?)])
    func peers(_ bytes: [UInt8], _ kind: PeerExcerpt.Kind?) {
        #expect(PeerExcerpt(bytes).kind == kind)
    }
}
