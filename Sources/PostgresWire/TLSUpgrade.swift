import NIOCore

/// Puts TLS on a channel, below the handlers that are there; completes when the handshake is done.
public struct TLSUpgrade: Sendable {
    let perform: @Sendable (any Channel) -> EventLoopFuture<TLSBinding>

    /// An upgrade that `perform` does. It is called on the channel's event loop.
    public init(_ perform: @escaping @Sendable (any Channel) -> EventLoopFuture<TLSBinding>) {
        self.perform = perform
    }
}

/// What ties a login to the TLS session that carries it.
public struct TLSBinding: Equatable, Sendable {
    /// The data of `tls-server-end-point` (RFC 5929, section 4.1): the hash of the server's certificate.
    /// Nil where it is not known; then no channel binding is offered.
    public var serverEndPoint: [UInt8]?

    /// A binding with the given certificate hash.
    public init(serverEndPoint: [UInt8]?) { self.serverEndPoint = serverEndPoint }
}
