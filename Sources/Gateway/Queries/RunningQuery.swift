import Foundation
import NIOCore
import Results
import SourceModel

/// A statement that runs: who asked for it, and its result on the way to the one who takes it.
package final class RunningQuery: Sendable {
    /// One piece of a result, in the order columns, bytes …, and a failure where the rows ended early.
    enum Piece: Sendable {
        case columns([ResultColumn])
        case bytes(ByteBuffer)
        case failure(GatewayError)
    }

    package let id: QueryID
    package let source: RecordID
    /// The user's or the token's name.
    package let caller: String
    package let began: Date
    package let format: ResultFormat
    let statement: Statement
    /// When it began, for what it took.
    let start: ContinuousClock.Instant
    /// Writes a failure in the middle of a result as a JSON value.
    let describe: @Sendable (SourceFailure) -> [UInt8]
    let signal = StopSignal()
    let pieces = Handoff<Piece>()

    init(
        id: QueryID, source: RecordID, caller: String, statement: Statement, format: ResultFormat, timing: Timing,
        describe: @escaping @Sendable (SourceFailure) -> [UInt8]
    ) {
        self.id = id
        self.source = source
        self.caller = caller
        self.statement = statement
        self.format = format
        self.describe = describe
        began = timing.date()
        start = timing.now()
    }

    /// Asks for its end; the statement is cancelled at the server.
    func stop(_ reason: StopReason) {
        signal.stop(reason)
        // Whoever waits for the taker goes on, and sees that it is over.
        if reason == .callerLeft { pieces.close() }
    }
}

/// What names a running query: made here, or chosen by the caller.
package struct QueryID: Sendable, Hashable, CustomStringConvertible {
    /// Letters, digits, `-`, `_` and `.`, at most this many.
    package static let maximumLength = 64

    package let text: String

    /// - Returns: nil for a text of another form.
    package init?(_ text: String) {
        let isAllowed: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        guard (1...Self.maximumLength).contains(text.utf8.count), text.allSatisfy(isAllowed) else { return nil }
        self.text = text
    }

    /// One of our own, as unique as a record's.
    init(_ id: RecordID) { text = id.text }

    package var description: String { text }
}

/// A result as its taker sees it. Once nobody holds it any more the statement is cancelled.
package final class QueryResult: Sendable {
    package let query: RunningQuery
    package let columns: [ResultColumn]

    init(query: RunningQuery, columns: [ResultColumn]) {
        self.query = query
        self.columns = columns
    }

    deinit { query.stop(.callerLeft) }

    /// The next bytes of the result in its format; nil after the last.
    ///
    /// - Throws: `GatewayError.statement` where the rows ended early; the bytes before it say so where the format can.
    ///   `CancellationError` when the task is cancelled.
    package func next() async throws -> ByteBuffer? {
        switch await query.pieces.take() {
        case .bytes(let bytes): return bytes
        case .failure(let error): throw error
        case .columns: return ByteBuffer()
        case nil:
            try Task.checkCancellation()
            return nil
        }
    }
}
