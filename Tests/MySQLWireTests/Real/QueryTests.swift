import NIOCore
import Testbed
import Testing

@testable import MySQLWire

@Suite("Statements at a real server")
struct RealQueryTests {
    @Test(
        "Text rows, warnings, changes and an error, after which the connection is used on", arguments: RealServer.here)
    func text(server: RealServer) async throws {
        let connection = try await server.connect(server.superuser)
        #expect(
            try await connection.simpleQuery("SELECT 1, NULL, 'zwölf 🔑', ''") == [["1", nil, "zwölf 🔑", ""]])
        let said = try await RealServer.refusal { try await connection.simpleQuery("SELEC 1") }
        #expect(said?.code == 1064)
        #expect(said?.sqlState == "42000")
        try await connection.ping()
        let table = "t_\(connection.connectionID)"
        let made = try await connection.query(
            "CREATE TEMPORARY TABLE \(table) (id INT AUTO_INCREMENT PRIMARY KEY, n INT)")
        #expect(made.columns.isEmpty)
        for try await _ in made { Issue.record("a row") }
        let inserted = try await connection.query("INSERT INTO \(table) (n) VALUES (7), (8)")
        for try await _ in inserted { Issue.record("a row") }
        #expect(inserted.summary?.affectedRows == 2)
        #expect(inserted.summary?.lastInsertID == 1)
        let warned = try await connection.query("SELECT CAST('x' AS SIGNED)")
        for try await _ in warned {}
        #expect(warned.summary?.warnings == 1)
        try await connection.reset()
        await #expect(throws: MySQLWireError.self) { try await connection.simpleQuery("SELECT * FROM \(table)") }
        await connection.close()
    }

    @Test("Prepared statements with parameters of every type", arguments: RealServer.here)
    func prepared(server: RealServer) async throws {
        let connection = try await server.connect()
        let rows = try await connection.execute(
            "SELECT ?, ?, ?, CAST(? AS DOUBLE), ?, ?",
            [.null, .int(-5), .uint(.max), .double(1.5), .text("zwölf 🔑"), .bytes([0, 255])])
        var count = 0
        for try await row in rows {
            let values = try row.values()
            #expect(values[0] == .null)
            #expect(values[1] == .int(-5))
            #expect(values[2] == .uint(.max))
            #expect(values[3] == .double(1.5))
            #expect(values[4] == .text("zwölf 🔑"))
            #expect(values[5].text.map { Array($0.utf8).first } == 0)
            count += 1
        }
        #expect(count == 1)
        await #expect(throws: MySQLWireError.parameterCountMismatch(expected: 1, given: 2)) {
            try await connection.execute("SELECT ?", [.int(1), .int(2)])
        }
        let sql = """
            SELECT id, customer, total, placed, TIMESTAMP(placed, '01:02:03.5'), CAST('-25:00:01' AS TIME) FROM orders
            WHERE id = ?
            """
        let expected = ["3", "Customer 3", "3.75", "2024-01-04", "2024-01-04 01:02:03.5", "-25:00:01"]
        var found: [[String?]] = []
        for try await row in try await connection.execute(sql, [.int(3)]) { found.append(try row.texts()) }
        #expect(found == [expected])
        #expect(try await connection.simpleQuery(sql.replacing("?", with: "3")) == [expected])
        let left = try await connection.simpleQuery("SHOW SESSION STATUS LIKE 'Com_stmt_close'")
        #expect(left.first?.last == "3")
        await connection.close()
    }

    @Test("Messages above 16 MiB go and come", arguments: RealServer.here)
    func large(server: RealServer) async throws {
        try await server.admin("set global max_allowed_packet = 1073741824")
        let connection = try await server.connect()
        let size = 17 << 20
        for try await row in try await connection.execute(
            "SELECT LENGTH(?)", [.bytes([UInt8](repeating: 0x61, count: size))])
        {
            #expect(try row.values() == [.int(Int64(size))])
        }
        // The row's own length takes 4 bytes: the packet is exactly full, one less, one more, and two packets.
        for length in [0xFF_FFFF - 4, 0xFF_FFFF - 5, 0xFF_FFFF - 3, size] {
            for try await row in try await connection.query("SELECT REPEAT('a', \(length))") {
                #expect(try row.values().first?.text?.utf8.count == length)
            }
        }
        await #expect(throws: MySQLWireError.resultTooLarge(limit: 1 << 20)) {
            try await connection.simpleQuery("SELECT REPEAT('a', \(2 << 20))")
        }
        await connection.close()
    }

    @Test("A row above the limit is refused and the connection closes", arguments: RealServer.here)
    func tooLarge(server: RealServer) async throws {
        var configuration = MySQLConnection.Configuration(
            username: server.login.username, password: server.login.password)
        configuration.maximumMessageSize = 1 << 20
        let channel = try await Dialling.dial(port: try await server.port)
        let connection = try await MySQLConnection.open(on: channel, configuration: configuration)
        await #expect(throws: MySQLWireError.self) {
            try await connection.simpleQuery("SELECT REPEAT('a', \(2 << 20))")
        }
        try await connection.onClose.get()
    }

    /// A million rows of 100 bytes: MariaDB counts by its sequence engine, MySQL by a join of ten by ten.
    static func million(_ server: RealServer) -> String {
        switch server {
        case .mariaDB: return "SELECT seq, REPEAT('x', 90) FROM seq_1_to_1000000"
        case .mySQL:
            let ten =
                "(SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL "
                + "SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
            let tables = (1...6).map { "\(ten) t\($0)" }.joined(separator: ", ")
            return "SELECT 1, REPEAT('x', 90) FROM \(tables)"
        }
    }

    @Test(
        "A million rows with a reader that stands still: the server waits, memory stays bounded",
        arguments: RealServer.here)
    func backPressure(server: RealServer) async throws {
        let note = WireNote()
        let connection = try await Dialling.connect(port: try await server.port, server.login, noting: note)
        let rows = try await connection.query(Self.million(server))
        var iterator = rows.makeAsyncIterator()
        #expect(try await iterator.next() != nil)
        // The server has filled every buffer on the way and waits for the reader to take more: it sends no longer.
        let state = "select state from information_schema.processlist where id = \(connection.connectionID)"
        var before = -1
        try await eventually("the server waits for its client") {
            let seen = note.received
            defer { before = seen }
            let text = try await server.admin(state).first?.first ?? ""
            let isSending =
                text.lowercased().contains("writing to net") || text.lowercased().contains("sending")
                || text.lowercased().contains("executing")
            return isSending && seen == before
        }
        let whole = 100_000_000
        #expect(note.received < whole / 20)
        let held = try await connection.heldBytes()
        #expect(held < 2 << 20)
        var count = 1
        while let row = try await iterator.next() {
            count += 1
            if count == 1_000_000 { #expect(row.payload.readableBytes > 90) }
        }
        #expect(count == 1_000_000)
        #expect(note.received > 90_000_000)
        #expect(try await connection.simpleQuery("SELECT 1") == [["1"]])
        await connection.close()
    }

    static func endless(_ server: RealServer) -> String {
        server == .mariaDB
            ? "SELECT SUM(a.seq * b.seq) FROM seq_1_to_1000000 a, seq_1_to_1000000 b"
            : "SELECT SUM(SHA2(a.id + b.id + c.id + d.id + e.id, 512)) FROM orders a, orders b, orders c, orders d, orders e"
    }

    @Test(
        "KILL QUERY on another connection ends a statement, and the connection is used on", arguments: RealServer.here)
    func killQuery(server: RealServer) async throws {
        let connection = try await server.connect()
        let other = try await server.connect()
        let sql = Self.endless(server)
        let answer = Task { try await connection.simpleQuery(sql) }
        try await Self.untilRunning(connection, at: server)
        _ = try await other.simpleQuery("KILL QUERY \(connection.connectionID)")
        let said = try await RealServer.refusal { try await answer.value }
        #expect(said?.code == 1317)
        #expect(try await connection.simpleQuery("SELECT 1") == [["1"]])
        await connection.close()
        await other.close()
    }

    @Test(
        "A cancelled statement returns at once; killed at the server the connection is clean",
        arguments: RealServer.here)
    func cancelled(server: RealServer) async throws {
        let connection = try await server.connect()
        let sql = Self.endless(server)
        let task = Task { try await connection.simpleQuery(sql) }
        try await Self.untilRunning(connection, at: server)
        task.cancel()
        await #expect(throws: MySQLWireError.cancelled) { try await task.value }
        try await server.admin("kill query \(connection.connectionID)")
        #expect(try await connection.simpleQuery("SELECT 1") == [["1"]])
        await connection.close()
    }

    @Test("A statement of a task that is cancelled already is not waited for", arguments: RealServer.here)
    func cancelledBefore(server: RealServer) async throws {
        let connection = try await server.connect()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await connection.simpleQuery("SELECT 1")
        }
        await #expect(throws: MySQLWireError.cancelled) { try await task.value }
        #expect(try await connection.simpleQuery("SELECT 2") == [["2"]])
        await connection.close()
    }

    @Test("A reader that stops early: a little is thrown away, much closes the connection", arguments: RealServer.here)
    func stopsEarly(server: RealServer) async throws {
        let connection = try await server.connect()
        for try await _ in try await connection.query("SELECT * FROM orders") { break }
        #expect(try await connection.simpleQuery("SELECT 1") == [["1"]])
        for try await _ in try await connection.query(Self.million(server)) { break }
        await #expect(throws: MySQLWireError.cancelled) { try await connection.ping() }
        try await connection.onClose.get()
    }

    @Test("A statement made while rows are read is refused, and the rows go on", arguments: RealServer.here)
    func outstanding(server: RealServer) async throws {
        let connection = try await server.connect()
        var iterator = try await connection.query(Self.million(server)).makeAsyncIterator()
        #expect(try await iterator.next() != nil)
        await #expect(throws: MySQLWireError.rowsOutstanding) { try await connection.ping() }
        #expect(try await iterator.next() != nil)
        await connection.close()
    }

    private static func untilRunning(_ connection: MySQLConnection, at server: RealServer) async throws {
        try await eventually("the statement runs") {
            let rows = try await server.admin(
                "select 1 from information_schema.processlist where id = \(connection.connectionID) "
                    + "and command = 'Query' and info like 'SELECT SUM%'")
            return rows == [["1"]]
        }
    }
}

extension MySQLConnection {
    /// The bytes of rows and of unfinished messages that the connection holds, the former at their most.
    func heldBytes() async throws -> Int {
        let handler = handler
        return try await onClose.eventLoop.submit {
            let held = handler.value.heldBytes
            return held.peakOfRows + held.codec
        }.get()
    }
}
