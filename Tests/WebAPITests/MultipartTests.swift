import NIOCore
import Testing

@testable import WebAPI

@Suite("Multipart bodies are taken apart")
struct MultipartTests {
    /// What a body was taken apart into, pieces joined.
    struct Part: Equatable {
        var head: PartHead
        var bytes: [UInt8] = []
        var isWhole = false
    }

    /// Feeds a body in pieces.
    static func parts(_ body: [UInt8], boundary: String = "b", pieces size: Int = 1 << 20) throws -> [Part] {
        var parser = MultipartParser(boundary: try #require(MultipartBoundary(boundary)))
        var parts: [Part] = []
        var hasEnded = false
        var rest = body[...]
        while !rest.isEmpty {
            parser.receive(ByteBuffer(bytes: rest.prefix(size)))
            rest = rest.dropFirst(size)
            while let action = try parser.next() {
                #expect(!hasEnded)
                switch action {
                case .partBegan(let head): parts.append(Part(head: head))
                case .bytes(let bytes):
                    #expect(bytes.readableBytes > 0)
                    parts[parts.count - 1].bytes += bytes.readableBytesView
                case .partEnded: parts[parts.count - 1].isWhole = true
                case .bodyEnded: hasEnded = true
                }
            }
        }
        try parser.finish()
        #expect(hasEnded)
        #expect(!parts.contains { !$0.isWhole })
        return parts
    }

    private static func head(_ name: String, _ fileName: String?) throws -> PartHead {
        let file = fileName.map { "; filename=\"\($0)\"" } ?? ""
        return try PartHead(lines: [Array("Content-Disposition: form-data; name=\"\(name)\"\(file)".utf8)])
    }

    private static func file(_ content: String, _ name: String = "a.csv") -> String {
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n\r\n\(content)\r\n"
    }

    static let bodies: [(body: String, contents: [String])] = [
        (file("1,2\n") + "--b--\r\n", ["1,2\n"]),
        (file("1") + file("2", "b.csv") + "--b--", ["1", "2"]),
        (file("") + "--b--\r\n", [""]),
        // RFC 2046: the line break before the boundary may be the one that ended the header.
        ("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n--b--\r\n", [""]),
        ("before\r\n" + file("1") + "--b--\r\nafter\r\n--b\r\n", ["1"]),
        (file("1").replacing("--b\r\n", with: "--b \t\r\n") + "--b--  \r\n", ["1"]),
        (file("\r\n--a\r\n-\r\n--\r\r\n\r\r\n--\nb\r\n") + "--b--\r\n", ["\r\n--a\r\n-\r\n--\r\r\n\r\r\n--\nb\r\n"]),
        (file("\r\r\n\r\n--") + "--b--\r\n", ["\r\r\n\r\n--"]),
    ]

    @Test("wherever their bytes are split", arguments: bodies.indices)
    func split(index: Int) throws {
        let (body, contents) = Self.bodies[index]
        let bytes = Array(body.utf8)
        let whole = try Self.parts(bytes)
        #expect(whole.map { String(decoding: $0.bytes, as: UTF8.self) } == contents)
        for size in 1..<bytes.count { #expect(try Self.parts(bytes, pieces: size) == whole) }
    }

    @Test("Any bytes come through, with any boundary")
    func anything() throws {
        var random = SystemRandomNumberGenerator()
        for boundary in ["b", "--", "-", "------------------------d74496d66958873e", String(repeating: "x", count: 70)]
        {
            let hostile = Array("\r\n--\(boundary.dropLast())\r\n-\r\n--".utf8)
            var content: [UInt8] = []
            for _ in 0..<200 {
                content += hostile.prefix(Int.random(in: 0...hostile.count, using: &random))
                content.append(UInt8.random(in: 0...255, using: &random))
            }
            let delimiter = Array("\r\n--\(boundary)".utf8)
            // By chance the boundary could stand there; it is chosen by who knows the content.
            guard !content.indices.contains(where: { content[$0...].starts(with: delimiter) }) else { continue }
            let start = "--\(boundary)\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n"
            let body = Array(start.utf8) + content + delimiter + Array("--".utf8)
            for size in [1, 2, 3, 7, 64, 1000, body.count] {
                #expect(try Self.parts(body, boundary: boundary, pieces: size).map(\.bytes) == [content])
            }
        }
    }

    @Test("A body that was changed anywhere is taken apart or refused, and nothing of it is held back")
    func mutated() throws {
        var random = SystemRandomNumberGenerator()
        let whole = Array((Self.file("1,2\r\n\r\n--") + Self.file("", "b.csv") + "--b--\r\n").utf8)
        for _ in 0..<3000 {
            var body = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[place] = UInt8.random(in: 0...255, using: &random)
                case 1: body.remove(at: place)
                default: body.insert(contentsOf: body.prefix(place).suffix(9), at: place)
                }
            }
            let size = Int.random(in: 1...body.count, using: &random)
            let split = Result { try Self.parts(body, pieces: size) }
            let joined = Result { try Self.parts(body) }
            // However it comes, it means the same.
            #expect((try? split.get()) == (try? joined.get()), "\(body)")
        }
    }

