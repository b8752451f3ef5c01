import NIOCore

/// Puts TLS on a channel, below the handlers that are there; completes when the handshake is done.
public struct TLSUpgrade: Sendable {
    let perform: @Sendable (any Channel) -> EventLoopFuture<Void>

    /// An upgrade that `perform` does. It is called on the channel's event loop.
    public init(_ perform: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>) { self.perform = perform }
}
