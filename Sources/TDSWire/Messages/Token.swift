import NIOCore

/// A token of a server's answer ([MS-TDS] section 2.2.7), as far as a client of ours has to know it.
enum Token: Equatable, Sendable {
    case columns([TDSColumn])
    case done(Done)
    case environment(EnvironmentChange)
    case error(TDSServerMessage)
    case info(TDSServerMessage)
    case loginAccepted(LoginAcknowledgement)
    /// The server asks for Windows authentication.
    case sspi
    /// The server asks for a token of an identity provider.
    case federatedLogin
    case returnStatus(Int32)
    /// What tells nothing that is needed: ORDER, COLINFO, TABNAME, FEATUREEXTACK, SESSIONSTATE, RETURNVALUE.
    case other
}

/// The first bytes of tokens.
enum TokenType: UInt8 {
    case returnStatus = 0x79
    case columns = 0x81
    case tableNames = 0xA4
    case columnInfo = 0xA5
    case order = 0xA9
    case error = 0xAA
    case info = 0xAB
    case returnValue = 0xAC
    case loginAccepted = 0xAD
    case features = 0xAE
    case row = 0xD1
    case sparseRow = 0xD2
    case environment = 0xE3
    case sessionState = 0xE4
    case sspi = 0xED
    case federatedLogin = 0xEE
    case done = 0xFD
    case doneProcedure = 0xFE
    case doneInProcedure = 0xFF
}

/// DONE, DONEPROC and DONEINPROC ([MS-TDS] sections 2.2.7.6 to 2.2.7.8).
struct Done: Equatable, Sendable {
    struct Status: OptionSet, Sendable {
        let rawValue: UInt16
        static let more = Status(rawValue: 0x01)
        static let error = Status(rawValue: 0x02)
        static let count = Status(rawValue: 0x10)
        /// An attention is acknowledged.
        static let attention = Status(rawValue: 0x20)
        /// What came is to be thrown away.
        static let serverError = Status(rawValue: 0x100)
    }

    var status: Status
    var command: UInt16
    var rows: UInt64
    /// Whether it ends a statement inside of a procedure: more is to come whatever the status says.
    var isInner = false

    /// Whether it ends the whole answer.
    var isLast: Bool { !isInner && !status.contains(.more) }
}

/// ENVCHANGE ([MS-TDS] section 2.2.7.9).
enum EnvironmentChange: Equatable, Sendable {
    case database(String)
    case language(String)
    case packetSize(Int)
    case collation(TDSCollation)
    case transactionBegun(UInt64)
    case transactionCommitted
    case transactionRolledBack
    /// The session is as after its login.
    case reset
    /// The login is to be repeated elsewhere.
    case routing(TDSRouting)
    case other(UInt8)
}

/// Where a server sends a client on to.
public struct TDSRouting: Hashable, Sendable {
    /// A name or an address.
    public var host: String
    /// The TCP port.
    public var port: Int

    /// A place of these parts.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// LOGINACK ([MS-TDS] section 2.2.7.14).
struct LoginAcknowledgement: Equatable, Sendable {
    /// As the server writes it, 0x74000004 for TDS 7.4.
    var tdsVersion: UInt32
    var program: String
    var version: TDSVersionNumber
}
