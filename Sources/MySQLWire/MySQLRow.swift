import NIOCore

/// A row as it came; its values are read when they are asked for.
public struct MySQLRow: Sendable {
    /// The columns of the result set.
    public let columns: [ColumnDefinition]
    /// The row's bytes as the server sent them.
    public let payload: ByteBuffer
    let format: RowFormat

    init(columns: [ColumnDefinition], payload: ByteBuffer, format: RowFormat) {
        self.columns = columns
        self.payload = payload
        self.format = format
    }

    /// All values by their columns' types. Throws ``MySQLWireError/protocolViolation(_:)`` if the bytes are no row.
    public func values() throws(MySQLWireError) -> [MySQLValue] {
        var reader = MySQLValueReader(row: self)
        var values: [MySQLValue] = []
        values.reserveCapacity(columns.count)
        for index in columns.indices { values.append(try reader.next(columns[index], at: index)) }
        try reader.finish()
        return values
    }

    /// All values as text, nil for NULL; bytes that are not UTF-8 are replaced.
    public func texts() throws(MySQLWireError) -> [String?] {
        try values().map(\.text)
    }
}
