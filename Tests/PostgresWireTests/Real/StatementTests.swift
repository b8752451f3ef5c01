import NIOCore
import PostgresWire
import Testbed
import Testing

@Suite("Statements that are read before they run")
struct StatementTests {
    private func open() async throws -> PostgresConnection {
        try await Dialling.open(RealPostgres.Logins.superuser)
    }

    private func rows(_ stream: RowStream) async throws -> [[String?]] {
        var rows: [[String?]] = []
        for try await row in stream { rows.append(row.strings()) }
        return rows
    }

    @Test("The server says what a statement takes and gives, and runs it afterwards with values")
    func roundTrip() async throws {
        let connection = try await open()
        let statement = try await connection.prepare("select $1::int + 1 as next, upper($2) from generate_series(1, 2)")
        #expect(statement.parameterTypes == [23, 25])
        #expect(statement.columns.map(\.name) == ["next", "upper"])
        #expect(statement.givesRows)
        for value in ["1", "41"] {
            let stream = try await connection.execute(statement, [.text(value), .text("x")])
            let next = String((Int(value) ?? 0) + 1)
            #expect(try await rows(stream) == [[next, "X"], [next, "X"]])
        }
        // It lives until it is deallocated: only then there is another.
        await #expect(throws: PostgresWireError.self) { try await connection.prepare("select 2") }
        try await connection.simpleQuery("deallocate all")
        #expect(try await connection.prepare("select 2").columns.count == 1)
        await connection.close()
    }

    @Test(
        "What gives no rows is known before it runs",
        arguments: [
            ("copy (select 1) to program 'true'", false), ("set work_mem = '1MB'", false), ("commit", false),
            ("do $$ begin end $$", false), ("create table never (a int)", false), ("begin read write", false),
            ("insert into orders values (9999)", false), ("lock table orders", false),
            ("insert into orders values (9999) returning id", true), ("explain select 1", true),
            ("show server_version", true), ("values (1)", true), ("select", true), ("", false),
        ])
    func givesRows(sql: String, gives: Bool) async throws {
        let connection = try await open()
        let statement = try await connection.prepare(sql)
        #expect(statement.givesRows == gives)
        if !gives {
            await #expect(throws: PostgresWireError.self) { try await connection.execute(statement, []) }
        }
        #expect(try await connection.simpleQuery("select count(*) from orders where id = 9999") == [["0"]])
        await connection.close()
    }

    @Test("Several statements in one, and a wrong number of values, are refused; the connection goes on")
    func refused() async throws {
        let connection = try await open()
        await #expect(throws: PostgresWireError.self) { try await connection.prepare("select 1; select 2") }
        let statement = try await connection.prepare("select $1::text")
        await #expect(throws: PostgresWireError.invalidArgument("The statement takes 1 parameters, not 0.")) {
            try await connection.execute(statement, [])
        }
        let stream = try await connection.execute(statement, [.null])
        #expect(try await rows(stream) == [[nil]])
        await connection.close()
    }

    @Test("A value that the server cannot read fails the run, not the connection")
    func badValue() async throws {
        let connection = try await open()
        let statement = try await connection.prepare("select $1::int")
        let error = await #expect(throws: PostgresWireError.self) {
            let stream = try await connection.execute(statement, [.text("many")])
            _ = try await rows(stream)
        }
        guard case .server(let said) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(said.sqlState == "22P02")
        #expect(try await connection.simpleQuery("select 1") == [["1"]])
        await connection.close()
    }
}
