import Foundation
import Testbed
import Testing

@Suite("wellhead query and wellhead schema")
struct QueryCommandTests {
    @Test("A table for people, and JSON, NDJSON and CSV for programs; the statement as argument or on standard input")
    func query() async throws {
        let service = try await WellheadService.start()
        let source = try await service.create(
            try await Database.Kind.postgres.shared().body.with(["name": "shop"]))
        let statement = "select id, customer, total from orders where id > $1 order by id"
        let table = try await service.command(
            ["query", "shop", statement, "--parameter", "1", "--limit", "2"])
        #expect(table.status == 0)
        #expect(
            table.output == """
                ID  CUSTOMER    TOTAL
                2   Customer 2  2.50
                3   Customer 3  3.75

                """)
        #expect(table.errors == "2 rows, and there are more; raise --limit\n")
        let csv = try await service.command(
            ["query", source["id"].text ?? "", "--format", "csv"],
            input: "select id, null as nothing from orders where id = 7")
        #expect(csv.output == "id,nothing\r\n7,\r\n")
        let lines = try await service.command(["query", "shop", "select 1 as a", "--format", "ndjson"])
        #expect(lines.output == "{\"a\":1}\n")
        let json = try await service.command(["query", "shop", "select 1 as a", "--json"])
        #expect(try JSON(parsing: json.output)["rows"] == [[1]])
        #expect(await service.stop() == 0)
    }

    @Test("What a stranger's database says cannot steer the terminal; programs get it as it is")
    func escapes() async throws {
        let service = try await WellheadService.start()
        _ = try await service.create(try await Database.Kind.postgres.shared().body.with(["name": "shop"]))
        let statement = #"select E'a\u001b[2Jb\nc\u202ed\u009be\u200ef\u061cg\ufeffh' as "x\#u{1B}y""#
        let table = try await service.command(["query", "shop", statement])
        #expect(table.output == "X␛Y\na␛[2Jb⏎c\u{FFFD}d\u{FFFD}e\u{FFFD}f\u{FFFD}g\u{FFFD}h\n")
        let csv = try await service.command(["query", "shop", statement, "--format", "csv"])
        #expect(csv.output == "x\u{1B}y\r\n\"a\u{1B}[2Jb\nc\u{202E}d\u{9B}e\u{200E}f\u{61C}g\u{FEFF}h\"\r\n")
        let failure = try await service.command(["query", "shop", #"select E'\u001b[2J\n'::int"#])
        #expect(failure.status == 1)
        #expect(failure.errors.split(separator: "\n").count == 1)
        #expect(failure.errors.contains("␛[2J"))
        #expect(!failure.errors.contains("\u{1B}"))
        #expect(await service.stop() == 0)
    }

    @Test("What goes wrong is one line and status 1, what is called wrongly status 2")
    func failures() async throws {
        let service = try await WellheadService.start()
        _ = try await service.create(try await Database.Kind.postgres.shared().body.with(["name": "shop"]))
        for (words, says) in [
            (["query", "shop", "selct"], "syntax error"), (["query", "nobody", "select 1"], "nobody"),
            (["schema", "nobody"], "nobody"), (["query", "shop", "delete from orders returning id"], "writes"),
        ] {
            let outcome = try await service.command(words)
            #expect(outcome.status == 1, "\(words)")
            #expect(outcome.errors.contains(says), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
            #expect(outcome.output.isEmpty)
        }
        let usage = try await service.command(["query", "shop", "--format", "stone"])
        #expect(usage.status == 2)
        #expect(await service.stop() == 0)
        let gone = try await service.command(["query", "shop", "select 1"])
        #expect(gone.status == 1)
        #expect(gone.errors.contains("cannot be reached"))
    }

    @Test("schema shows tables with their columns")
    func schema() async throws {
        let service = try await WellheadService.start()
        _ = try await service.create(try await Database.Kind.postgres.shared().body.with(["name": "shop"]))
        let shown = try await service.command(["schema", "shop", "--table", "orders"])
        #expect(shown.status == 0)
        #expect(shown.output.hasPrefix("public.orders (table"))
        #expect(shown.output.contains("  id        integer        primary key"), "\(shown.output)")
        #expect(shown.errors == "1 table\n")
        let json = try JSON(parsing: try await service.command(["schema", "shop", "--json"]).output)
        #expect(json["tables"].list.contains { $0["name"].text == "orders" })
        #expect(await service.stop() == 0)
    }
}
