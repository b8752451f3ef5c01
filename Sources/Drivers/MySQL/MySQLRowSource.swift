import MySQLWire
import NIOCore
import Results
import SourceModel

/// The rows of a statement that runs at MySQL or MariaDB.
actor MySQLRowSource: RowSource {
    nonisolated let columns: [ResultColumn]
    private let session: MySQLSession
    private let statement: Statement
    private let cells: MySQLCells
    private var iterator: RowStream.AsyncIterator
    /// Nothing more is to be read: the last row came, or the rest is not wanted.
    private var isOver = false

    init(_ rows: RowStream, of statement: Statement, on session: MySQLSession) {
        self.statement = statement
        self.session = session
        columns = rows.columns.map { column in
            ResultColumn(
                name: column.name, type: MySQLTypes.name(of: column), jsonType: MySQLTypes.cell(of: column).jsonType)
        }
        cells = MySQLCells(columns: rows.columns)
        iterator = rows.makeAsyncIterator()
    }

    func encodeNext(into encoder: inout RowEncoder) async throws(SourceFailure) -> Bool {
        guard !isOver else { return false }
        do throws(MySQLWireError) {
            // Out of the actor while it is waited for: nobody else reads.
            var reader = iterator
            let batch = try await reader.nextPayloads()
            iterator = reader
            guard let batch else {
                isOver = true
                return false
            }
            guard encoder.totalBytes + encoder.pendingBytes < statement.byteLimit else {
                encoder.cut(.bytes)
                isOver = true
                return false
            }
            for row in batch {
                guard encoder.statistics.rows < statement.rowLimit else {
                    encoder.cut(.rows)
                    isOver = true
                    return false
                }
                try cells.write(row, to: &encoder)
            }
            return true
        } catch {
            isOver = true
            throw session.failure(of: error)
        }
    }
}
