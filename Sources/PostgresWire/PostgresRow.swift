import NIOCore

/// One row, as the bytes that the server sent. Iterating gives each value's bytes, or nil for NULL.
public struct PostgresRow: Sendable, Hashable {
    /// The columns, in the order of the values.
    public let columns: [PostgresColumn]

    private let cells: ByteBuffer

    init(columns: [PostgresColumn], cells: ByteBuffer) {
        self.columns = columns
        self.cells = cells
    }
}

extension PostgresRow: Sequence {
    /// Walks over a row's values.
    public struct Iterator: IteratorProtocol {
        private var cells: ByteBuffer

        init(_ cells: ByteBuffer) { self.cells = cells }

        /// The next value: its bytes, or `.some(nil)` for NULL; nil after the last.
        public mutating func next() -> ByteBuffer?? {
            guard let length: Int32 = cells.readInteger() else { return nil }
            guard length >= 0 else { return .some(nil) }
            return .some(cells.readSlice(length: Int(length)))
        }
    }

    /// An iterator over the values.
    public func makeIterator() -> Iterator { Iterator(cells) }

    /// The row's size on the wire, in bytes.
    public var byteCount: Int { cells.readableBytes }

    /// The number of values.
    public var underestimatedCount: Int { columns.count }

    /// The values as text, for results in the text format.
    public func strings() -> [String?] { map { $0.map { String(buffer: $0) } } }
}