    @Test("A body that ends at any byte before its last boundary is refused")
    func cut() throws {
        let body = Array((Self.file("1,2\n") + Self.file("3", "b.csv") + "--b--").utf8)
        for count in 0..<body.count {
            #expect(throws: MultipartFault.self, "\(count)") { try Self.parts(Array(body.prefix(count))) }
        }
        #expect(try Self.parts(body).count == 2)
    }

    static let refused: [(body: String, what: String)] = [
        ("no boundary", "it has no boundary"), (String(repeating: "x", count: 20_000), "it has no boundary"),
        ("--bc\r\n", "a boundary does not end its line"), ("--b\n", "a boundary does not end its line"),
        ("--b" + String(repeating: " ", count: 300) + "\r\n", "many blanks"),
        ("--b\r\n\r\nx\r\n--b--", "a part has no Content-Disposition"),
        ("--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", "a part has no Content-Disposition with a name"),
        ("--b\r\nContent-Disposition: attachment; name=\"x\"\r\n\r\nx\r\n--b--", "is not form-data"),
        ("--b\r\nContent-Disposition: form-data; name=\"x\r\n\r\nx\r\n--b--", "cannot be read"),
        ("--b\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--b--", "cannot be read"),
        (
            "--b\r\nContent-Disposition: form-data; name=a\r\ncontent-disposition: form-data; name=b\r\n\r\nx\r\n--b--",
            "two Content-Dispositions"
        ),
        ("--b\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nx\r\n--b--", "is folded"),
        ("--b\r\nContent-Disposition\r\n\r\nx\r\n--b--", "no field"), ("--b\r\n: x\r\n\r\nx\r\n--b--", "no field"),
        ("--b\r\nContent-Disposition: form-data; name=a\n\r\nx\r\n--b--", "does not end as lines do"),
        ("--b\r\nX: a\rb\r\n\r\nx\r\n--b--", "holds what no line does"),
        ("--b\r\nX: a\0b\r\n\r\nx\r\n--b--", "holds what no line does"),
        ("--b\r\nX: " + String(repeating: "x", count: 9000), "more than 8192 bytes"),
        ("--b\r\n" + String(repeating: "X: x\r\n", count: 2000), "more than 8192 bytes"),
        (
            "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n",
            "has parts itself"
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            "Content-Transfer-Encoding base64"
        ),
        ("--b\r\nContent-Disposition: form-data; name=a; filename*=latin1''x\r\n\r\n", "filename*"),
        ("--b\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''%FF\r\n\r\n", "filename*"),
        ("--b--" + String(repeating: "x", count: 9000), "much follows"),
    ]

    @Test("and what is none is refused, and stays refused", arguments: refused.indices)
    func refusal(index: Int) throws {
        let (body, what) = Self.refused[index]
        for size in [1, 5, 100_000] {
            let fault = try #require(throws: MultipartFault.self) {
                try Self.parts(Array(body.utf8), pieces: size)
            }
            #expect(fault.what.contains(what), "\(fault.what)")
        }
        var parser = MultipartParser(boundary: try #require(MultipartBoundary("b")))
        parser.receive(ByteBuffer(string: "--b!"))
        for _ in 0..<2 { #expect(throws: MultipartFault.self) { try parser.next() } }
        parser.receive(ByteBuffer(string: Self.file("1") + "--b--"))
        #expect(throws: MultipartFault.self) { try parser.next() }
        #expect(throws: MultipartFault.self) { try parser.finish() }
    }

    @Test(
        "A file's name is what the program meant that sent it",
        arguments: [
            (#"name=f; filename=a.csv"#, "a.csv"), (#"name="f"; filename="a b;c.csv""#, "a b;c.csv"),
            (#"name="f"; filename="C:\Users\ada\a.csv""#, #"C:\Users\ada\a.csv"#),
            (#"name="f"; filename="a\"b\\c.csv""#, #"a"b\c.csv"#),
            (#"name="f"; filename="a%22b%20c.csv""#, "a\"b%20c.csv"),
            (#"name="f"; filename="Größe 表.csv""#, "Größe 表.csv"),
            (#"name="f"; filename="x.csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%e8%a1%a8.csv"#, "Größe 表.csv"),
            (#"name="f"; filename*=utf-8'en'a.csv; filename="x.csv""#, "a.csv"),
            (#"name="f" ; filename = a.csv ;"#, "a.csv"), (#"name="f"; FileName="";"#, ""), (#"name="f""#, nil),
        ])
    func names(parameters: String, name: String?) throws {
        let head = try? PartHead(lines: [Array("content-disposition:form-data;\(parameters)".utf8)])
        #expect(head?.fileName == name)
    }

    @Test("A boundary has 1 to 70 of the characters that RFC 2046 lets it have")
    func boundaries() {
        for text in [
            "b", "a b", "----WebKitFormBoundary7MA4YWxkTrZu0gW", String(repeating: "x", count: 70), "'()+_,-./:=?",
        ] {
            #expect(MultipartBoundary(text)?.text == text)
        }
        for text in ["", "b ", "b\r\nX: y", "ä", "a\"b", "a;b", String(repeating: "x", count: 71)] {
            #expect(MultipartBoundary(text) == nil)
        }
    }
}
