import NIOCore

/// What the client asks for after the login ("Command Phase").
enum Command: Equatable, Sendable {
    /// COM_QUERY: a statement whose rows come as text.
    case query(String)
    /// COM_STMT_PREPARE.
    case prepare(String)
    /// COM_STMT_EXECUTE, without a cursor.
    case execute(statement: UInt32, parameters: [MySQLParameter])
    /// COM_STMT_CLOSE. The server does not answer.
    case closeStatement(UInt32)
    /// COM_PING.
    case ping
    /// COM_RESET_CONNECTION.
    case resetConnection
    /// COM_QUIT. The server closes.
    case quit

    func write(into bytes: inout ByteBuffer) {
        switch self {
        case .query(let sql):
            bytes.writeInteger(0x03 as UInt8)
            bytes.writeString(sql)
        case .prepare(let sql):
            bytes.writeInteger(0x16 as UInt8)
            bytes.writeString(sql)
        case .execute(let statement, let parameters):
            bytes.writeInteger(0x17 as UInt8)
            bytes.writeInteger(statement, endianness: .little)
            bytes.writeInteger(0 as UInt8)
            bytes.writeInteger(1 as UInt32, endianness: .little)
            guard !parameters.isEmpty else { return }
            var nulls = [UInt8](repeating: 0, count: (parameters.count + 7) / 8)
            for (index, parameter) in parameters.enumerated() where parameter == .null {
                nulls[index / 8] |= 1 << (index % 8)
            }
            bytes.writeBytes(nulls)
            bytes.writeInteger(1 as UInt8)
            for parameter in parameters { parameter.writeType(into: &bytes) }
            for parameter in parameters { parameter.writeValue(into: &bytes) }
        case .closeStatement(let statement):
            bytes.writeInteger(0x19 as UInt8)
            bytes.writeInteger(statement, endianness: .little)
        case .ping:
            bytes.writeInteger(0x0E as UInt8)
        case .resetConnection:
            bytes.writeInteger(0x1F as UInt8)
        case .quit:
            bytes.writeInteger(0x01 as UInt8)
        }
    }
}

/// The answer to COM_STMT_PREPARE ("COM_STMT_PREPARE_OK").
struct PreparedStatement: Equatable, Sendable {
    /// The server's number of the statement.
    var id: UInt32
    /// How many columns it will give.
    var columnCount: Int
    /// How many parameters it takes.
    var parameterCount: Int

    init?(payload: ByteBuffer) {
        var bytes = payload
        guard bytes.readInteger(as: UInt8.self) == 0x00,
            let id = bytes.readInteger(endianness: .little, as: UInt32.self),
            let columns = bytes.readInteger(endianness: .little, as: UInt16.self),
            let parameters = bytes.readInteger(endianness: .little, as: UInt16.self)
        else { return nil }
        self.id = id
        self.columnCount = Int(columns)
        self.parameterCount = Int(parameters)
    }
}
