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
    package var upgrade: (@Sendable (any Channel) -> EventLoopFuture<TLSObservation>)? {
        guard isEncrypted else { return nil }
        return { [start] channel in start(channel, TLSProfile()) }
    }
    /// Whether the scheme wants TLS to the data source.
    package let isEncrypted: Bool

    private let start: @Sendable (any Channel, TLSProfile) -> EventLoopFuture<TLSObservation>
    private let meaning: @Sendable (any Error, Stage) -> SourceFailure?

    init(
        channel: any Channel, hostKey: HostKey?, isEncrypted: Bool,
        start: @escaping @Sendable (any Channel, TLSProfile) -> EventLoopFuture<TLSObservation>,
        meaning: @escaping @Sendable (any Error, Stage) -> SourceFailure?
    ) {
        self.channel = channel
        self.hostKey = hostKey
        self.isEncrypted = isEncrypted
        self.start = start
        self.meaning = meaning
    }

    /// As `upgrade`, for a protocol that asks something of its TLS. Where the scheme is plain only TLS for a login alone
    /// can be had, which verifies nobody: a server that wants a login so gets it, with a warning in the journal.
    package func startTLS(on channel: any Channel, as profile: TLSProfile) -> EventLoopFuture<TLSObservation> {
        guard isEncrypted != profile.isForLoginAlone else {
            return channel.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
        }
        return start(channel, profile)
    }

    /// Takes TLS for a login alone away again; to be called on the channel's event loop.
    package static func endTLS(on channel: any Channel) { TLSUpgrade.end(on: channel) }

    /// What an error on this channel means: a TLS verdict (also one that arrives after the handshake, as TLS 1.3
    /// servers refuse client certificates late), a reset, an end of stream. Nil where the route knows nothing about it.
    /// - Parameter stage: where the driver stands; a TLS verdict keeps the stage `tls`.
    package func failure(for error: any Error, in stage: Stage) -> SourceFailure? {
        meaning(error, stage)
    }
}
