/// What went wrong in a SCRAM exchange (RFC 5802, section 7).
public enum AuthenticationFailure: Error, Hashable, Sendable {
    /// A message of the server cannot be read.
    case malformedMessage
    /// The server's nonce does not begin with the client's.
    case nonceMismatch
    /// The server asks for an iteration count outside the bounds.
    case iterationCountOutOfBounds(Int)
    /// The server refused with this error value.
    case refused(String)
    /// The server's signature is wrong, or it let the client in without one.
    case serverNotVerified
}
