import MongoWire
import Results
import SourceModel
import Synchronization

extension MongoSession {
    func query(_ statement: Statement) async throws(SourceFailure) -> any RowSource {
        let command = try MongoCommand(statement)
        let rows: MongoRows
        switch command.kind {
        case .find, .aggregate: rows = try await cursorRows(command, statement)
        case .count:
            let reply = try await run(bounded(command, statement), in: .query)
            rows = MongoRows(values: .list([reply["n"] ?? .null]), column: "n", statement: statement)
        case .distinct:
            let reply = try await run(bounded(command, statement), in: .query)
            rows = MongoRows(
                values: reply.part("values") ?? BSONDocument(), column: command.document["key"]?.text ?? "value",
                statement: statement)
        }
        running.withLock { $0 = rows }
        return rows
    }

    /// The server's own limit is the second line; the first is the caller's, which covers the network too.
    private func bounded(_ command: MongoCommand, _ statement: Statement) -> BSONDocument {
        command.document.adding(("maxTimeMS", .int64(statement.timeout.components.seconds * 1000 + 1000)))
    }

    private func cursorRows(
        _ command: MongoCommand, _ statement: Statement
    ) async throws(SourceFailure) -> MongoRows {
        let reply = try await run(bounded(command, statement), in: .query)
        guard var batch = reply.part("cursor")?.part("firstBatch") else { throw unreadable("There is no cursor.") }
        var cursor = Self.cursor(reply)
        // The columns are those of the first documents; some servers answer before they have any.
        while batch.isEmpty, let open = cursor { (batch, cursor) = try await more(of: open, statement) }
        return MongoRows(batch: batch, cursor: cursor, statement: statement) {
            [weak self] (cursor) async throws(SourceFailure) in
            guard let self else { throw .statementCancelled() }
            return try await self.more(of: cursor, statement)
        }
    }

    private func more(
        of cursor: MongoRows.Cursor, _ statement: Statement
    ) async throws(SourceFailure) -> (batch: BSONDocument, cursor: MongoRows.Cursor?) {
        let command: BSONDocument = [
            "getMore": .int64(cursor.id), "collection": .string(cursor.collection),
            "batchSize": .int32(Int32(min(statement.rowLimit, MongoCommand.batchSize))),
        ]
        let reply = try await run(command, on: cursor.database, in: .query)
        guard let batch = reply.part("cursor")?.part("nextBatch") else { throw unreadable("There is no batch.") }
        return (batch, Self.cursor(reply))
    }

    private func unreadable(_ what: String) -> SourceFailure { .unreadable(.query, meaning.target, cause: what) }

    func endQuery() async {
        let rows = running.withLock { rows in
            defer { rows = nil }
            return rows
        }
        if await connection.isRunning {
            // What runs for a logical session ends with it, its cursors too.
            guard let session = renewLogicalSession(), await canceller(session) else { return await close() }
            await connection.settled()
        } else if let cursor = rows?.cursor {
            await kill(cursor)
        }
    }
}
