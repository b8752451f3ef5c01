import Foundation
import NIOConcurrencyHelpers
import Results
import SourceModel
import Tabular

/// A file whose tables are open. The session's sign of life is that the file is there. When the file has changed, the next
/// call reads it anew.
final class FileSession: Session {
    private struct State {
        var reader: TabularReader
        /// What the reader reads; a fetched file stays here as long as its tables are asked.
        var file: PlacedFile
        /// Ends the statement that runs.
        var brake: StatementBrake?
        var end = SessionEnd()
    }

    let facts: SessionFacts
    private let place: any FilePlace
    private let content: FileContent
    private let state: NIOLockedValueBox<State>

    init(
        place: any FilePlace, content: FileContent, file: PlacedFile, reader: TabularReader, facts: SessionFacts
    ) {
        (self.place, self.content, self.facts) = (place, content, facts)
        state = NIOLockedValueBox(State(reader: reader, file: file))
    }

    func ping() async throws(SourceFailure) { try await place.look() }

    // MARK: Schema

    func tables() async throws(SourceFailure) -> TableList {
        let tables = try await currentReader().lease.tables.map {
            TableHeading(name: $0.name, kind: $0.kind, comment: $0.comment, rowEstimate: $0.rows)
        }
        return TableList(tables: tables.sorted { $0.name < $1.name })
    }

    func details(of tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails] {
        let known = try await currentReader().lease.tables
        return tables.map { table in
            // A table that is gone since it was listed has no columns any more.
            let columns = known.first { $0.name == table.name }?.columns ?? []
            return TableDetails(
                columns: columns.map {
                    TableColumn(
                        name: $0.name, type: $0.type.name, jsonType: $0.type.jsonType, isNullable: $0.isNullable,
                        comment: $0.comment)
                })
        }
    }

    // MARK: Queries

    func query(_ statement: Statement) async throws(SourceFailure) -> any RowSource {
        let brake = StatementBrake(timeout: statement.timeout)
        state.withLockedValue { $0.brake = brake }
        let reader = try await currentReader(within: brake, of: statement)
        let columns = try await brake.cancelled { () async throws(SourceFailure) in
            try await reader.query(statement, brake: brake)
        }
        return FileRows(columns: columns, reader: reader, brake: brake)
    }

    func endQuery() async {
        let (reader, brake) = state.withLockedValue { state in
            defer { state.brake = nil }
            return (state.reader, state.brake)
        }
        brake?.cancel()
        await reader.end()
    }

    /// The reader of the file as it is now.
    private func currentReader() async throws(SourceFailure) -> TabularReader {
        let file = try await place.file(StageJournal())
        let reader = state.withLockedValue { $0.reader }
        let identity = try FileIdentity(at: file.url.path(percentEncoded: false), named: content.name)
        if identity == reader.lease.identity { return reader }
        let fresh = try await content.reader(of: file)
        let old = state.withLockedValue { state -> TabularReader in
            if state.end.hasCome { return fresh }
            defer { (state.reader, state.file) = (fresh, file) }
            return state.reader
        }
        await old.close()
        return fresh
    }

    /// The reader of the file as it is now, if it can be had before the statement has to end.
    private func currentReader(
        within brake: StatementBrake, of statement: Statement
    ) async throws(SourceFailure) -> TabularReader {
        let result = await withTaskGroup(of: Result<TabularReader, SourceFailure>?.self) { group in
            group.addTask { [self] in
                do throws(SourceFailure) { return .success(try await currentReader()) } catch { return .failure(error) }
            }
            group.addTask {
                await brake.end()
                return nil
            }
            // Two children are there, so that there is a first. A reader that comes too late serves the next call.
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let result else { throw brake.failure(of: statement) }
        return try result.get()
    }

    // MARK: End

    func close() async {
        let (reader, brake, bodies) = state.withLockedValue { state in
            (state.reader, state.brake, state.end.come())
        }
        brake?.cancel()
        await reader.close()
        await place.close()
        for body in bodies { body(nil) }
    }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        if !state.withLockedValue({ $0.end.keep(body) }) { body(nil) }
    }
}

/// The rows of a statement on a file's table.
private final class FileRows: RowSource {
    let columns: [ResultColumn]
    private let reader: TabularReader
    private let brake: StatementBrake

    init(columns: [ResultColumn], reader: TabularReader, brake: StatementBrake) {
        (self.columns, self.reader, self.brake) = (columns, reader, brake)
    }

    func encodeNext(into encoder: inout RowEncoder) async throws(SourceFailure) -> Bool {
        var writing = encoder
        defer { encoder = writing }
        return try await brake.cancelled { () async throws(SourceFailure) in
            try await reader.encodeNext(into: &writing)
        }
    }
}

extension StatementBrake {
    /// Runs work of SQLite's, which knows nothing of tasks: it ends when the task is cancelled.
    fileprivate func cancelled<Value: Sendable>(
        _ work: () async throws(SourceFailure) -> Value
    ) async throws(SourceFailure) -> Value {
        do {
            return try await withTaskCancellationHandler(operation: work, onCancel: { cancel() })
        } catch let failure as SourceFailure {
            throw failure
        } catch {
            throw SourceFailure(
                .query, .statementCancelled, "The statement was cancelled.",
                hint: "Send it again if it is still wanted.")
        }
    }
}
