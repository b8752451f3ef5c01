import Foundation
import Testbed
import Testing

@Suite("Files of other machines", .enabled(if: SSHServer.availability == nil))
struct RemoteFileTests {
    @Test("SFTP: what stands in the way is told by its own code")
    func sftpFaults() async throws {
        let service = try await WellheadService.start()
        let folder = try SFTPFolder()
        try folder.write("a\n1\n", to: "mine.csv", mode: 0o600)
        try folder.write("a,b\n1\n", to: "ragged.csv")
        let host = try await SSHServer.start()
        let silent = try await SSHServer.start(.init(lines: ["ForceCommand /bin/true"]))
        let talkative = try await SSHServer.start(.init(lines: ["ForceCommand echo Welcome to this host; cat"]))
        func fields(_ server: SSHServer) -> [String: JSON] { server.fields.merging(["sshTunneling": false]) { $1 } }
        for (server, name, stage, code) in [
            (host, "absent.csv", "open", "file_not_found"), (host, "mine.csv", "open", "file_forbidden"),
            (host, ".", "open", "file_forbidden"), (host, "ragged.csv", "open", "file_malformed"),
            (silent, "mine.csv", "ssh_forward", "ssh_relay_unavailable"),
            (talkative, "mine.csv", "ssh_forward", "ssh_relay_unavailable"),
        ] {
            let answer = try await service.call("POST /datasources", folder.body(name).with(fields(server)))
            let told = try answer.json
            #expect(answer.status == 422, "\(name): \(answer)")
            #expect(told["error"]["stage"].text == stage, "\(name): \(answer)")
            #expect(told["error"]["code"].text == code, "\(name): \(answer)")
            #expect(told["error"]["hint"].text?.isEmpty == false)
        }
        #expect(try await service.count() == 0)
        try await eventually("no copy is left") { try service.fetchedFiles().isEmpty }
        // Sessions that nobody uses are closed after a while, not at once; the service's end closes them.
        #expect(await service.stop() == 0)
        for server in [host, silent, talkative] {
            try await eventually("no session is left") { server.sessions().isEmpty }
            await server.stop()
        }
    }

    @Test("SFTP: a file that changes is read anew, and one session carries it all")
    func sftpChange() async throws {
        let service = try await WellheadService.start()
        let host = try await SSHServer.start()
        let folder = try SFTPFolder()
        try folder.write("n\n1\n", to: "numbers.csv")
        let record = try await service.create(
            folder.body("numbers.csv").with(host.fields).with(["sshTunneling": false]))
        #expect(try await service.rows(record, "select * from numbers") == [[1]])
        try folder.write("n\n1\n2\n", to: "numbers.csv")
        try await eventually("the change is seen", within: .seconds(60)) {
            try await service.rows(record, "select * from numbers") == [[1], [2]]
        }
        #expect(Sockets.connections(to: host.port, heldBy: service.pid) == 1)
        #expect(try service.fetchedFiles().count == 1)
        // The host dies and returns.
        await host.stop()
        try await service.until(record, is: "reconnecting")
        try await host.start()
        try await service.until(record, is: "connected")
        #expect(try await service.rows(record, "select count(*) from numbers") == [[2]])
        #expect(await service.stop() == 0)
        await host.stop()
    }

    @Test("HTTP: what stands in the way is told by its own code")
    func webFaults() async throws {
        let service = try await WellheadService.start()
        let server = try await HTTPServer.start(
            .init(
                lines: [
                    "location /locked { return 403; }", "location /broken { return 500 'out of order'; }",
                    "location /away { return 302 http://169.254.169.254/latest/meta-data; }",
                    "location /round { return 302 /round; }", "location /moved { return 301 /there.csv; }",
                    "location /weird { add_header Content-Encoding br; return 200 'x'; }",
                ]), files: ["there.csv": "a\n1\n", "ragged.csv": "a,b\n1\n"])
        for (path, stage, code) in [
            ("absent.csv", "open", "file_not_found"), ("locked", "open", "file_forbidden"),
            ("broken", "open", "http_status"), ("away", "resolve", "destination_forbidden"),
            ("round", "open", "http_status"), ("weird", "open", "file_malformed"),
            ("ragged.csv", "open", "file_malformed"),
        ] {
            let answer = try await service.call("POST /datasources", server.body(driver: "csv", path: path))
            let told = try answer.json
            #expect(answer.status == 422, "\(path): \(answer)")
            #expect(told["error"]["stage"].text == stage, "\(path): \(answer)")
            #expect(told["error"]["code"].text == code, "\(path): \(answer)")
        }
        let moved = try await service.create(server.body(driver: "csv", path: "moved"))
        #expect(try await service.rows(moved, "select a from moved") == [[1]])
        #expect(await service.stop() == 0)
        await server.stop()
    }

    @Test("HTTP: a file is fetched once for all connections, and anew when it has changed")
    func webChange() async throws {
        let service = try await WellheadService.start()
        let server = try await HTTPServer.start(files: ["numbers.csv": "n\n1\n"])
        let record = try await service.create(server.body(driver: "csv", path: "numbers.csv"))
        let second = try await service.create(server.body(driver: "csv", path: "numbers.csv"))
        for source in [record, second, record] {
            #expect(try await service.rows(source, "select * from numbers") == [[1]])
        }
        #expect(try await server.requests.filter { $0.method == "GET" }.count == 1)
        #expect(try service.fetchedFiles().count == 1)
        try server.write("n\n1\n2\n", to: "numbers.csv")
        try await eventually("the change is seen", within: .seconds(60)) {
            try await service.rows(record, "select * from numbers") == [[1], [2]]
        }
        try await service.delete(record)
        try await service.delete(second)
        try await eventually("no copy is left") { try service.fetchedFiles().isEmpty }
        #expect(await service.stop() == 0)
        await server.stop()
    }

    @Test("Half a file is no file: a server that hangs up in the middle")
    func cutShort() async throws {
        let service = try await WellheadService.start()
        let body =
            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Type: text/csv\r\nETag: \"1\"\r\n\r\na,b\r\n1,2\r\n"
        let server = try await FaultyServer.start(.closes(afterReceiving: 16, saying: Array(body.utf8)))
        let answer = try await service.call(
            "POST /datasources",
            ["driver": "csv", "host": "127.0.0.1", "port": "\(server.port)", "database": "cut.csv"])
        #expect(answer.status == 422, "\(answer)")
        #expect(try answer.json["error"]["stage"].text == "open", "\(answer)")
        try await eventually("no copy is left") { try service.fetchedFiles().isEmpty }
        #expect(await service.stop() == 0)
        await server.stop()
    }
}
