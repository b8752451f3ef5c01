import NIOCore

/// What the caller asked for.
enum Request: Equatable, Sendable {
    /// A statement whose rows come as text.
    case query(String)
    /// A statement with parameters: prepared, executed and closed. Where it is to be executed for its rows only, one that
    /// the server describes without rows is closed and not executed.
    case execute(String, [MySQLParameter], forRowsOnly: Bool = false)
    /// A sign of life.
    case ping
    /// The session as after the login.
    case resetConnection
}

/// How a row's values are written.
enum RowFormat: Equatable, Sendable {
    /// Every value as length-encoded text.
    case text
    /// By type, with a bitmap of NULLs.
    case binary
}

/// One request from its first packet to its last.
struct CommandStateMachine: Equatable {
    /// No server of either flavour gives more columns.
    static let maximumColumns: UInt64 = 4096

    /// Where the request is.
    private enum State: Equatable {
        /// The statement, ping or reset was sent; the response begins next.
        case awaitingResponse
        /// COM_STMT_PREPARE was sent.
        case preparing
        /// The statement's parameters and columns are described.
        case describing(PreparedStatement, parameters: Int, columns: Int, awaitsEnd: Bool)
        /// Columns of the result set come.
        case columns(remaining: Int)
        /// All columns came; EOF is due before the rows.
        case columnsEnd
        /// Rows come until the end or an error.
        case rows
        /// Nothing more is due.
        case ended
    }

    /// What to do next.
    enum Action: Equatable {
        /// Wait for the server.
        case wait
        /// Send the next command.
        case send(Command)
        /// A result set begins.
        case beginRows([ColumnDefinition], RowFormat)
        /// A row came.
        case row(ByteBuffer)
        /// It ended, well or not; close the statement if there is one.
        case end(Result<CommandSummary, MySQLWireError>, closing: UInt32?)
        /// The server broke the protocol.
        case fail(MySQLWireError)
    }

    private let request: Request
    private let deprecatesEOF: Bool
    private let hasExtendedMetadata: Bool
    private let maximumMessageSize: Int
    private var state: State
    private var statement: UInt32?
    private var columns: [ColumnDefinition] = []
    private var columnBytes = 0
    /// The names under which a prepared statement's columns were described.
    private var describedNames: [String] = []

    init(request: Request, deprecatesEOF: Bool, hasExtendedMetadata: Bool = false, maximumMessageSize: Int) {
        self.request = request
        self.deprecatesEOF = deprecatesEOF
        self.hasExtendedMetadata = hasExtendedMetadata
        self.maximumMessageSize = maximumMessageSize
        if case .execute = request { state = .preparing } else { state = .awaitingResponse }
    }

    /// The first command to send.
    var opening: Command {
        switch request {
        case .query(let sql): .query(sql)
        case .execute(let sql, _, _): .prepare(sql)
        case .ping: .ping
        case .resetConnection: .resetConnection
        }
    }

    /// Takes the next message.
    mutating func messageReceived(_ payload: ByteBuffer) -> Action {
        guard let first = payload.getInteger(at: payload.readerIndex, as: UInt8.self) else {
            return .fail(.protocolViolation("a message that is not empty"))
        }
        switch state {
        case .rows:
            return rowReceived(payload, first: first)
        case .columns(let remaining):
            return columnReceived(payload, remaining: remaining)
        case .columnsEnd:
            guard CommandSummary(endOfFile: payload) != nil else {
                return .fail(.protocolViolation("the end of the column definitions"))
            }
            state = .rows
            return .beginRows(columns, format)
        case .awaitingResponse:
            return responseReceived(payload, first: first)
        case .preparing:
            return preparedReceived(payload, first: first)
        case .describing(let prepared, let parameters, let columns, let awaitsEnd):
            return described(prepared, parameters: parameters, columns: columns, awaitsEnd: awaitsEnd, by: payload)
        case .ended:
            return .fail(.protocolViolation("nothing after the end of the response"))
        }
    }

    private var format: RowFormat {
        if case .execute = request { .binary } else { .text }
    }

    private mutating func end(_ result: Result<CommandSummary, MySQLWireError>) -> Action {
        state = .ended
        return .end(result, closing: statement)
    }

    private mutating func refused(_ payload: ByteBuffer) -> Action {
        guard let error = ServerError(payload: payload) else {
            return .fail(.protocolViolation("an error that can be read"))
        }
        return end(.failure(.server(error)))
    }

    private mutating func finished(_ summary: CommandSummary?) -> Action {
        guard let summary, !summary.status.contains(.moreResultsExist) else {
            return .fail(.protocolViolation("one result, ended by OK or EOF"))
        }
        return end(.success(summary))
    }

