import Foundation
import NIOCore
import Results
import Route
import SourceModel
import Testing

@testable import Drivers

@Suite("A CSV file that is asked")
struct CSVQueryTests {
    /// A file directory and the drivers on it, gone at its end.
    private final class Place: Sendable {
        let home: URL
        let drivers: Drivers

        init() throws {
            home = FileManager.default.temporaryDirectory.appending(
                path: "wellhead-csv-\(UUID().uuidString)", directoryHint: .isDirectory)
            try FileManager.default.createDirectory(
                at: home.appending(path: "files"), withIntermediateDirectories: true)
            drivers = Drivers(
                route: .loopback, files: home.appending(path: "files"),
                cache: home.appending(path: "cache", directoryHint: .isDirectory))
        }

        deinit { try? FileManager.default.removeItem(at: home) }

        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: home.appending(path: "files/\(name)"))
        }

        func open(_ name: String, _ journal: StageJournal = StageJournal()) async throws -> any Session {
            let draft = DataSourceDraft(values: [.driver: .text("csv"), .database: .text(name)])
            return try await drivers.open(draft.validated(), for: .test, journal: journal)
        }
    }

    private static func rows(_ session: any Session, _ sql: String, timeout: Duration = .seconds(60)) async throws
        -> String
    {
        let source = try await session.query(Statement(sql, timeout: timeout))
        var encoder = RowEncoder(format: .csv, columns: source.columns)
        encoder.begin()
        while try await source.encodeNext(into: &encoder) {}
        await session.endQuery()
        return String(buffer: encoder.take())
    }

    private static func failure(of session: any Session, _ sql: String, timeout: Duration = .seconds(60)) async throws
        -> FailureCode?
    {
        do {
            _ = try await rows(session, sql, timeout: timeout)
            return nil
        } catch let failure as SourceFailure {
            await session.endQuery()
            return failure.code
        }
    }

    @Test("The bundled example has its schema and answers")
    func example() async throws {
        let place = try Place()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        try place.write(
            String(contentsOf: root.appending(path: "example/orders.csv"), encoding: .utf8), to: "orders.csv")
        let journal = StageJournal()
        let session = try await place.open("orders.csv", journal)
        let stages = journal.report().stages
        #expect(stages.map(\.stage) == [.open, .probe])
        #expect(stages[0].detail.hasSuffix("bytes, UTF-8, delimiter ,, quote \", header, decimal point"))
        #expect(stages[1].detail.hasPrefix("8 columns, 50 rows: order_id integer, ordered_on date, customer text"))

        let tables = try await session.tables().tables
        #expect(tables == [TableHeading(name: "orders", kind: .table, rowEstimate: 50)])
        let columns = try await session.details(of: tables + [TableHeading(name: "gone", kind: .table)])
        #expect(columns.map(\.columns.count) == [8, 0])
        let types = ["integer", "date", "text", "text", "integer", "decimal", "text", "text"]
        #expect(columns[0].columns.map(\.type) == types)
        #expect(
            try await Self.rows(session, "SELECT * FROM orders LIMIT 1")
                == "order_id,ordered_on,customer,item,quantity,unit_price,currency,status\r\n"
                + "1001,2026-01-07,Jansen BV,\"Arabica beans, 1 kg\",1,24.90,EUR,delivered\r\n")
        #expect(try await Self.rows(session, "SELECT count(*) AS n FROM orders") == "n\r\n50\r\n")
        try await session.ping()
        await session.close()
    }

    @Test("A file that has changed is read anew by the next call, one that is gone fails")
    func change() async throws {
        let place = try Place()
        try place.write("a,b\n1,x\n", to: "t.csv")
        let session = try await place.open("t.csv")
        #expect(try await Self.rows(session, "SELECT * FROM t") == "a,b\r\n1,x\r\n")
        try place.write("c\n007\n8\n", to: "t.csv")
        #expect(try await Self.rows(session, "SELECT * FROM t") == "c\r\n007\r\n8\r\n")
        let tables = try await session.tables().tables
        #expect(tables.map(\.rowEstimate) == [2])
        #expect(try await session.details(of: tables)[0].columns.map(\.type) == ["text"])
        let cache = place.home.appending(path: "cache").path
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache).count == 1)
        try FileManager.default.removeItem(at: place.home.appending(path: "files/t.csv"))
        for call in [session.ping, { _ = try await session.query(Statement("SELECT 1")) }] {
            let failure = await #expect(throws: SourceFailure.self) { try await call() }
            #expect(failure?.code == .fileNotFound)
        }
        await session.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache).isEmpty)
    }

    /// Gives rows for ever.
    private static let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
    /// Works for ever before its first row.
    private static let silent = endless.replacing("SELECT x FROM c", with: "SELECT count(*) FROM c")

    @Test("A query ends with the task that asked, and with its time; the session goes on")
    func cancel() async throws {
        let place = try Place()
        try place.write("a\n1\n", to: "t.csv")
        let session = try await place.open("t.csv")
        await session.endQuery()
        let asked = Task { try await Self.failure(of: session, Self.silent) }
        asked.cancel()
        #expect(try await asked.value == .statementCancelled)
        #expect(try await Self.failure(of: session, Self.silent, timeout: .milliseconds(50)) == .statementTimeout)
        #expect(try await Self.rows(session, "SELECT * FROM t") == "a\r\n1\r\n")
        await session.close()
    }

    @Test("Closing ends the statement that runs, and is told once")
    func close() async throws {
        let place = try Place()
        try place.write("a\n1\n", to: "t.csv")
        let session = try await place.open("t.csv")
        try await confirmation { closed in
            session.whenClosed { _ in closed() }
            let source = try await session.query(Statement(Self.endless))
            var encoder = RowEncoder(format: .csv, columns: source.columns)
            #expect(try await source.encodeNext(into: &encoder))
            await session.close()
            await #expect(throws: SourceFailure.self) { while try await source.encodeNext(into: &encoder) {} }
            await session.close()
        }
    }
}
