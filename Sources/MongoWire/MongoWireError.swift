import SCRAM

/// Why a connection, or a command on it, did not work.
public enum MongoWireError: Error, Sendable {
    /// What answered does not speak this protocol.
    case notMongo(PeerExcerpt)
    /// The caller's TLS upgrade failed with this error.
    case upgradeFailed(any Error)
    /// The server refused a command.
    case server(MongoServerError)
    /// The server refused the login.
    case loginRefused(MongoServerError)
    /// The server knows the user by other mechanisms only; their names.
    case noCommonMechanism([String])
    /// The server did not keep to the login's rules, or did not prove that it knows the password.
    case authenticationFailed(AuthenticationFailure)
    /// The server speaks no version of the protocol that is spoken here; its newest one (`maxWireVersion`).
    case serverTooOld(wireVersion: Int)
    /// The server sent what the protocol does not allow here.
    case protocolViolation(String)
    /// A message's length is over the bound; both in bytes.
    case messageTooLarge(size: Int, limit: Int)
    /// A name, value or command cannot be sent; why.
    case invalidArgument(String)
    /// Another command's answer is still awaited.
    case busy
    /// The connection is closed.
    case connectionClosed
    /// The channel below failed with this error.
    case channelFailed(any Error)
    /// The task was cancelled.
    case cancelled

    /// What any error of an asynchronous call is.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as MongoWireError: error
            case is CancellationError: .cancelled
            default: .channelFailed(error)
            }
    }
}

/// What a server says of a command that it refuses (`ok: 0`).
public struct MongoServerError: Error, Hashable, Sendable {
    /// The number of the error (`error_codes.yml` of the server); 0 where the server names none.
    public var code: Int
    /// The number's name, such as `AuthenticationFailed`.
    public var codeName: String
    /// The server's text.
    public var message: String

    /// An error of these parts.
    public init(code: Int, codeName: String, message: String) {
        self.code = code
        self.codeName = codeName
        self.message = message
    }

    /// What a reply says; nil where the command was done.
    public init?(reply: BSONDocument) {
        guard reply["ok"]?.isTrue != true else { return nil }
        self.init(
            code: reply["code"]?.integer ?? 0, codeName: reply["codeName"]?.text ?? "",
            message: reply["errmsg"]?.text ?? reply["$err"]?.text ?? "")
    }
}

extension MongoWireError: Equatable {
    /// Whether both say the same; causes from outside are compared by their description.
    public static func == (left: MongoWireError, right: MongoWireError) -> Bool {
        switch (left, right) {
        case (.busy, .busy), (.connectionClosed, .connectionClosed), (.cancelled, .cancelled): true
        case (.notMongo(let a), .notMongo(let b)): a == b
        case (.server(let a), .server(let b)), (.loginRefused(let a), .loginRefused(let b)): a == b
        case (.noCommonMechanism(let a), .noCommonMechanism(let b)): a == b
        case (.authenticationFailed(let a), .authenticationFailed(let b)): a == b
        case (.serverTooOld(let a), .serverTooOld(let b)): a == b
        case (.protocolViolation(let a), .protocolViolation(let b)): a == b
        case (.invalidArgument(let a), .invalidArgument(let b)): a == b
        case (.messageTooLarge(let a, let c), .messageTooLarge(let b, let d)): a == b && c == d
        case (.upgradeFailed(let a), .upgradeFailed(let b)), (.channelFailed(let a), .channelFailed(let b)):
            String(reflecting: a) == String(reflecting: b)
        default: false
        }
    }
}
