import NIOCore

/// Puts TLS on a channel, below the handlers that are there; completes when the handshake is done.
public struct TLSUpgrade: Sendable {
    /// What the protocol asks of the TLS that carries it.
    public struct Request: Sendable, Equatable {
        /// The name of the channel's handler through which TLS records have to go on their way to the transport; nil where
        /// they go as they are. The TLS handler belongs right above it.
        public var carrier: String?
        /// What is offered by ALPN (RFC 7301).
        public var applicationProtocols: [String]
        /// TLS carries the login and is taken away then.
        public var isForLoginAlone: Bool
    }

    /// What can be done with the TLS that is there.
    public struct Outcome: Sendable {
        /// Takes TLS away without a word to the other side; called on the channel's event loop, only where it carries
        /// the login alone.
        public var remove: @Sendable (any Channel) -> Void

        /// An outcome with a way to take TLS away.
        public init(remove: @escaping @Sendable (any Channel) -> Void) { self.remove = remove }
    }

    let perform: @Sendable (any Channel, Request) -> EventLoopFuture<Outcome>

    /// An upgrade that `perform` does. It is called on the channel's event loop.
    public init(_ perform: @escaping @Sendable (any Channel, Request) -> EventLoopFuture<Outcome>) {
        self.perform = perform
    }
}

/// How much of a session is encrypted.
public enum TDSEncryption: Sendable, Equatable {
    /// The login alone, where the server has TLS at all (TDS 7.4).
    case loginAlone
    /// All of it; the handshake travels in packets (TDS 7.4).
    case required
    /// All of it, the packets too: TLS comes first (TDS 8.0).
    case strict
}
