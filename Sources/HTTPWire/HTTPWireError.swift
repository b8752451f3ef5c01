/// Why an exchange did not come to its end. The connection is closed then, except after `invalidRequest` and `busy`.
public enum HTTPWireError: Error, Sendable {
    /// The request cannot be sent; why.
    case invalidRequest(String)
    /// The answer to the request before has not been read to its end.
    case busy
    /// The connection was closed before a byte of the answer came: also what a server does that had enough of idling.
    case closedBeforeAnswer
    /// What answered does not speak HTTP/1.
    case notHTTP(HTTPExcerpt)
    /// The answer breaks the rules of RFC 9112; how.
    case malformedAnswer(String)
    /// The head of the answer, interim answers and trailers included, has more bytes or fields than are taken.
    case headTooLarge
    /// The connection was closed before the answer's end.
    case truncated
    /// The body has more bytes than the caller takes.
    case bodyTooLarge(limit: Int)
    /// The channel below failed with this error.
    ///
    /// `beforeAnswer` says that no byte of the answer had come.
    case channelFailed(any Error, beforeAnswer: Bool)
    /// The task was cancelled, or the connection closed from this side.
    case cancelled
}

extension HTTPWireError {
    /// Whether the connection ended before a byte of the answer came.
    public var isBeforeAnswer: Bool {
        switch self {
        case .closedBeforeAnswer: true
        case .channelFailed(_, let beforeAnswer): beforeAnswer
        case .invalidRequest, .busy, .notHTTP, .malformedAnswer, .headTooLarge, .truncated, .bodyTooLarge, .cancelled:
            false
        }
    }
}

extension HTTPWireError: Equatable {
    /// Whether both say the same; causes from outside are compared by their description.
    public static func == (left: HTTPWireError, right: HTTPWireError) -> Bool {
        switch (left, right) {
        case (.invalidRequest(let a), .invalidRequest(let b)), (.malformedAnswer(let a), .malformedAnswer(let b)):
            a == b
        case (.busy, .busy), (.closedBeforeAnswer, .closedBeforeAnswer), (.headTooLarge, .headTooLarge),
            (.truncated, .truncated), (.cancelled, .cancelled):
            true
        case (.notHTTP(let a), .notHTTP(let b)): a == b
        case (.bodyTooLarge(let a), .bodyTooLarge(let b)): a == b
        case (.channelFailed(let a, let c), .channelFailed(let b, let d)):
            c == d && String(reflecting: a) == String(reflecting: b)
        default: false
        }
    }
}
