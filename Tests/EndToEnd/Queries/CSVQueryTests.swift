import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testbed
import Testing

@Suite("A CSV file answers SQL")
struct CSVQueryTests {
    @Test("Half a million rows are read, sorted and given, and memory does not grow with them")
    func many() async throws {
        let service = try await WellheadService.start(["--query-rows", "1000000"])
        let path = service.data.appending(path: "files/many.csv").path
        #expect(FileManager.default.createFile(atPath: path, contents: Data("id,name,price,day,flag\n".utf8)))
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        for block in 0..<50 {
            var text = ""
            for row in (block * 10_000)..<((block + 1) * 10_000) {
                text += "\(row),name of \(row &* 7919 % 500_009),\(row % 1000).25,2024-02-29,true\n"
            }
            try file.write(contentsOf: Data(text.utf8))
        }
        try file.close()
        let before = ProcessTable.residentBytes(of: service.pid)
        var answer: Answer
        repeat {
            // Where reading takes longer than the longest deadline it goes on, and the next call finds more of it.
            answer = try await service.call(
                "POST /datasources?timeout=60", ["driver": "csv", "database": "many.csv"])
        } while try answer.json["error"]["code"].text == "deadline_exceeded"
        #expect(answer.status == 200, "\(answer)")
        let source = try answer.json
        #expect(
            try await service.rows(source, "select count(*), min(price), max(price) from many")
                == [[500_000, .number(0.25), .number(999.25)]])
        let sorted = try await service.beginQuery(
            source, "select * from many order by name", limit: 1_000_000, timeout: 300, accept: "text/csv")
        #expect(sorted.status == .ok)
        var lines = 0
        for try await part in sorted.body { lines += part.readableBytesView.count { $0 == UInt8(ascii: "\n") } }
        #expect(lines == 500_001)
        let growth = ProcessTable.residentBytes(of: service.pid) - before
        #expect(growth < 64 << 20, "\(growth >> 20) MiB for a file of 20 MB")
        #expect(await service.stop() == 0)
    }

    @Test("It reads only its own table, and is read anew when it has changed")
    func ownTable() async throws {
        let service = try await WellheadService.start()
        let file = service.data.appending(path: "files/t.csv")
        try Workspace.write("a,b\n1,x\n", to: file)
        let source = try await service.create(["driver": "csv", "database": "t.csv"])
        #expect(try await service.rows(source, "select * from t where a = ?", [1]) == [[1, "x"]])
        for (statement, code) in [
            ("attach '\(service.data.path)/wellhead.sqlite' as other", "statement_writes"),
            ("insert into t values (2, 'y')", "statement_writes"), ("pragma writable_schema = 1", "statement_writes"),
            ("select load_extension('x')", "statement_writes"), ("select * from sqlite_master", "statement_refused"),
            ("create temp table u (a)", "statement_writes"), ("select 1; select 2", "statement_refused"),
            ("select * from nothing", "statement_refused"), ("select ?", "parameters_mismatch"),
        ] {
            let answer = try await service.query(source, ["statement": .text(statement)])
            #expect(answer.status == 422, "\(statement): \(answer)")
            let told = try answer.json["error"]["code"].text
            #expect([code, "statement_refused", "statement_without_rows"].contains(told), "\(statement): \(answer)")
        }
        let schema = try await service.call("GET /datasources/\(source["id"].text ?? "")/schema").json
        #expect(schema["tables"].list.map { $0["name"].text } == ["t"])
        #expect(schema["tables"].list.first?["columns"].list.map { $0["type"].text } == ["integer", "text"])
        try Workspace.write("c\n007\n8\n", to: file)
        #expect(try await service.rows(source, "select c from t order by c") == [["007"], ["8"]])
        #expect(await service.stop() == 0)
    }

    @Test("A statement that works without end is cancelled by its time and by its name")
    func endless() async throws {
        let service = try await WellheadService.start()
        try Workspace.write("a\n1\n", to: service.data.appending(path: "files/t.csv"))
        let source = try await service.create(["driver": "csv", "database": "t.csv"])
        let endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
        let late = try await service.query(source, ["statement": .text(endless), "timeout": .number(0.2)])
        #expect(try late.json["error"]["code"].text == "statement_timeout", "\(late)")
        let call = Task { try await service.query(source, ["statement": .text(endless), "timeout": 60]) }
        try await eventually("it runs") { try await service.call("GET /queries").json.list.count == 1 }
        let id = try await service.call("GET /queries").json.list.first?["id"].text ?? ""
        #expect(try await service.call("DELETE /queries/\(id)").status == 200)
        #expect(try await call.value.json["error"]["code"].text == "statement_cancelled")
        #expect(try await service.rows(source, "select a from t") == [[1]])
        #expect(await service.stop() == 0)
    }
}
