import Foundation
import Testbed
import Testing

@Suite("Files are sent by curl")
struct UploadTests {
    private let folder = Workspace.makeFolder(for: "upload")

    /// Writes a file on the caller's side.
    private func write(_ text: String, to name: String) throws -> String {
        try Workspace.write(text, to: folder.appending(path: name)).path
    }

    /// A file of so many zeros, which takes no room here.
    private func zeros(_ size: Int, _ name: String = "zeros.csv") async throws -> String {
        let path = folder.appending(path: name).path
        try await Command.check(["/usr/bin/truncate", "--size", String(size), path])
        return path
    }

    private func curl(_ arguments: [String], to service: WellheadService, _ path: String = "/files") -> [String] {
        [
            "/usr/bin/curl", "--silent", "--show-error", "--header", "Authorization: Bearer \(service.token)",
            "--write-out", "\n%{http_code}", "\(service.address)\(path)",
        ] + arguments
    }

    /// Sends files; what was answered, and its status.
    private func send(
        _ arguments: [String], to service: WellheadService, _ path: String = "/files"
    ) async throws -> (status: String, json: JSON) {
        let outcome = try await Command.run(curl(arguments, to: service, path))
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2, "\(outcome)")
        return (String(lines.last ?? ""), try JSON(parsing: String(lines.first ?? "")))
    }

    private func names(_ service: WellheadService) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: service.data.appending(path: "files").path).sorted()
    }

    private func query(_ statement: String, _ record: JSON, _ service: WellheadService) async throws -> String {
        let body: JSON = ["statement": .text(statement)]
        return try await service.call(
            "POST /datasources/\(record["id"].text ?? "")/query", body: body.document, type: "application/json",
            accept: "text/csv"
        ).text
    }

    @Test("A file is sent, read, replaced under who reads it, and removed")
    func life() async throws {
        let service = try await WellheadService.start()
        let orders = try write("id,item\n1,cup\n2,pot\n", to: "Größe \"1\".csv")
        let stock = try write("item,count\ncup,7\n", to: "stock.csv")
        try await Command.check(["/usr/bin/gzip", "-k", stock])
        let sent = try await send(
            ["--form", "a=@\"\(orders.replacing("\"", with: "\\\""))\"", "--form", "b=@\(stock).gz"], to: service)
        #expect(sent.status == "200", "\(sent.json)")
        #expect(sent.json["files"].list.map { $0["name"].text } == ["Größe \"1\".csv", "stock.csv.gz"])
        let digest = try await Command.check(["/usr/bin/sha256sum", "\(stock).gz"])
        #expect(sent.json["files"].list.last?["sha256"].text == digest.split(separator: " ").first.map(String.init))

        var records: [JSON] = []
        for file in sent.json["files"].list {
            records.append(try await service.create(["driver": "csv", "database": file["database"]]))
        }
        #expect(
            try await query("select * from \"Größe \"\"1\"\"\"", records[0], service) == "id,item\r\n1,cup\r\n2,pot\r\n"
        )
        #expect(try await query("select * from stock", records[1], service) == "item,count\r\ncup,7\r\n")

        let more = try write("item,count\ncup,8\npot,1\n", to: "more.csv")
        let refused = try await send(["--form", "file=@\(more);filename=stock.csv.gz"], to: service)
        #expect(refused.status == "409")
        let replaced = try await send(
            ["--form", "file=@\(more);filename=stock.csv.gz"], to: service, "/files?replace=true")
        #expect(replaced.status == "200")
        #expect(replaced.json["files"].list.first?["replaced"].flag == true)
        // It is no gzip any more, whatever it is called.
        #expect(try await query("select sum(count) as n from stock", records[1], service) == "n\r\n9\r\n")

        let kept = try await service.call("DELETE /files/stock.csv.gz")
        #expect(kept.status == 409)
        #expect(try kept.json["message"].text?.contains("is read by \"\(records[1]["name"].text ?? "?")\"") == true)
        for record in records { try await service.delete(record) }
        #expect(try await service.call("DELETE /files/stock.csv.gz").status == 200)
        #expect(try await service.call("DELETE /files/Gr%C3%B6%C3%9Fe%20%221%22.csv").status == 200)
        #expect(try await service.call("GET /files").text == "[]")
        #expect(try names(service).isEmpty)
        #expect(await service.stop() == 0)
    }

    @Test("What is too large is refused, its size announced or not, and leaves nothing")
    func tooLarge() async throws {
        let service = try await WellheadService.start(["--upload-bytes", "3000000"])
        let fits = try await zeros(3_000_000, "fits.csv")
        for (size, how) in [
            (3_000_001, [String]()), (3_000_001, ["--header", "Transfer-Encoding: chunked"]),
            (50_000_000, []), (50_000_000, ["--header", "Expect:"]),
        ] {
            let path = try await zeros(size)
            let refused = try await send(how + ["--form", "file=@\(path)"], to: service)
            #expect(refused.status == "413")
            #expect(refused.json["message"].text?.contains("3000000 bytes at most") == true, "\(refused.json)")
            try await eventually("nothing is left") { try names(service).isEmpty }
        }
        #expect(try await send(["--form", "file=@\(fits)"], to: service).status == "200")
        #expect(await service.stop() == 0)
    }

    @Test("A caller who hangs up, and a service that is killed, leave nothing", arguments: [true, false])
    func cut(byCaller: Bool) async throws {
        let service = try await WellheadService.start()
        let path = try await zeros(200 << 20)
        let said = folder.appending(path: "said")
        try Workspace.write("", to: said)
        let caller = try await Daemon.start(
            curl(["--limit-rate", "1M", "--form", "file=@\(path)"], to: service), as: .current, output: said,
            errors: said)
        try await eventually("something of it is there") { try !names(service).isEmpty }
        if byCaller {
            caller.signal(SIGKILL)
            await caller.ended()
            try await eventually("nothing is left") { try names(service).isEmpty }
        } else {
            await service.crash()
            await caller.ended()
            #expect(try names(service).count == 1)
            try await service.start()
            #expect(try names(service).isEmpty)
        }
        #expect(try await service.call("GET /files").text == "[]")
        #expect(await service.stop() == 0)
    }

    @Test("Who asks before sending is told to send, or spared it")
    func expected() async throws {
        let service = try await WellheadService.start(["--upload-bytes", "3000000"])
        // Curl says what it got.
        let asking = ["--verbose", "--header", "Expect: 100-continue", "--expect100-timeout", "60", "--form"]
        let fits = try await Command.run(curl(asking + ["file=@\(try await zeros(1_000_000))"], to: service))
        #expect(fits.errors.contains("< HTTP/1.1 100 Continue"))
        #expect(fits.errors.contains("< HTTP/1.1 200 OK"))
        for (size, path, status) in [(9_000_000, "/files", "413"), (1000, "/files?replace=yes", "400")] {
            let outcome = try await Command.run(curl(asking + ["file=@\(try await zeros(size))"], to: service, path))
            #expect(outcome.output.hasSuffix(status), "\(outcome)")
            #expect(!outcome.errors.contains("100 Continue"))
        }
        #expect(await service.stop() == 0)
    }

    @Test("Memory does not grow with the upload")
    func memory() async throws {
        let service = try await WellheadService.start()
        let small = try write("a\n1\n", to: "small.csv")
        #expect(try await send(["--form", "file=@\(small)"], to: service).status == "200")
        let path = try await zeros(300 << 20)
        let before = ProcessTable.residentBytes(of: service.pid)
        try ProcessTable.forgetPeak(of: service.pid)
        let sent = try await send(["--form", "file=@\(path)"], to: service)
        #expect(sent.status == "200")
        #expect(sent.json["files"].list.first?["size"].number == Double(300 << 20))
        let grown = ProcessTable.peakResidentBytes(of: service.pid) - before
        print("An upload of 300 MiB took \(grown >> 10) KiB of memory")
        #expect(grown < 48 << 20)
        #expect(await service.stop() == 0)
    }
}
