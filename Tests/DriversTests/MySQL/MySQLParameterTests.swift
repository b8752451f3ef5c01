import Results
import SourceModel
import Testing

@testable import Drivers

@Suite("MySQL and MariaDB: parameters and limits")
struct MySQLParameterTests {
    @Test("Parameters of every kind go as protocol parameters", arguments: MySQLBench.here)
    func kinds(server: MySQLBench) async throws {
        let session = try await server.open()
        let outcome = try await session.run(
            "select ? as a, ? as b, ? as c, ? as d, ? as e, cast(? as decimal(65,30)) as f, ? as g",
            [
                .null, .flag(true), .number("-9223372036854775808"), .number("18446744073709551615"),
                .text("it's \"?\" 🔑"),
                .number("12345678901234567890123456789.012345678901234567890123456789"), .flag(false),
            ])
        let values = [
            "null", "\"1\"", "\"-9223372036854775808\"", "\"18446744073709551615\"", "\"it's \\\"?\\\" 🔑\"",
            "\"12345678901234567890123456789.012345678901234567890123456789\"", "\"0\"",
        ]
        let expected = zip("abcdefg", values).map { "\"\($0)\":\($1)" }.joined(separator: ",")
        #expect(outcome.lines == ["{\(expected)}"])
        await session.close()
    }

    @Test("Parameters are compared as what they are", arguments: MySQLBench.here)
    func comparisons(server: MySQLBench) async throws {
        let session = try await server.open()
        let sql = "select id from orders where id = ? and total = ? and placed = ? and customer = ? limit ?"
        let outcome = try await session.run(
            sql, [.number("3"), .number("3.75"), .text("2024-01-04"), .text("Customer 3"), .number("5")])
        #expect(outcome.lines == ["{\"id\":3}"])
        let injected = try await session.run(
            "select id from orders where customer = ?", [.text("x' or '1'='1")])
        #expect(injected.lines.isEmpty)
        await session.close()
    }

    @Test("Another number of parameters than the statement has is refused before it runs", arguments: MySQLBench.here)
    func count(server: MySQLBench) async throws {
        let session = try await server.open()
        for parameters: [StatementParameter] in [[], [.null, .null]] {
            let failure = try await session.refusal("select ?", parameters)
            #expect(failure?.code == .parametersMismatch)
            #expect(failure?.stage == .query)
            #expect(failure?.message == "The statement takes 1 parameter, and \(parameters.count) were sent.")
        }
        #expect(try await session.run("select id from orders where id = 1").lines == ["{\"id\":1}"])
        await session.close()
    }

    @Test("Exactly as many rows as wanted, and whether there were more", arguments: MySQLBench.here)
    func rowLimit(server: MySQLBench) async throws {
        let session = try await server.open()
        for (limit, sql, cut) in [
            (10, "select id from orders", true), (100, "select id from orders", false),
            (99, "select id from orders", true), (101, "select id from orders", false),
            (10, "select id from orders limit 50", true), (10, "select a.id from orders a, orders b", true),
            (1, "select count(*) from orders a, (select id from orders) b", false),
        ] {
            let outcome = try await session.run(sql, rowLimit: limit)
            #expect(outcome.statistics.rows == min(limit, sql.contains("count") ? 1 : 100))
            #expect(outcome.lines.count == outcome.statistics.rows)
            #expect(outcome.statistics.cut == (cut ? .rows : nil), "\(sql)")
        }
        #expect(try await session.run("select count(*) as n from orders a, orders b").lines == ["{\"n\":\"10000\"}"])
        await session.close()
    }

    @Test("A result above the limit of bytes is cut, and the rest is not fetched", arguments: MySQLBench.here)
    func byteLimit(server: MySQLBench) async throws {
        let session = try await server.open()
        let sql = "select repeat('x', 1000) as v from orders a, orders b, orders c limit 1000000"
        let outcome = try await session.run(sql, rowLimit: .max, byteLimit: 100_000)
        #expect(outcome.statistics.cut == .bytes)
        #expect(outcome.statistics.rows > 90)
        #expect(outcome.text.utf8.count < 2_000_000)
        // What was under way was too much to be read for nothing: the session is brought back or closed.
        let next = try? await session.run("select id from orders where id = 1")
        #expect(next == nil || next?.lines == ["{\"id\":1}"])
        await session.close()
        let small = try await server.open()
        let whole = try await small.run("select id from orders", byteLimit: 1_000_000)
        #expect(whole.statistics.cut == nil)
        await small.close()
    }
}
