import HTTPWire
import NIOCore
import NIOPosix
import Testbed
import Testing

@Suite("Exchanges with nginx")
struct NginxTests {
    private func connect(_ server: HTTPServer) async throws -> HTTPConnection {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: server.port).get()
        return try await HTTPConnection.open(on: channel)
    }

    private func get(_ target: String, _ fields: [(name: String, value: String)] = []) -> HTTPRequest {
        HTTPRequest(.get, target, host: "x.test", fields: fields)
    }

    @Test("One connection serves lengths, chunks, ranges, conditions, HEAD and refusals one after the other")
    func keptAlive() async throws {
        let server = try await HTTPServer.start(
            .init(lines: ["location /chunked/ { ssi on; ssi_types *; }"]),
            files: ["a.json": #"{"a": 1}"#, "chunked/b.html": "before <!--# echo var=\"x\" default=\"-\" --> after"])
        let connection = try await connect(server)
        let whole = try await connection.send(get("/a.json"))
        #expect(whole.status == 200)
        #expect(whole.fields.first("content-type") == "application/json")
        #expect(String(buffer: try await whole.body.collect(upTo: 100)) == #"{"a": 1}"#)
        let tag = try #require(whole.fields.first("ETag"))

        let chunked = try await connection.send(get("/chunked/b.html"))
        #expect(chunked.fields.list("Transfer-Encoding") == ["chunked"])
        #expect(String(buffer: try await chunked.body.collect(upTo: 100)) == "before - after")

        let range = try await connection.send(get("/a.json", [("Range", "bytes=1-3")]))
        #expect(range.status == 206)
        #expect(range.fields.first("Content-Range") == "bytes 1-3/8")
        #expect(String(buffer: try await range.body.collect(upTo: 100)) == #""a""#)

        let unchanged = try await connection.send(get("/a.json", [("If-None-Match", tag)]))
        #expect(unchanged.status == 304)
        #expect(try await unchanged.body.collect(upTo: 0).readableBytes == 0)

        let head = try await connection.send(HTTPRequest(.head, "/a.json", host: "x.test"))
        #expect(head.fields.first("Content-Length") == "8")
        #expect(try await head.body.next() == nil)

        let missing = try await connection.send(get("/none"))
        #expect(missing.status == 404)
        #expect(missing.reason == "Not Found")
        #expect(try await missing.body.collect(upTo: 10_000).readableBytes > 0)

        #expect(connection.isIdle)
        await connection.close()
        #expect(!connection.isIdle)
        #expect(try await Set(server.requests.map(\.connection)).count == 1)
        #expect(try await server.requests.map(\.status) == [200, 200, 206, 304, 200, 404])
        await server.stop()
    }

    @Test("A long body comes whole, in bounded pieces, at the reader's pace")
    func long() async throws {
        let server = try await HTTPServer.start()
        let text = String(repeating: "0123456789abcdef", count: 1 << 20)
        try server.write(text, to: "long")
        let connection = try await connect(server)
        let response = try await connection.send(get("/long"))
        var count = 0
        var largest = 0
        for try await piece in response.body {
            count += piece.readableBytes
            largest = max(largest, piece.readableBytes)
        }
        #expect(count == text.utf8.count)
        #expect(largest <= 1 << 20)
        #expect(connection.isIdle)

        let again = try await connection.send(get("/long"))
        await #expect(throws: HTTPWireError.bodyTooLarge(limit: 1000)) {
            _ = try await again.body.collect(upTo: 1000)
        }
        await connection.close()
        await server.stop()
    }

    @Test("Cancelling closes the connection, wherever it waits", arguments: [false, true])
    func cancelled(inBody: Bool) async throws {
        let server = try await HTTPServer.start(.init(lines: ["limit_rate 1k;"]))
        try server.write(String(repeating: "x", count: 1 << 20), to: "slow")
        let silent = try await FaultyServer.start(.silent)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: inBody ? server.port : silent.port).get()
        let connection = try await HTTPConnection.open(on: channel)
        let started = channel.eventLoop.makePromise(of: Void.self)
        let task = Task {
            if inBody {
                let response = try await connection.send(get("/slow"))
                _ = try await response.body.next()
                started.succeed()
                while try await response.body.next() != nil {}
            } else {
                started.succeed()
                _ = try await connection.send(get("/"))
            }
        }
        try await started.futureResult.get()
        task.cancel()
        await #expect(throws: HTTPWireError.cancelled) { try await task.value }
        try await connection.channel.closeFuture.get()
        #expect(!connection.isIdle)
        await silent.stop()
        await server.stop()
    }

    @Test("A body that is let go unread closes the connection")
    func letGo() async throws {
        let server = try await HTTPServer.start()
        try server.write(String(repeating: "x", count: 32 << 20), to: "long")
        let connection = try await connect(server)
        do {
            let response = try await connection.send(get("/long"))
            #expect(response.status == 200)
        }
        try await connection.channel.closeFuture.get()
        await server.stop()
    }

    @Test("A connection that the server has closed while it idled is seen to be closed, and the next request says so")
    func idledOut() async throws {
        let server = try await HTTPServer.start(files: ["a": "a"])
        let connection = try await connect(server)
        _ = try await connection.send(get("/a")).body.collect(upTo: 10)
        #expect(connection.isIdle)
        await server.stop()
        try await connection.channel.closeFuture.get()
        #expect(!connection.isIdle)
        await #expect(throws: HTTPWireError.closedBeforeAnswer) { _ = try await connection.send(get("/a")) }
    }
}
