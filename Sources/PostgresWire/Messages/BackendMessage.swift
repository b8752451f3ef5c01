import NIOCore

/// What a server may say, in version 3.0 of the protocol (PostgreSQL documentation, "Message Formats").
enum BackendMessage: Equatable, Sendable {
    case authentication(AuthenticationRequest)
    case backendKeyData(BackendKey)
    case bindComplete
    case closeComplete
    case commandComplete(String)
    case copyBothResponse
    case copyData
    case copyDone
    case copyInResponse
    case copyOutResponse
    case dataRow(DataRow)
    case emptyQueryResponse
    case error(PostgresServerError)
    case negotiateProtocolVersion(minor: Int32, unrecognised: [String])
    case noData
    case notice(PostgresServerError)
    case notification
    case parameterDescription([UInt32])
    case parameterStatus(name: String, value: String)
    case parseComplete
    case portalSuspended
    case readyForQuery(TransactionStatus)
    case rowDescription([PostgresColumn])
}

/// What the server wants as proof of who the client is.
enum AuthenticationRequest: Equatable, Sendable {
    case ok
    case cleartextPassword
    case md5Password(salt: [UInt8])
    case sasl(mechanisms: [String])
    case saslContinue([UInt8])
    case saslFinal([UInt8])
    /// A method that this client does not speak, by its code in the protocol.
    case other(Int32)
}

/// The cells of one row, checked: `count` lengths, each followed by as many bytes, and nothing after them.
struct DataRow: Equatable, Sendable {
    var count: Int
    var cells: ByteBuffer
}

/// Where the session stands between `BEGIN` and `COMMIT`.
public enum TransactionStatus: UInt8, Hashable, Sendable {
    /// No transaction is open.
    case idle = 0x49
    /// A transaction is open.
    case inTransaction = 0x54
    /// A transaction is open and has failed: only its end is accepted.
    case failed = 0x45
}

/// How a value is written: as text, or in the type's binary form.
public enum PostgresFormat: Int16, Hashable, Sendable {
    /// The type's text form, in the client's encoding.
    case text = 0
    /// The type's binary form.
    case binary = 1
}

/// A column as the server describes it (RowDescription).
public struct PostgresColumn: Hashable, Sendable {
    /// The column's name.
    public var name: String
    /// The table's object id, or 0 where the column is not one of a table.
    public var tableOID: UInt32
    /// The column's number within its table, or 0.
    public var attributeNumber: Int16
    /// The type's object id.
    public var typeOID: UInt32
    /// The type's size in bytes; negative for sizes that vary.
    public var typeSize: Int16
    /// The type's modifier, such as the length of a `varchar`; -1 where there is none.
    public var typeModifier: Int32
    /// How the values are written.
    public var format: PostgresFormat

    /// A column of the given description.
    public init(
        name: String, tableOID: UInt32 = 0, attributeNumber: Int16 = 0, typeOID: UInt32, typeSize: Int16 = -1,
        typeModifier: Int32 = -1, format: PostgresFormat = .text
    ) {
        self.name = name
        self.tableOID = tableOID
        self.attributeNumber = attributeNumber
        self.typeOID = typeOID
        self.typeSize = typeSize
        self.typeModifier = typeModifier
        self.format = format
    }
}
