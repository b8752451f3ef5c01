import NIOCore
import SourceModel

/// A channel that leads to the data source.
package struct RoutedChannel: Sendable {
    /// Does not read by itself, and nothing has been read from it: whoever takes it adds handlers, then reads. What
    /// arrives before is kept.
    package let channel: any Channel
    /// The SSH host's key that was seen on the connection that carries this channel.
    package let hostKey: HostKey?
    /// Puts TLS below the handlers that are there, when the driver's protocol is ready for it; nil where the scheme is
    /// plain. Enters the journal's stage `tls` and passes it. Fails with a `SourceFailure`; the channel is closed then.
    package let upgrade: (@Sendable (any Channel) -> EventLoopFuture<TLSObservation>)?

    private let meaning: @Sendable (any Error, Stage) -> SourceFailure?

    init(
        channel: any Channel, hostKey: HostKey?,
        upgrade: (@Sendable (any Channel) -> EventLoopFuture<TLSObservation>)?,
        meaning: @escaping @Sendable (any Error, Stage) -> SourceFailure?
    ) {
        self.channel = channel
        self.hostKey = hostKey
        self.upgrade = upgrade
        self.meaning = meaning
    }

    /// What an error on this channel means: a TLS verdict (also one that arrives after the handshake, as TLS 1.3
    /// servers refuse client certificates late), a reset, an end of stream. Nil where the route knows nothing about it.
    /// - Parameter stage: where the driver stands; a TLS verdict keeps the stage `tls`.
    package func failure(for error: any Error, in stage: Stage) -> SourceFailure? {
        meaning(error, stage)
    }
}
