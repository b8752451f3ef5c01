import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Gateway
@testable import WebAPI

@Suite("Files")
struct FileTests {
    private static let form: HTTPFields = [.contentType: "multipart/form-data; boundary=\"b\""]

    private static func part(_ name: String, _ content: String) -> String {
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n\r\n\(content)\r\n"
    }

    private static func names(_ service: TestService) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: service.files.path).sorted()
    }

    @Test("A file is sent, listed, read, kept while it is read, and removed", arguments: Transport.allCases)
    func life(transport: Transport) async throws {
        try await TestService.run(transport) { client, service in
            let sent = try await client.call(
                "POST /files", Self.form, body: Self.part("dir/orders 1.csv", "id,item\n1,cup\n") + "--b--\r\n")
            #expect(sent.status == .ok)
            #expect(
                sent.text == """
                    {"files":[{"name":"orders 1.csv","size":14,\
                    "sha256":"564af6044a755de0e7c18770f2c88e2718e4e7b2175b87e2a1d6f6cfa9253c38",\
                    "replaced":false,"database":"orders 1.csv"}]}
                    """)
            let listed = try await client.call("GET /files")
            #expect(listed.headers[.totalCount] == "1")
            #expect(listed.text.hasPrefix(#"[{"name":"orders 1.csv","size":14,"modified":"20"#))
            let record = try await client.call(
                "POST /datasources", HTTPTests.json, body: #"{"name":"o","driver":"csv","database":"./orders 1.csv"}"#)
            #expect(record.status == .ok)
            let kept = try await client.call("DELETE /files/orders%201.csv")
            #expect(kept.status == .conflict)
            #expect(
                try kept.object["message"] as? String
                    == #"The file "orders 1.csv" is read by "o"; delete or change what reads it first."#)
            let id = try #require(try record.object["id"] as? String)
            #expect(try await client.call("DELETE /datasources/\(id)").status == .ok)
            #expect(try await client.call("DELETE /files/orders%201.csv").text == #"{"code":200,"message":"OK"}"#)
            #expect(try await client.call("DELETE /files/orders%201.csv").status == .notFound)
            #expect(try await client.call("GET /files").text == "[]")
            #expect(try Self.names(service).isEmpty)
        }
    }

    @Test("Several files come together; a page of them is shown, in XML too", arguments: Transport.allCases)
    func several(transport: Transport) async throws {
        try await TestService.run(transport) { client, _ in
            let body = Self.part("b.csv", "1") + Self.part("a.csv", "") + Self.part("c.csv", "3") + "--b--"
            var headers = Self.form
            headers[.accept] = "application/xml"
            let sent = try await client.call("POST /files", headers, body: body)
            #expect(sent.text.contains("<upload><files><file><name>b.csv</name><size>1</size><sha256>"))
            let page = try await client.call("GET /files?_start=1&_limit=1")
            #expect(page.headers[.totalCount] == "3")
            #expect(
                page.text.contains(#""name":"b.csv""#) && !page.text.contains("a.csv") && !page.text.contains("c.csv"))
            #expect(
                try await client.call("GET /files", [.accept: "text/xml"]).text.contains("<items><item><name>a.csv"))
        }
    }

    @Test(
        "A name that is taken is 409 and keeps its content, unless it is to be replaced", arguments: Transport.allCases)
    func taken(transport: Transport) async throws {
        try await TestService.run(transport) { client, service in
            try service.write("a.csv", "old")
            let body = Self.part("new.csv", "1") + Self.part("a.csv", "new") + "--b--"
            let refused = try await client.call("POST /files", Self.form, body: body)
            #expect(refused.status == .conflict)
            #expect(
                try refused.object["message"] as? String
                    == #"There is a file "a.csv" already; send it to /files?replace=true to replace it."#)
            #expect(try Self.names(service) == ["a.csv"])
            let replaced = try await client.call("POST /files?replace=true", Self.form, body: body)
            #expect(replaced.text.contains(#""replaced":true"#))
            #expect(try Self.names(service) == ["a.csv", "new.csv"])
            #expect(try String(contentsOf: service.files.appending(path: "a.csv"), encoding: .utf8) == "new")
        }
    }

    @Test("A name that a folder has is 400, as replacing would not help", arguments: Transport.allCases)
    func noFile(transport: Transport) async throws {
        try await TestService.run(transport) { client, service in
            try FileManager.default.createDirectory(
                at: service.files.appending(path: "a.csv"), withIntermediateDirectories: false)
            let body = Self.part("a.csv", "new") + "--b--"
            for call in ["POST /files", "POST /files?replace=true", "DELETE /files/a.csv"] {
                let refused = try await client.call(call, Self.form, body: call.hasPrefix("POST") ? body : "")
                #expect(refused.status == .badRequest, "\(call): \(refused.text)")
                #expect(refused.text.contains("is no regular file"), "\(call): \(refused.text)")
            }
            #expect(try Self.names(service) == ["a.csv"])
        }
    }

    @Test("Nobody without a token sends, sees or removes a file", arguments: Transport.allCases)
    func authentication(transport: Transport) async throws {
        try await TestService.run(transport) { client, service in
            try service.write("a.csv", "1")
            for call in ["POST /files", "GET /files", "DELETE /files/a.csv"] {
                let answer = try await client.call(
                    call, Self.form, body: Self.part("b.csv", "1") + "--b--", authorization: nil)
                #expect(answer.status == .forbidden, "\(call)")
            }
            #expect(try Self.names(service) == ["a.csv"])
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var status: Int
        var call = "POST /files"
        var type: String? = "multipart/form-data; boundary=b"
        var body = ""
        var says: String
        var testDescription: String { says }
    }

    static let refusals: [Refusal] = [
        Refusal(status: 415, type: nil, says: "no Content-Type"),
        Refusal(status: 415, type: "application/json", body: "{}", says: "is no upload"),
        Refusal(status: 415, type: "multipart/mixed; boundary=b", body: part("a", "1") + "--b--", says: "is no upload"),
        Refusal(status: 400, type: "multipart/form-data", body: part("a", "1") + "--b--", says: "no boundary"),
        Refusal(status: 400, type: "multipart/form-data; boundary=\"b", body: "--b--", says: "no boundary"),
        Refusal(status: 400, says: "it has no boundary"), Refusal(status: 400, body: "--b--", says: "it holds no file"),
        Refusal(status: 400, body: part("a.csv", "1"), says: "ended before its last boundary"),
        Refusal(status: 400, body: part("a.csv", "1") + part("x/a.csv", "2") + "--b--", says: "Two files"),
        Refusal(status: 400, body: part("..", "1") + "--b--", says: "cannot be used"),
        Refusal(status: 400, body: part(String(repeating: "x", count: 256), "1") + "--b--", says: "256 bytes"),
        Refusal(
            status: 400, body: "--b\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\nx\r\n--b--",
            says: "\"path\" is no file"),
        Refusal(
            status: 400, body: (0..<33).map { part("\($0).csv", "") }.joined() + "--b--", says: "more than 32 files"),
        Refusal(status: 400, call: "POST /files?overwrite=true", body: part("a", "1") + "--b--", says: "overwrite"),
        Refusal(status: 400, call: "POST /files?replace=maybe", body: part("a", "1") + "--b--", says: "replace"),
        Refusal(status: 413, body: part("a", String(repeating: "x", count: 101)) + "--b--", says: "100 bytes at most"),
        Refusal(status: 413, body: part("a", String(repeating: "x", count: 2 << 20)), says: "100 bytes at most"),
        Refusal(status: 404, call: "DELETE /files/nothing.csv", type: nil, says: "no file \"nothing.csv\""),
        Refusal(status: 404, call: "DELETE /files/..%2Fsecret", type: nil, says: "There is no file"),
        Refusal(status: 404, call: "DELETE /files/.hidden", type: nil, says: "There is no file"),
        Refusal(status: 405, call: "PUT /files", body: "", says: "GET, HEAD, POST, OPTIONS"),
        Refusal(status: 405, call: "GET /files/a.csv", type: nil, says: "DELETE, OPTIONS"),
        Refusal(status: 400, call: "GET /files?_limit=1001", type: nil, says: "_limit"),
    ]

    @Test("What cannot be taken is refused by name, and leaves nothing", arguments: Transport.allCases, refusals)
    func refused(transport: Transport, refusal: Refusal) async throws {
        try await TestService.run(transport, uploadLimit: 100) { client, service in
            var headers: HTTPFields = [:]
            headers[.contentType] = refusal.type
            let answer = try await client.call(refusal.call, headers, body: refusal.body.isEmpty ? nil : refusal.body)
            #expect(answer.status.code == refusal.status, "\(answer.text)")
            #expect(try (answer.object["message"] as? String)?.contains(refusal.says) == true, "\(answer.text)")
            #expect(try Self.names(service).isEmpty)
        }
    }

    @Test("The bound of other bodies is not an upload's", arguments: Transport.allCases)
    func large(transport: Transport) async throws {
        try await TestService.run(transport) { client, service in
            let content = String(repeating: "0123456789abcde\n", count: 300_000)
            let answer = try await client.call("POST /files", Self.form, body: Self.part("a.csv", content) + "--b--")
            #expect(answer.status == .ok)
            #expect(try String(contentsOf: service.files.appending(path: "a.csv"), encoding: .utf8) == content)
        }
    }

    @Test("One upload more than the bound is 503 with a sentence", arguments: Transport.allCases)
    func slots(transport: Transport) async throws {
        var settings = WebAPI.Settings()
        settings.concurrentUploads = 0
        try await TestService.run(transport, settings: settings) { client, _ in
            let answer = try await client.call("POST /files", Self.form, body: Self.part("a", "1") + "--b--")
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.text.contains("0 uploads are running already"))
        }
    }

    @Test("A body that does not come on is given up, and leaves nothing")
    func stalled() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "wellhead-upload-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (stream, source) = AsyncStream<ByteBuffer>.makeStream()
        source.yield(ByteBuffer(string: Self.part("a.csv", "1")))
        let receiver = UploadReceiver(
            boundary: try #require(MultipartBoundary("b")), idleTime: .milliseconds(50))
        let upload = FileStore(directory: directory).receive(replacing: false)
        let refusal = try await #require(throws: ErrorAnswer.self) {
            try await receiver.receive(RequestBody(asyncSequence: stream), into: upload)
        }
        source.finish()
        #expect(refusal.status == .requestTimeout)
        #expect(refusal.closesConnection)
        await upload.discard()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test("A full disk is 507, and what else the system refuses is 503, with its words")
    func disk() {
        let full = ErrorAnswer(any: FileStoreError.noRoom)
        #expect(full.status.code == 507)
        #expect(full.message.contains("has no room"))
        let refused = ErrorAnswer(any: FileStoreError.refused(what: "The file a.csv cannot be written", cause: "EIO"))
        #expect(refused.status == .serviceUnavailable)
        #expect(refused.message == "The file a.csv cannot be written: EIO.")
    }

    @Test("A body comes at a kibibyte a second at least, after a while")
    func pace() throws {
        let pace = BodyPace(idleTime: .seconds(30))
        let began = try #require(pace.deadline)
        pace.arrived(1024)
        #expect(pace.deadline == nil)
        pace.waits()
        // Something came a moment ago, and yet the average is due within a second more.
        let next = try #require(pace.deadline)
        #expect(next > began && next <= began + .seconds(1))
        pace.arrived(1 << 20)
        pace.waits()
        #expect(try #require(pace.deadline) <= .now + .seconds(30))
    }
}
