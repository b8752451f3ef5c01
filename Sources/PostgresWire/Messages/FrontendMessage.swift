import NIOCore
import SCRAM

/// What a client may say, in version 3.0 of the protocol (PostgreSQL documentation, "Message Formats").
enum FrontendMessage: Equatable, Sendable {
    case sslRequest
    case startup([StartupParameter])
    case password(SecretBytes)
    case saslInitialResponse(mechanism: String, SecretBytes)
    case saslResponse(SecretBytes)
    case query(String)
    /// The empty name is the unnamed statement, which lives until the next one.
    case parse(name: String, String, types: [UInt32])
    case bind(statement: String, [PostgresParameter], results: PostgresFormat)
    case describePortal
    case describeStatement(String)
    case execute(maximumRows: Int32)
    case sync
    case copyFail(String)
    case cancelRequest(BackendKey)
    case terminate
}

/// One name and value of the startup message.
struct StartupParameter: Equatable, Sendable {
    var name: String
    var value: String
}

/// What names a backend to the postmaster when its query is to be cancelled.
public struct BackendKey: Hashable, Sendable, CustomStringConvertible {
    /// The backend's process id, as `pg_stat_activity.pid` shows it.
    public let processID: Int32

    let secret: Int32

    init(processID: Int32, secret: Int32) {
        self.processID = processID
        self.secret = secret
    }

    /// The process id; the secret stays out.
    public var description: String { "backend \(processID)" }
}

extension BackendKey: CustomDebugStringConvertible, CustomReflectable {
    /// The process id; the secret stays out.
    public var debugDescription: String { description }

    /// A mirror without the secret.
    public var customMirror: Mirror { Mirror(self, children: ["processID": processID]) }
}
