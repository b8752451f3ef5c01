import NIOCore

/// Puts TLS on the channel below the handlers; completes when the handshake is done.
///
/// The future must also complete, with the reason, when the handshake fails or the channel closes during it.
public struct TLSUpgrade: Sendable {
    let perform: @Sendable (any Channel) -> EventLoopFuture<Void>

    /// An upgrade done by the closure, which is called on the channel's event loop.
    public init(_ perform: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>) {
        self.perform = perform
    }
}
