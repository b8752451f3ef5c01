import SCRAM

/// Why a connection, or a query on it, did not work.
public enum PostgresWireError: Error, Sendable {
    /// The server answered the SSLRequest with `N`: it has no TLS for this client.
    case tlsNotSupported
    /// Bytes came after the answer to the SSLRequest and before TLS was up: someone may have put them there
    /// (CVE-2021-23222).
    case unencryptedDataBeforeTLS(PeerExcerpt)
    /// What answered does not speak this protocol.
    case notPostgres(PeerExcerpt)
    /// The caller's TLS upgrade failed with this error.
    case upgradeFailed(any Error)
    /// The server said so.
    case server(PostgresServerError)
    /// The server wants a login that this client does not speak; its name.
    case unsupportedAuthenticationMethod(String)
    /// The server wants a password and none is configured.
    case passwordRequired
    /// The server wants the password in clear text and the configuration does not allow that.
    case cleartextPasswordRefused
    /// The server did not keep to the login's rules, or did not prove that it knows the password.
    case authenticationFailed(AuthenticationFailure)
    /// The server sent what the protocol does not allow here.
    case protocolViolation(String)
    /// A message's length is over the bound; both in bytes.
    case messageTooLarge(size: Int, limit: Int)
    /// The result of a simple query is over the bound, in bytes.
    case resultTooLarge(limit: Int)
    /// The statement is a COPY from or to the client.
    case copyNotSupported
    /// A name, value or statement cannot be sent; why.
    case invalidArgument(String)
    /// Another query's rows are still being read.
    case busy
    /// The connection is closed; with what the server said last, where it said something.
    case connectionClosed(PostgresServerError?)
    /// The channel below failed with this error.
    case channelFailed(any Error)
    /// The task was cancelled.
    case cancelled
}

extension PostgresWireError: Equatable {
    /// Whether both say the same; causes from outside are compared by their description.
    public static func == (left: PostgresWireError, right: PostgresWireError) -> Bool {
        switch (left, right) {
        case (.tlsNotSupported, .tlsNotSupported), (.passwordRequired, .passwordRequired), (.busy, .busy),
            (.cleartextPasswordRefused, .cleartextPasswordRefused), (.copyNotSupported, .copyNotSupported),
            (.cancelled, .cancelled):
            true
        case (.unencryptedDataBeforeTLS(let a), .unencryptedDataBeforeTLS(let b)): a == b
        case (.notPostgres(let a), .notPostgres(let b)): a == b
        case (.server(let a), .server(let b)): a == b
        case (.connectionClosed(let a), .connectionClosed(let b)): a == b
        case (.unsupportedAuthenticationMethod(let a), .unsupportedAuthenticationMethod(let b)): a == b
        case (.authenticationFailed(let a), .authenticationFailed(let b)): a == b
        case (.protocolViolation(let a), .protocolViolation(let b)): a == b
        case (.invalidArgument(let a), .invalidArgument(let b)): a == b
        case (.messageTooLarge(let a, let c), .messageTooLarge(let b, let d)): a == b && c == d
        case (.resultTooLarge(let a), .resultTooLarge(let b)): a == b
        case (.upgradeFailed(let a), .upgradeFailed(let b)), (.channelFailed(let a), .channelFailed(let b)):
            String(reflecting: a) == String(reflecting: b)
        default: false
        }
    }
}
