import Results
import SourceModel
import Testing

@testable import Tabular

@Suite("A file's table answers SQL")
struct QueryTests {
    private static let orders = "id,item,price,paid\n1,cup,2.50,true\n2,pot,12.00,false\n3,\"a, \"\"b\"\"\",,true\n"

    private static func reader(_ desk: Desk) async throws -> TabularReader {
        try await desk.reader(of: orders, "orders.csv")
    }

    static let answers: [(sql: String, parameters: [StatementParameter], json: String)] = [
        ("SELECT * FROM orders WHERE id = 3", [], #"{"id":3,"item":"a, \"b\"","price":null,"paid":true}"#),
        ("select item from orders where id = ?", [.number("2")], #"{"item":"pot"}"#),
        ("select item from orders where id = ?", [.text("2")], #"{"item":"pot"}"#),
        ("select id from orders where item = ?", [.text("x' or '1'='1")], ""),
        ("select id from orders where item = :a or item = :a", [.text("cup")], #"{"id":1}"#),
        ("select count(*) as n from orders where paid = ?", [.flag(true)], #"{"n":2}"#),
        (
            "select id from orders where price > ? order by price desc limit ?", [.number("2.4"), .number("1")],
            #"{"id":2}"#
        ),
        (
            "select ? as a, ? as b, ? as c", [.null, .number("12345678901234567890"), .number("9007199254740993")],
            #"{"a":null,"b":"12345678901234567890","c":"9007199254740993"}"#
        ),
        ("select sum(price) as s, avg(id) as a from orders", [], #"{"s":14.5,"a":2.0}"#),
        (
            "with recursive c(x) as (select 1 union all select x + 1 from c where x < 3) select sum(x) as s from c", [],
            #"{"s":6}"#
        ),
        ("select row_number() over (order by id desc) as r, id from orders limit 1", [], #"{"r":1,"id":3}"#),
        ("select a.id from orders a join orders b on a.id = b.id - 1 order by 1 limit 1", [], #"{"id":1}"#),
        ("values (1, 'x''y')", [], #"{"column1":1,"column2":"x'y"}"#),
        (
            "select 1e999 as i, -1e999 as j", [],
            #"{"i":"Infinity","j":"-Infinity"}"#
        ),
        ("select x'00ff' as b", [], #"{"b":"AP8="}"#), ("select char(0) as z;", [], #"{"z":"\u0000"}"#),
        ("select 1 as a; -- a comment\n /* another */ ; ", [], #"{"a":1}"#),
        ("select value from json_each('[7]')", [], #"{"value":7}"#),
        (
            "select 0.1 + 0.2 as f", [],
            #"{"f":0.30000000000000004}"#
        ),
        ("select upper(item) as u from orders where item like 'C%'", [], #"{"u":"CUP"}"#),
        ("select count(*) as n from orders", [], #"{"n":3}"#), ("select 1 from orders where false", [], ""),
    ]

    @Test("and parameters are values", arguments: answers.indices)
    func answer(index: Int) async throws {
        let (sql, parameters, json) = Self.answers[index]
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        #expect(try await reader.result(sql, parameters).text == (json.isEmpty ? "" : json + "\n"))
        await reader.close()
    }

    static let refusals: [(sql: String, code: FailureCode)] = [
        ("INSERT INTO orders VALUES (4, 'x', 1, true)", .statementWrites),
        ("INSERT INTO orders VALUES (4, 'x', 1, true) RETURNING id", .statementWrites),
        ("UPDATE orders SET id = 0", .statementWrites), ("DELETE FROM orders", .statementWrites),
        ("WITH a AS (SELECT 1) DELETE FROM orders", .statementWrites), ("DROP TABLE orders", .statementWrites),
        ("CREATE TABLE x (a)", .statementWrites), ("CREATE TEMP TABLE x AS SELECT * FROM orders", .statementWrites),
        ("CREATE TEMP VIEW x AS SELECT 1", .statementWrites),
        ("CREATE VIRTUAL TABLE x USING fts5(a)", .statementWrites),
        ("ALTER TABLE orders RENAME TO x", .statementWrites), ("REINDEX orders", .statementWithoutRows),
        ("ANALYZE", .statementWrites), ("EXPLAIN DELETE FROM orders", .statementWrites),
        ("VACUUM", .statementWrites), ("VACUUM INTO '/tmp/x'", .statementWrites),
        ("BEGIN", .statementWithoutRows), ("COMMIT", .statementWithoutRows), ("SAVEPOINT a", .statementWithoutRows),
        ("", .statementWithoutRows), (" -- nothing", .statementWithoutRows),
        ("ATTACH '/etc/passwd' AS p", .statementRefused), ("ATTACH ':memory:' AS p", .statementRefused),
        ("DETACH main", .statementRefused), ("PRAGMA query_only = OFF", .statementRefused),
        ("PRAGMA table_info(orders)", .statementRefused),
        ("SELECT * FROM pragma_table_info('orders')", .statementRefused),
        ("SELECT * FROM pragma_database_list", .statementRefused), ("SELECT sql FROM sqlite_schema", .statementRefused),
        ("SELECT * FROM sqlite_master", .statementRefused), ("SELECT * FROM sqlite_temp_master", .statementRefused),
        ("SELECT * FROM dbstat", .statementRefused), ("SELECT * FROM sqlite_stmt", .statementRefused),
        ("SELECT load_extension('x')", .statementRefused), ("SELECT fts3_tokenizer('simple')", .statementRefused),
        ("SELECT readfile('/etc/passwd')", .statementRefused), ("SELECT 1; SELECT 2", .statementRefused),
        ("SELECT 1; DROP TABLE orders", .statementRefused), ("SELECT 1; nonsense", .statementRefused),
        ("SELECT 1\0; DROP TABLE orders", .statementRefused), ("SELEC 1", .statementRefused),
        ("SELECT missing FROM orders", .statementRefused), ("SELECT \"typo\" FROM orders", .statementRefused),
        ("SELECT * FROM missing", .statementRefused), ("SELECT count(*) FROM sqlite_schema", .statementRefused),
        ("SELECT count(*) FROM pragma_function_list", .statementRefused), ("SELECT ?", .parametersMismatch),
        ("SELECT zeroblob(1000000000)", .statementRefused), ("SELECT abs(-9223372036854775808)", .statementRefused),
    ]

    @Test("and what is not reading this table is refused, and changes nothing", arguments: refusals.indices)
    func refused(index: Int) async throws {
        let (sql, code) = Self.refusals[index]
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        let failure = try #require(try await reader.failure(sql))
        #expect(failure.code == code, "\(failure.message)")
        #expect(failure.stage == .query)
        #expect(try await reader.result("SELECT count(*) AS n FROM orders").text == "{\"n\":3}\n")
        await reader.close()
    }

    @Test("A refusal carries SQLite's words, and where in the statement")
    func words() async throws {
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        let failure = try #require(try await reader.failure("SELECT 'ü', missing FROM orders"))
        #expect(failure.server?.code == "SQLITE_ERROR")
        #expect(failure.server?.text == "no such column: missing")
        #expect(failure.server?.position == 13)
        #expect(failure.message == "SQLite refuses the statement: no such column: missing.")
        #expect(try await reader.failure("ATTACH 'x' AS y")?.server?.code == "SQLITE_AUTH")
        let mismatch = try await reader.failure("SELECT ?, ?", [.null])
        #expect(mismatch?.message == "The statement has 2 placeholders and 1 parameters were sent.")
        await reader.close()
    }

    // MARK: Limits

    @Test("The row limit holds exactly, and says whether there was more", arguments: [0, 1, 2, 3, 4])
    func rowLimit(limit: Int) async throws {
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        let result = try await reader.result("SELECT id FROM orders", rows: limit)
        #expect(result.statistics.rows == min(limit, 3))
        #expect(result.statistics.cut == (limit < 3 ? .rows : nil))
        await reader.close()
    }

    private static let many = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"

    @Test("The byte limit ends a result that has no end")
    func byteLimit() async throws {
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        let result = try await reader.result("\(Self.many) SELECT x FROM c", rows: .max, bytes: 100_000)
        #expect(result.statistics.cut == .bytes)
        #expect((100_000..<(100_000 + 100)).contains(result.text.utf8.count))
        await reader.close()
    }

    @Test("Rows come in batches, the first at once")
    func batches() async throws {
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        let result = try await reader.result("\(Self.many) SELECT x FROM c LIMIT 50000")
        #expect(result.batches.first == 1)
        #expect(result.batches.last == 50_000)
        #expect(result.batches.count > 10)
        await reader.close()
    }

    @Test("A statement that takes too long ends at its deadline, and the reader goes on")
    func timeout() async throws {
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        let brake = StatementBrake(timeout: .milliseconds(50))
        let failure = try await reader.failure("\(Self.many) SELECT count(*) FROM c", brake: brake)
        #expect(failure?.code == .statementTimeout)
        #expect(try await reader.result("SELECT 1 AS a").text == "{\"a\":1}\n")
        await reader.close()
    }

    @Test("A statement is cancelled from outside: before it, while it looks for a row, and between rows")
    func cancel() async throws {
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        let early = StatementBrake(timeout: .seconds(60))
        early.cancel()
        #expect(try await reader.failure("SELECT 1", brake: early)?.code == .statementCancelled)

        for sql in ["\(Self.many) SELECT count(*) FROM c", "\(Self.many) SELECT x FROM c"] {
            let brake = StatementBrake(timeout: .seconds(60))
            async let failure = reader.failure(sql, brake: brake)
            while brake.work < 100 { await Task.yield() }
            brake.cancel()
            #expect(try await failure?.code == .statementCancelled)
        }
        #expect(try await reader.result("SELECT 1 AS a").text == "{\"a\":1}\n")
        await reader.close()
    }

    @Test("A closed reader says so")
    func closed() async throws {
        let desk = try Desk()
        let reader = try await Self.reader(desk)
        _ = try await reader.query(
            Statement("\(Self.many) SELECT x FROM c"), brake: StatementBrake(timeout: .seconds(9)))
        await reader.close()
        await reader.close()
        #expect(try await reader.failure("SELECT 1")?.code == .statementCancelled)
        #expect(desk.databases.isEmpty)
    }

    @Test(
        "The table is named after the file",
        arguments: [
            ("orders.csv", "orders"), ("a b.v2.csv", "a b.v2"), ("select.csv", "select"), ("Ümläut.txt", "Ümläut"),
            ("x\"y.csv", "x\"y"), ("sqlite_master.csv", "_sqlite_master"), (".csv", "data"), ("plain", "plain"),
        ])
    func name(file: String, table: String) async throws {
        let desk = try Desk()
        let reader = try await desk.reader(of: "a,\"b \"\"c\"\"\"\n1,2\n", file)
        #expect(reader.lease.tables[0].name == table)
        let quoted = ColumnNames.quoted(table)
        #expect(try await reader.result("SELECT a, \"b \"\"c\"\"\" AS b FROM \(quoted)").text == "{\"a\":1,\"b\":2}\n")
        await reader.close()
    }
}