    private mutating func responseReceived(_ payload: ByteBuffer, first: UInt8) -> Action {
        switch first {
        case 0x00: return finished(CommandSummary(payload: payload))
        case 0xFF: return refused(payload)
        case 0xFB: return .fail(.localInfileRequested)
        default:
            var bytes = payload
            guard let count = bytes.readLengthEncodedInteger(), (1...Self.maximumColumns).contains(count) else {
                return .fail(.protocolViolation("a number of columns"))
            }
            state = .columns(remaining: Int(count))
            return .wait
        }
    }

    private mutating func columnReceived(_ payload: ByteBuffer, remaining: Int) -> Action {
        columnBytes += payload.readableBytes
        guard columnBytes <= maximumMessageSize else {
            return .fail(.messageTooLarge(announced: columnBytes, limit: maximumMessageSize))
        }
        guard let column = ColumnDefinition(payload: payload, isExtended: hasExtendedMetadata) else {
            return .fail(.protocolViolation("a column definition"))
        }
        columns.append(column)
        if remaining > 1 {
            state = .columns(remaining: remaining - 1)
            return .wait
        }
        state = deprecatesEOF ? .rows : .columnsEnd
        return deprecatesEOF ? .beginRows(columns, format) : .wait
    }

    private mutating func rowReceived(_ payload: ByteBuffer, first: UInt8) -> Action {
        switch first {
        case 0xFF:
            return refused(payload)
        case 0xFE where deprecatesEOF && payload.readableBytes < PacketCodec.maximumPacketPayload:
            return finished(CommandSummary(payload: payload))
        case 0xFE where !deprecatesEOF && payload.readableBytes < 9:
            return finished(CommandSummary(endOfFile: payload))
        default:
            return .row(payload)
        }
    }

    private mutating func preparedReceived(_ payload: ByteBuffer, first: UInt8) -> Action {
        if first == 0xFF { return refused(payload) }
        guard let prepared = PreparedStatement(payload: payload) else {
            return .fail(.protocolViolation("the number of a prepared statement"))
        }
        statement = prepared.id
        return describe(prepared, parameters: prepared.parameterCount, columns: prepared.columnCount)
    }

    /// Goes on to the definitions that are still due, or to the execution.
    private mutating func describe(_ prepared: PreparedStatement, parameters: Int, columns: Int) -> Action {
        if parameters > 0 || columns > 0 {
            state = .describing(prepared, parameters: parameters, columns: columns, awaitsEnd: false)
            return .wait
        }
        guard case .execute(_, let values, let forRowsOnly) = request else {
            return .fail(.protocolViolation("no prepared statement"))
        }
        if forRowsOnly, let unwanted = unwanted(prepared) { return end(.failure(.notExecuted(unwanted))) }
        guard values.count == prepared.parameterCount else {
            return end(.failure(.parameterCountMismatch(expected: prepared.parameterCount, given: values.count)))
        }
        state = .awaitingResponse
        return .send(.execute(statement: prepared.id, parameters: values))
    }

    private mutating func described(
        _ prepared: PreparedStatement, parameters: Int, columns: Int, awaitsEnd: Bool, by payload: ByteBuffer
    ) -> Action {
        if awaitsEnd {
            guard CommandSummary(endOfFile: payload) != nil else {
                return .fail(.protocolViolation("the end of the definitions"))
            }
            return describe(prepared, parameters: parameters, columns: columns)
        }
        columnBytes += payload.readableBytes
        guard columnBytes <= maximumMessageSize else {
            return .fail(.messageTooLarge(announced: columnBytes, limit: maximumMessageSize))
        }
        guard let definition = ColumnDefinition(payload: payload, isExtended: hasExtendedMetadata) else {
            return .fail(.protocolViolation("a definition"))
        }
        if parameters == 0 { describedNames.append(definition.name) }
        let isLast = parameters == 1 || (parameters == 0 && columns == 1)
        let parametersLeft = max(parameters - 1, 0)
        let columnsLeft = parameters > 0 ? columns : columns - 1
        if isLast && !deprecatesEOF {
            state = .describing(prepared, parameters: parametersLeft, columns: columnsLeft, awaitsEnd: true)
            return .wait
        }
        return describe(prepared, parameters: parametersLeft, columns: columnsLeft)
    }

    /// The columns by which MariaDB describes ANALYZE, CHECK, OPTIMIZE and REPAIR TABLE, CACHE INDEX and LOAD INDEX, none
    /// of which a read-only transaction holds back for sure.
    private static let maintenanceReport = ["Table", "Op", "Msg_type", "Msg_text"]

    private func unwanted(_ prepared: PreparedStatement) -> MySQLWireError.Unwanted? {
        if prepared.columnCount == 0 { return .withoutRows }
        return describedNames == Self.maintenanceReport ? .tableMaintenance : nil
    }
}
