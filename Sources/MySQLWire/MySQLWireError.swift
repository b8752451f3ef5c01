/// Why a connection could not be opened or a command not be done.
public enum MySQLWireError: Error, Sendable {
    /// The server refused, with its own number and text. After the login the connection stays usable.
    case server(ServerError)
    /// What answered does not speak this protocol; with the first bytes it sent, at most 64.
    case notMySQL(excerpt: [UInt8])
    /// The server speaks a version of the protocol that is too old.
    case unsupportedServer(String)
    /// TLS was wanted, and the server does not offer it. Nothing of the login was sent.
    case tlsNotSupported
    /// The TLS upgrade failed, with its own error unchanged.
    case upgradeFailed(any Error)
    /// Bytes arrived between the greeting and TLS, where nobody may speak.
    case bytesBeforeTLS
    /// The account wants an authentication plugin that is not spoken here.
    case authenticationPluginUnsupported(plugin: String)
    /// The account's plugin would have sent the password readably without TLS. It was not sent.
    case plaintextPasswordRefused(plugin: String)
    /// The plugin's steps could not be done; with the reason.
    case authenticationFailed(plugin: String, reason: String)
    /// The server asked for a local file. The connection was closed.
    case localInfileRequested
    /// The server broke the protocol; with what was expected. The connection was closed.
    case protocolViolation(String)
    /// A message was announced that is larger than the limit, both in bytes. The connection was closed.
    case messageTooLarge(announced: Int, limit: Int)
    /// The server closed the connection.
    case closedByServer(during: Stage)
    /// The channel failed, with its own error.
    case transportFailed(any Error)
    /// The connection was closed from this side.
    case connectionClosed
    /// The task was cancelled.
    case cancelled
    /// A row stream of this connection is still being read.
    case rowsOutstanding
    /// A result that was to be small is larger than so many bytes.
    case resultTooLarge(limit: Int)
    /// The statement takes another number of parameters. It was not executed.
    case parameterCountMismatch(expected: Int, given: Int)
    /// The statement was prepared and, as its caller wished, not executed: the server describes no rows of it.
    case notExecuted(Unwanted)
    /// An argument cannot be sent: the one named contains a zero byte.
    case invalidArgument(String)

    /// What a statement is that was not executed.
    public enum Unwanted: String, Sendable, Hashable {
        /// It gives no columns.
        case withoutRows
        /// Its columns are those of a report on tables that were maintained.
        case tableMaintenance
    }

    /// How far the connection had come.
    public enum Stage: String, Sendable, Hashable {
        /// Before the server's first message was complete.
        case greeting
        /// While TLS was set up.
        case upgrade
        /// Before the account was accepted.
        case login
        /// While a command ran.
        case command
        /// Between commands.
        case idle
    }
}

extension MySQLWireError: Equatable {
    /// Foreign errors are compared by their texts, everything else by value: the reflection of a case names all of it.
    public static func == (left: MySQLWireError, right: MySQLWireError) -> Bool {
        String(reflecting: left) == String(reflecting: right)
    }
}
