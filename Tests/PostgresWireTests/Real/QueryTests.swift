import NIOCore
import PostgresWire
import Synchronization
import Testbed
import Testing

@Suite("Queries at a real server")
struct QueryTests {
    private func open(
        _ change: (inout PostgresConnection.Configuration) -> Void = { _ in }
    ) async throws -> PostgresConnection {
        try await Dialling.open(RealPostgres.Logins.superuser, change: change)
    }

    private func rows(_ stream: RowStream) async throws -> [[String?]] {
        var rows: [[String?]] = []
        for try await row in stream { rows.append(row.strings()) }
        return rows
    }

    /// Asks `connection` until the answer is one row with `expected`.
    private func until(_ connection: PostgresConnection, _ sql: String, is expected: String) async throws {
        while try await connection.simpleQuery(sql) != [[expected]] { await Task.yield() }
    }

    @Test("Parameters come back as they went: text, typed, binary, NULL, empty, any characters")
    func parameters() async throws {
        let connection = try await open()
        let stream = try await connection.query(
            "select $1::text, $2, $3::int4, $4::text, $5::text as last",
            [
                .text("naïve ' \" \\ 🐘\n"), .text("7", type: 20),
                .binary(ByteBuffer(integer: Int32(-5)), type: 23), .null, .text(""),
            ])
        #expect(stream.columns.map(\.typeOID) == [25, 20, 23, 25, 25])
        #expect(stream.columns.last?.name == "last")
        #expect(try await rows(stream) == [["naïve ' \" \\ 🐘\n", "7", "-5", nil, ""]])
        #expect(await stream.commandTag() == "SELECT 1")
        let binary = try await connection.query("select 258", results: .binary)
        for try await row in binary { #expect(row.map { $0 } == [ByteBuffer(bytes: [0, 0, 1, 2])]) }
        await connection.close()
    }

    @Test("Statements without rows, empty ones and several at once")
    func withoutRows() async throws {
        let connection = try await open()
        let set = try await connection.query("set application_name = 'here'")
        #expect(set.columns.isEmpty)
        #expect(try await rows(set).isEmpty)
        #expect(await set.commandTag() == "SET")
        #expect(connection.parameters["application_name"] == "here")
        #expect(try await rows(connection.query("")).isEmpty)
        #expect(try await connection.simpleQuery("").isEmpty)
        #expect(try await connection.simpleQuery("select 1; select 2, 3; set a.b = 1") == [["1"], ["2", "3"]])
        await connection.close()
    }

    @Test("A row limit stops the server")
    func rowLimit() async throws {
        let connection = try await open()
        let stream = try await connection.query("select generate_series(1, 1000000000)", rowLimit: 3)
        #expect(try await rows(stream) == [["1"], ["2"], ["3"]])
        #expect(try await connection.simpleQuery("select 1") == [["1"]])
        await connection.close()
    }

    @Test(
        "After an error the connection goes on",
        arguments: [
            ("select 1/0", "22012"), ("selct", "42601"), ("select * from nowhere", "42P01"),
            ("select 1/(3-i) from generate_series(1, 5) i", "22012"),
        ])
    func errors(_ sql: String, _ sqlState: String) async throws {
        let connection = try await open()
        for isExtended in [true, false] {
            let error = await #expect(throws: PostgresWireError.self) {
                if isExtended {
                    _ = try await rows(connection.query(sql))
                } else {
                    try await connection.simpleQuery(sql)
                }
            }
            guard case .server(let said) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(said.sqlState == sqlState)
            #expect(said.severity == "ERROR")
            #expect((said.position != nil) == sqlState.hasPrefix("42"))
            #expect(try await connection.simpleQuery("select 1") == [["1"]])
        }
        await connection.close()
    }

