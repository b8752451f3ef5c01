/// Why a connection, or a statement on it, did not work.
public enum TDSWireError: Error, Sendable {
    /// What answered does not speak this protocol; its first bytes.
    case notTDS([UInt8])
    /// The server has no TLS, and TLS is wanted.
    case tlsNotSupported
    /// The server takes nobody without TLS, and the configuration has none.
    case tlsRequired
    /// The server's part of the TLS handshake did not come in packets.
    case handshakeNotInPackets
    /// The caller's TLS upgrade failed with this error.
    case upgradeFailed(any Error)
    /// The server said so.
    case server(TDSServerMessage)
    /// The server wants a login that this client does not speak; its name.
    case unsupportedAuthenticationMethod(String)
    /// The server sends its clients elsewhere.
    case routed(TDSRouting)
    /// The statement, or something in its batch, ended the transaction in which it ran.
    case transactionEnded
    /// The server sent what the protocol does not allow here.
    case protocolViolation(String)
    /// A token or a row is over the bound; both in bytes.
    case messageTooLarge(size: Int, limit: Int)
    /// A result that was to be collected is over the bound, in bytes.
    case resultTooLarge(limit: Int)
    /// What came behind the first result, and is thrown away, is over the bound, in bytes.
    case furtherResultTooLarge(limit: Int)
    /// A name, value or statement cannot be sent; why.
    case invalidArgument(String)
    /// Another statement's rows are still being read.
    case busy
    /// The connection is closed; with what the server said last, where it said something.
    case connectionClosed(TDSServerMessage?)
    /// The channel below failed with this error.
    case channelFailed(any Error)
    /// The task was cancelled, or the rows were given up.
    case cancelled
}

extension TDSWireError: Equatable {
    /// Whether both say the same; causes from outside are compared by their description.
    public static func == (left: TDSWireError, right: TDSWireError) -> Bool {
        switch (left, right) {
        case (.tlsNotSupported, .tlsNotSupported), (.tlsRequired, .tlsRequired), (.busy, .busy),
            (.handshakeNotInPackets, .handshakeNotInPackets), (.transactionEnded, .transactionEnded),
            (.cancelled, .cancelled):
            true
        case (.notTDS(let a), .notTDS(let b)): a == b
        case (.server(let a), .server(let b)): a == b
        case (.routed(let a), .routed(let b)): a == b
        case (.connectionClosed(let a), .connectionClosed(let b)): a == b
        case (.unsupportedAuthenticationMethod(let a), .unsupportedAuthenticationMethod(let b)): a == b
        case (.protocolViolation(let a), .protocolViolation(let b)): a == b
        case (.invalidArgument(let a), .invalidArgument(let b)): a == b
        case (.messageTooLarge(let a, let c), .messageTooLarge(let b, let d)): a == b && c == d
        case (.resultTooLarge(let a), .resultTooLarge(let b)),
            (.furtherResultTooLarge(let a), .furtherResultTooLarge(let b)):
            a == b
        case (.upgradeFailed(let a), .upgradeFailed(let b)), (.channelFailed(let a), .channelFailed(let b)):
            String(reflecting: a) == String(reflecting: b)
        default: false
        }
    }
}

extension TDSWireError {
    /// The error itself, or, if it is one from below, the case that says so.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as TDSWireError: error
            case is CancellationError: .cancelled
            default: .channelFailed(error)
            }
    }
}
