import PostgresWire
import Results
import SourceModel
import Synchronization

/// The rows of one statement of PostgreSQL.
final class PostgresRows: RowSource {
    let columns: [ResultColumn]
    private let forms: [CellForm]
    private let statement: Statement
    private let meaning: PostgresMeaning
    /// Touched by the one task that reads; the lock only says so to the compiler. Gives the rest up when it goes away; nil
    /// after the last row and where nobody wants more.
    private let rest: Mutex<RowStream.AsyncIterator?>

    init(_ stream: RowStream, types: [PostgresType], statement: Statement, meaning: PostgresMeaning) {
        columns = zip(stream.columns, types).map { column, type in
            ResultColumn(name: column.name, type: type.name, jsonType: type.jsonType)
        }
        forms = types.map(\.form)
        self.statement = statement
        self.meaning = meaning
        rest = Mutex(stream.makeAsyncIterator())
    }

    func encodeNext(into encoder: inout RowEncoder) async throws(SourceFailure) -> Bool {
        guard var iterator = rest.withLock({ $0 }) else { return false }
        let span: RowSpan?
        do throws(PostgresWireError) {
            span = try await iterator.nextSpan()
        } catch {
            rest.withLock { $0 = nil }
            throw meaning.failure(ofStatement: error)
        }
        guard let span else {
            rest.withLock { $0 = nil }
            return false
        }
        let goesOn = encode(span, into: &encoder)
        rest.withLock { [iterator] in $0 = goesOn ? iterator : nil }
        return goesOn
    }

    /// Nobody wants the rows that are left.
    func giveUp() { rest.withLock { $0 = nil } }

    /// - Returns: false where a limit was met.
    private func encode(_ span: RowSpan, into encoder: inout RowEncoder) -> Bool {
        guard encoder.statistics.rows + span.count > statement.rowLimit else {
            encodeAll(span, into: &encoder)
            guard encoder.totalBytes + encoder.pendingBytes <= statement.byteLimit else {
                encoder.cut(.bytes)
                return false
            }
            return true
        }
        encodeAll(span, into: &encoder, atMost: statement.rowLimit - encoder.statistics.rows)
        encoder.cut(.rows)
        return false
    }

    private func encodeAll(_ span: RowSpan, into encoder: inout RowEncoder, atMost limit: Int = .max) {
        guard limit > 0 else { return }
        var left = limit
        var cell = 0
        span.walk(
            rowBegan: {
                encoder.beginRow()
                cell = 0
            },
            value: { bytes in
                if let bytes { encoder.write(bytes, as: forms[cell]) } else { encoder.writeNull() }
                cell += 1
            },
            rowEnded: {
                encoder.endRow()
                left -= 1
                return left > 0
            })
    }
}
