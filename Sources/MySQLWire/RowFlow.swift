import NIOCore

/// Rows on their way from the wire to their reader, and the rule of when to read on.
///
/// The rows held are bounded in bytes: from ``limit`` on nothing more is read from the channel until the reader takes
/// what is there. What one read of the channel brought is always held.
struct RowFlow: Equatable {
    /// Rows handed over together.
    struct Batch: Equatable, Sendable {
        /// The rows' payloads, in order.
        var rows: [ByteBuffer]
        /// How it ended, if these are the last.
        var end: Result<CommandSummary, MySQLWireError>?
    }

    /// Each row counts this much beyond its payload, so that empty rows are bounded too.
    static let rowOverhead = 32

    /// From how many bytes on reading stops.
    let limit: Int
    private var rows: [ByteBuffer] = []
    private var end: Result<CommandSummary, MySQLWireError>?
    /// The bytes held.
    private(set) var bytes = 0
    /// The most bytes ever held.
    private(set) var peakBytes = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether nothing more may be read now.
    var isFull: Bool { bytes >= limit && end == nil }

    /// A row came.
    mutating func rowReceived(_ row: ByteBuffer) {
        rows.append(row)
        bytes += row.readableBytes + Self.rowOverhead
        peakBytes = max(peakBytes, bytes)
    }

    /// Nothing more comes.
    mutating func ended(_ result: Result<CommandSummary, MySQLWireError>) {
        end = result
    }

    /// Takes what is there; nil if there is nothing yet.
    mutating func take() -> Batch? {
        guard !rows.isEmpty || end != nil else { return nil }
        let batch = Batch(rows: rows, end: end)
        rows = []
        bytes = 0
        return batch
    }
}
