import Foundation
import GRDBSQLite
import Results
import SourceModel

/// A compiled statement on its way through its rows. Used inside the reader's actor only.
final class RunningStatement {
    /// A batch is full with so many bytes.
    private static let batchSize = 32 << 10
    /// A batch leaves when SQLite has worked so long for it, in the brake's steps: some milliseconds.
    private static let batchWork = 200

    private let compiled: OpaquePointer
    private let connection: OpaquePointer
    private let statement: Statement
    private let brake: StatementBrake
    private(set) var columns: [ResultColumn] = []
    private var types: [ColumnType?] = []
    private var hasRow = false
    /// Whether `hasRow` speaks of a row that was encoded already.
    private var needsStep = false
    private var isFirst = true
    private var isEnded = false
    private var isFinalized = false

    /// - Parameter compiled: finalized by `end`.
    init(
        _ compiled: OpaquePointer, connection: OpaquePointer, statement: Statement, brake: StatementBrake
    ) {
        (self.compiled, self.connection) = (compiled, connection)
        (self.statement, self.brake) = (statement, brake)
    }

    deinit { end() }

    /// Runs up to the first row, and reads what the columns are.
    func begin() throws(SourceFailure) {
        sqlite3_progress_handler(
            connection, StatementBrake.interval,
            { context in
                guard let context else { return 1 }
                // Retained by the statement, which takes the handler away before it goes.
                return Unmanaged<StatementBrake>.fromOpaque(context).takeUnretainedValue().step() ? 1 : 0
            }, Unmanaged.passUnretained(brake).toOpaque())
        hasRow = try step()
        for index in 0..<sqlite3_column_count(compiled) {
            let name = sqlite3_column_name(compiled, index).map { String(cString: $0) } ?? ""
            let type = sqlite3_column_decltype(compiled, index).flatMap {
                ColumnType(declaration: String(cString: $0))
            }
            types.append(type)
            columns.append(
                ResultColumn(name: name, type: type?.name ?? storageClass(index), jsonType: type?.jsonType ?? .any))
        }
    }

    /// The class of an expression's first value; `any` where there is no row.
    private func storageClass(_ index: CInt) -> String {
        guard hasRow else { return "any" }
        return switch sqlite3_column_type(compiled, index) {
        case SQLITE_INTEGER: "integer"
        case SQLITE_FLOAT: "real"
        case SQLITE_TEXT: "text"
        case SQLITE_BLOB: "blob"
        default: "any"
        }
    }

    func encodeNext(into encoder: inout RowEncoder) throws(SourceFailure) -> Bool {
        guard !isEnded else { return false }
        if let verdict = brake.verdict { throw TabularFailures.ended(verdict, statement) }
        let work = brake.work
        while true {
            if needsStep {
                hasRow = try step()
                needsStep = false
            }
            guard hasRow else { return finish() }
            guard encoder.statistics.rows < statement.rowLimit else {
                encoder.cut(.rows)
                return finish()
            }
            guard encoder.totalBytes + encoder.pendingBytes < statement.byteLimit else {
                encoder.cut(.bytes)
                return finish()
            }
            encodeRow(into: &encoder)
            needsStep = true
            if isFirst {
                // Whoever waits sees it before the second is looked for.
                isFirst = false
                return true
            }
            if encoder.pendingBytes >= Self.batchSize || brake.work - work > Self.batchWork { return true }
        }
    }

    /// Takes everything of the statement from the connection. May be called again.
    func end() {
        guard !isFinalized else { return }
        isFinalized = true
        isEnded = true
        // In this order: the statement is what may keep the connection alive.
        sqlite3_progress_handler(connection, 0, nil, nil)
        sqlite3_finalize(compiled)
    }

    private func finish() -> Bool {
        isEnded = true
        // What a sort holds is given back before the reader of the rows says that it is done.
        sqlite3_reset(compiled)
        return false
    }

    private func step() throws(SourceFailure) -> Bool {
        switch sqlite3_step(compiled) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            if code & 0xFF == SQLITE_INTERRUPT, let verdict = brake.verdict {
                throw TabularFailures.ended(verdict, statement)
            }
            throw TabularFailures.running(code: code, on: connection)
        }
    }

    // MARK: Cells

    private func encodeRow(into encoder: inout RowEncoder) {
        encoder.beginRow()
        for index in types.indices {
            let place = CInt(index)
            let type = types[index]
            switch sqlite3_column_type(compiled, place) {
            case SQLITE_NULL: encoder.writeNull()
            case SQLITE_INTEGER: encode(sqlite3_column_int64(compiled, place), type, into: &encoder)
            case SQLITE_FLOAT: encode(sqlite3_column_double(compiled, place), type, into: &encoder)
            case SQLITE_TEXT:
                // Asked for in this order, the count is that of the text.
                let text = sqlite3_column_text(compiled, place)
                let count = Int(sqlite3_column_bytes(compiled, place))
                encoder.write(
                    UnsafeRawBufferPointer(start: text, count: text == nil ? 0 : count),
                    as: type == .timestamp ? .timestamp : .text)
            default:
                let bytes = sqlite3_column_blob(compiled, place)
                let count = bytes == nil ? 0 : Int(sqlite3_column_bytes(compiled, place))
                encoder.write(UnsafeRawBufferPointer(start: bytes, count: count), as: .bytes)
            }
        }
        encoder.endRow()
    }

    private func encode(_ value: Int64, _ type: ColumnType?, into encoder: inout RowEncoder) {
        if type == .boolean, value == 0 || value == 1 {
            withUnsafeBytes(of: value == 1 ? UInt8(ascii: "t") : UInt8(ascii: "f")) { encoder.write($0, as: .boolean) }
        } else if type == .bigInteger || value.magnitude > 1 << 53 {
            encoder.write(exact: value)
        } else {
            encoder.write(integer: value)
        }
    }

    private func encode(_ value: Double, _ type: ColumnType?, into encoder: inout RowEncoder) {
        if case .decimal(let scale) = type {
            DecimalText.bytes(value, scale: scale).withUnsafeBytes { encoder.write($0, as: .text) }
        } else if value.isInfinite {
            var text = value < 0 ? "-Infinity" : "Infinity"
            text.withUTF8 { encoder.write(UnsafeRawBufferPointer($0), as: .float) }
        } else {
            var text = value.description
            text.withUTF8 { encoder.write(UnsafeRawBufferPointer($0), as: .float) }
        }
    }
}