    @Test("COPY is refused both ways and the connection goes on")
    func copy() async throws {
        let connection = try await open()
        try await connection.simpleQuery("create temporary table t (i int)")
        for sql in ["copy t from stdin", "copy (select generate_series(1, 99)) to stdout"] {
            await #expect(throws: PostgresWireError.copyNotSupported) {
                _ = try await rows(connection.query(sql))
            }
            await #expect(throws: PostgresWireError.copyNotSupported) { try await connection.simpleQuery(sql) }
        }
        #expect(try await connection.simpleQuery("select count(*) from t") == [["0"]])
        await connection.close()
    }

    @Test("Transaction status and notices are told")
    func transactions() async throws {
        let notices = Mutex<[String]>([])
        let connection = try await open {
            $0.onNotice = { notice in notices.withLock { $0.append(notice.message) } }
        }
        #expect(connection.transactionStatus == .idle)
        try await connection.simpleQuery("begin")
        #expect(connection.transactionStatus == .inTransaction)
        await #expect(throws: PostgresWireError.self) { try await connection.simpleQuery("selct") }
        #expect(connection.transactionStatus == .failed)
        try await connection.simpleQuery("rollback")
        #expect(connection.transactionStatus == .idle)
        try await connection.simpleQuery("do $$ begin raise notice 'look'; end $$; listen x; notify x")
        #expect(notices.withLock { $0 } == ["look"])
        await connection.close()
    }

    @Test("A slow reader makes the server wait, and no more than the bound is held; all rows arrive")
    func backPressure() async throws {
        let connection = try await open()
        let watcher = try await open()
        let stream = try await connection.query(
            "select i, repeat('x', 50) from generate_series(1, 1000000) i")
        var iterator = stream.makeAsyncIterator()
        #expect(try await iterator.next()?.strings().first == "1")
        let pid = try #require(connection.backendProcessID)
        try await until(watcher, "select wait_event from pg_stat_activity where pid = \(pid)", is: "ClientWrite")
        var count = 1
        var largest = 0
        while let span = try await iterator.nextSpan() {
            count += span.count
            var size = 0
            span.walk(rowBegan: {}, value: { size += $0?.count ?? 0 }, rowEnded: { true })
            largest = max(largest, size)
        }
        #expect(count == 1_000_000)
        // The bound, and what NIO brings for one read: at most four times its largest buffer.
        #expect(largest <= (64 << 10) + 4 * (64 << 10))
        #expect(await stream.commandTag() == "SELECT 1000000")
        await connection.close()
        await watcher.close()
    }

    @Test("A second query while rows are unread is refused; rows that are dropped are thrown away")
    func dropping() async throws {
        let connection = try await open()
        var stream: RowStream? = try await connection.query("select i from generate_series(1, 50000) i")
        await #expect(throws: PostgresWireError.busy) { try await connection.simpleQuery("select 1") }
        #expect(stream != nil)
        stream = nil
        #expect(try await connection.simpleQuery("select 1") == [["1"]])
        await #expect(throws: PostgresWireError.resultTooLarge(limit: 1 << 20)) {
            try await connection.simpleQuery("select repeat('x', 1000) from generate_series(1, 1500)")
        }
        #expect(try await connection.simpleQuery("select 2") == [["2"]])
        await connection.close()
    }

    @Test("A dropped result over the bound closes the connection")
    func endlessDrain() async throws {
        let connection = try await open()
        _ = try await connection.query("select repeat('x', 1000), generate_series(1, 1000000000)")
        try await connection.onClose.get()
        await #expect(throws: PostgresWireError.connectionClosed(nil)) { try await connection.simpleQuery("select 1") }
    }

    @Test("A cancel request reaches the server and the connection goes on", arguments: [false, true])
    func cancel(inTLS: Bool) async throws {
        let connection = try await open()
        let watcher = try await open()
        let key = try #require(connection.backendKey)
        async let sleeping = connection.simpleQuery("select pg_sleep(3600)")
        let sleeps = "select wait_event from pg_stat_activity where pid = \(key.processID)"
        try await until(watcher, sleeps, is: "PgSleep")
        try await PostgresConnection.cancel(
            key, on: Dialling.channel(), upgrade: inTLS ? Dialling.tls() : nil)
        do {
            _ = try await sleeping
            Issue.record("The query was not cancelled.")
        } catch PostgresWireError.server(let said) {
            #expect(said.sqlState == "57014")
        }
        #expect(try await connection.simpleQuery("select 1") == [["1"]])
        await connection.close()
        await watcher.close()
    }

    @Test("A cancelled task leaves a connection that works once the server is done")
    func cancelledTask() async throws {
        let connection = try await open()
        let watcher = try await open()
        let key = try #require(connection.backendKey)
        let task = Task { try await connection.simpleQuery("select pg_sleep(3600)") }
        try await until(
            watcher, "select wait_event from pg_stat_activity where pid = \(key.processID)", is: "PgSleep")
        task.cancel()
        await #expect(throws: PostgresWireError.cancelled) { try await task.value }
        async let next = connection.simpleQuery("select 1")
        try await PostgresConnection.cancel(key, on: Dialling.channel())
        #expect(try await next == [["1"]])
        await connection.close()
        await watcher.close()
    }

    @Test("A session that the administrator ends while it idles is closed and says why")
    func terminated() async throws {
        let connection = try await open()
        let watcher = try await open()
        let pid = try #require(connection.backendProcessID)
        try await watcher.simpleQuery("select pg_terminate_backend(\(pid))")
        try await connection.onClose.get()
        #expect(connection.lastServerError?.sqlState == "57P01")
        let last = connection.lastServerError
        await #expect(throws: PostgresWireError.connectionClosed(last)) {
            try await connection.simpleQuery("select 1")
        }
        await watcher.close()
    }

    @Test("Closing leaves no session at the server; an open that is cancelled leaves no channel")
    func closing() async throws {
        let connection = try await open()
        let watcher = try await open()
        let pid = try #require(connection.backendProcessID)
        await connection.close()
        try await until(watcher, "select count(*) from pg_stat_activity where pid = \(pid)", is: "0")
        await watcher.close()

        let channel = try await Dialling.channel()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await PostgresConnection.open(on: channel, configuration: .init(username: "scram"))
        }
        await #expect(throws: PostgresWireError.cancelled) { try await task.value }
        try await channel.closeFuture.get()
    }
}
