import MongoWire
import NIOCore
import Results
import SourceModel
import Synchronization

/// The rows of one command of MongoDB: of a cursor, whose batches are fetched as they are wanted, or of a list of values.
final class MongoRows: RowSource {
    /// A cursor that lives at the server.
    struct Cursor: Sendable, Equatable {
        var id: Int64
        /// Database and collection, as the server names them.
        var namespace: String

        var database: String { String(namespace.prefix { $0 != "." }) }
        var collection: String { String(namespace.drop { $0 != "." }.dropFirst()) }
    }

    /// Where the reading stands.
    private struct State {
        /// An array of documents, or of values.
        var batch: BSONDocument
        var position: Int?
        var isBatchOver: Bool
        /// Nil where the server has no more.
        var cursor: Cursor?
        var isOver = false
    }

    typealias Fetch = @Sendable (Cursor) async throws(SourceFailure) -> (batch: BSONDocument, cursor: Cursor?)

    let columns: [ResultColumn]
    private let layout: MongoColumns
    private let areDocuments: Bool
    private let statement: Statement
    private let fetch: Fetch
    /// Touched by the one task that reads, and by whoever ends the statement.
    private let state: Mutex<State>

    /// How much is encoded before it is handed on, in bytes.
    private static let pieceSize = 64 << 10

    /// Rows of documents.
    init(batch: BSONDocument, cursor: Cursor?, statement: Statement, fetch: @escaping Fetch) {
        layout = MongoColumns(of: batch, isLast: cursor == nil, rowLimit: statement.rowLimit)
        columns = layout.columns
        areDocuments = true
        self.statement = statement
        self.fetch = fetch
        state = Mutex(State(batch: batch, isBatchOver: batch.isEmpty, cursor: cursor))
    }

    /// Rows of one value each.
    init(values: BSONDocument, column: String, statement: Statement) {
        layout = MongoColumns(column, valuesOf: values)
        columns = layout.columns
        areDocuments = false
        self.statement = statement
        fetch = { _ in (BSONDocument(), nil) }
        state = Mutex(State(batch: values, isBatchOver: values.isEmpty))
    }

    /// The cursor that still lives at the server.
    var cursor: Cursor? { state.withLock { $0.cursor } }

    func encodeNext(into encoder: inout RowEncoder) async throws(SourceFailure) -> Bool {
        while true {
            var now = state.withLock { $0 }
            if now.isOver { return false }
            if now.isBatchOver {
                guard let cursor = now.cursor else { return over() }
                let next = try await fetch(cursor)
                state.withLock { state in
                    state.batch = next.batch
                    state.position = nil
                    state.isBatchOver = next.batch.isEmpty
                    state.cursor = next.cursor
                }
                continue
            }
            let end = encode(&now, into: &encoder)
            state.withLock { [now] state in
                state.position = now.position
                state.isBatchOver = now.isBatchOver
            }
            if end { return over() }
            return true
        }
    }

    private func over() -> Bool {
        state.withLock { $0.isOver = true }
        return false
    }

    /// Encodes a piece of the batch.
    ///
    /// - Returns: true where a limit was met.
    private func encode(_ now: inout State, into encoder: inout RowEncoder) -> Bool {
        var isCut = false
        let start = encoder.pendingBytes
        let next = now.batch.walk(from: now.position) { element in
            guard encoder.statistics.rows < statement.rowLimit else {
                encoder.cut(.rows)
                isCut = true
                return false
            }
            encoder.beginRow()
            if areDocuments { writeRow(element, &encoder) } else { MongoCells.write(element, to: &encoder) }
            encoder.endRow()
            if encoder.totalBytes + encoder.pendingBytes > statement.byteLimit {
                encoder.cut(.bytes)
                isCut = true
                return false
            }
            return encoder.pendingBytes - start < Self.pieceSize
        }
        now.position = next
        now.isBatchOver = next == nil
        return isCut
    }

    private func writeRow(_ row: BSONElement, _ encoder: inout RowEncoder) {
        var cells = [BSONElement?](repeating: nil, count: layout.names.count)
        var rest: BSONWriter?
        var expected = 0
        if row.type == .document, var walker = try? BSONWalker(row.value) {
            while let element = try? walker.next() {
                if let index = layout.index(of: element.name, expected: expected), cells[index] == nil {
                    cells[index] = element
                    expected = index + 1
                } else if layout.hasRest {
                    if rest == nil { rest = BSONWriter() }
                    rest?.append(element.nameText, BSONValue(element))
                }
            }
        }
        for cell in cells {
            if let cell { MongoCells.write(cell, to: &encoder) } else { encoder.writeNull() }
        }
        guard layout.hasRest else { return }
        guard let rest = rest?.finished() else { return encoder.writeNull() }
        var buffer = ByteBuffer()
        rest.bytes.withUnsafeReadableBytes { pointer in
            if !ExtendedJSONWriter.write(document: pointer, .exact, to: &buffer) { encoder.noteInvalidText() }
        }
        buffer.withUnsafeReadableBytes { encoder.write($0, as: .json) }
    }
}
