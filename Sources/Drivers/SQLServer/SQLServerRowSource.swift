import Results
import SourceModel
import TDSWire

/// The rows of a statement that runs at SQL Server.
actor SQLServerRowSource: RowSource {
    nonisolated let columns: [ResultColumn]
    private let session: SQLServerSession
    private let statement: Statement
    private let types: [TDSType]
    private let cells: [SQLServerTypes.Cell]
    private var reader: RowStream.Reader
    private var text = TDSText()
    /// Nothing more is to be read: the last row came, or the rest is not wanted.
    private var isOver = false

    init(_ rows: RowStream, columns: [TDSColumn], of statement: Statement, on session: SQLServerSession) {
        self.statement = statement
        self.session = session
        self.columns = columns.map { column in
            ResultColumn(
                name: column.name, type: SQLServerTypes.name(of: column),
                jsonType: SQLServerTypes.jsonType(of: column.type))
        }
        types = columns.map(\.type)
        cells = columns.map { SQLServerTypes.cell(of: $0.type) }
        reader = rows.makeReader()
    }

    func encodeNext(into encoder: inout RowEncoder) async throws(SourceFailure) -> Bool {
        guard !isOver else { return false }
        do throws(TDSWireError) {
            // Out of the actor while it is waited for: nobody else reads.
            var reader = reader
            let span = try await reader.next()
            self.reader = reader
            guard let span else {
                isOver = true
                return false
            }
            guard encoder.totalBytes + encoder.pendingBytes < statement.byteLimit else {
                try await session.endStatement()
                encoder.cut(.bytes)
                isOver = true
                return false
            }
            let room = statement.rowLimit - encoder.statistics.rows
            try encode(span, atMost: room, into: &encoder)
            guard span.count > room else { return true }
            try await session.endStatement()
            encoder.cut(.rows)
            isOver = true
            return false
        } catch {
            isOver = true
            throw session.meaning.failure(for: error, in: .query)
        }
    }

    private func encode(_ span: RowSpan, atMost limit: Int, into encoder: inout RowEncoder) throws(TDSWireError) {
        guard limit > 0 else { return }
        var left = limit
        var unreadable: TDSType?
        span.walk(
            rowBegan: { encoder.beginRow() },
            value: { column, bytes in
                if !write(bytes, column, to: &encoder) { unreadable = types[column] }
            },
            rowEnded: {
                encoder.endRow()
                left -= 1
                return left > 0 && unreadable == nil
            })
        if let unreadable {
            throw .protocolViolation("A value is none of the type \(unreadable.code).")
        }
    }

    /// - Returns: false where the bytes are no value of the column's type.
    private func write(_ bytes: UnsafeRawBufferPointer?, _ column: Int, to encoder: inout RowEncoder) -> Bool {
        guard let bytes else {
            encoder.writeNull()
            return true
        }
        switch cells[column] {
        case .integer, .exact:
            let number = TDSText.integer(bytes)
            if cells[column] == .exact {
                encoder.write(exact: number ?? 0)
            } else {
                encoder.write(integer: number ?? 0)
            }
            return number != nil
        case .bytes:
            encoder.write(bytes, as: .bytes)
            return true
        case .text(let form):
            let isProper = text.read(bytes, as: types[column])
            text.utf8.withUnsafeBytes { encoder.write($0, as: form) }
            return isProper
        }
    }
}
