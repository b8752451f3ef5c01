/// What a server says of itself in its answer to `hello`.
public struct ServerDescription: Equatable, Sendable {
    /// What a server is to its clients.
    public enum Kind: Hashable, Sendable {
        case standalone
        /// `mongos`, the front of a sharded cluster.
        case router
        case primary
        case secondary
        case arbiter
        /// A member that is hidden, recovering, or not yet initialised.
        case other
    }

    /// The answer itself.
    public let reply: BSONDocument

    /// The command that was answered: `hello`, or `isMaster` where the server knows no other.
    public let question: String

    /// A description by a server's answer.
    public init(reply: BSONDocument, to question: String = "hello") {
        self.reply = reply
        self.question = question
    }

    /// What the server is.
    public var kind: Kind {
        if reply["msg"]?.text == "isdbgrid" { return .router }
        if reply["isreplicaset"]?.isTrue == true { return .other }
        guard setName != nil else { return .standalone }
        if reply["hidden"]?.isTrue == true { return .other }
        if reply["isWritablePrimary"]?.isTrue ?? reply["ismaster"]?.isTrue ?? false { return .primary }
        if reply["secondary"]?.isTrue == true { return .secondary }
        return reply["arbiterOnly"]?.isTrue == true ? .arbiter : .other
    }

    /// The replica set that the server belongs to.
    public var setName: String? { reply["setName"]?.text }

    /// The members of the replica set as the server knows them, as `host:port`: those that hold data, then arbiters.
    public var members: [String] {
        ["hosts", "passives", "arbiters"].flatMap { reply[$0]?.list?.compactMap(\.text) ?? [] }
    }

    /// The newest version of the protocol that the server speaks.
    public var wireVersion: Int { reply["maxWireVersion"]?.integer ?? 0 }

    /// Whether the server knows sessions.
    public var hasSessions: Bool { reply["logicalSessionTimeoutMinutes"]?.integer != nil }

    /// The longest message that the server takes, in bytes.
    public var maximumMessageSize: Int { reply["maxMessageSizeBytes"]?.integer ?? 48_000_000 }

    /// The oldest version of the protocol that has OP_MSG: MongoDB 3.6.
    static let oldestWireVersion = 6
}
