import Foundation
import NIOCore
import NIOSSL
import NIOTLS
import SourceModel
import Synchronization

/// The TLS of one channel: puts it there, judges the server, and remembers what errors mean.
final class TLSUpgrade: Sendable {
    private let trust: ServerTrust
    private let identity: ClientIdentity?
    private let material: TLSMaterial
    private let journal: StageJournal
    private let now: @Sendable () -> Date
    private let state: Mutex<State>

    private struct State {
        var context: TLSContext
        var profile = TLSProfile()
        var verdict: PeerJudge.Verdict?
        var begun = false
    }

    init(
        trust: ServerTrust, identity: ClientIdentity?, material: TLSMaterial, journal: StageJournal,
        now: @escaping @Sendable () -> Date
    ) {
        self.trust = trust
        self.identity = identity
        self.material = material
        self.journal = journal
        self.now = now
        state = Mutex(State(context: TLSContext(hasIdentity: identity != nil)))
    }

    /// Puts TLS below every handler of the channel, but for one that carries it, and runs the handshake.
    /// - Returns: what was seen; fails with a `SourceFailure`, and the channel is closed then.
    func start(on channel: any Channel, as profile: TLSProfile = TLSProfile()) -> EventLoopFuture<TLSObservation> {
        journal.enter(.tls)
        state.withLock { state in
            state.profile = profile
            state.begun = true
        }
        let promise = channel.eventLoop.makePromise(of: TLSObservation.self)
        if channel.eventLoop.inEventLoop {
            begin(on: channel, promise)
        } else {
            channel.eventLoop.execute { self.begin(on: channel, promise) }
        }
        return promise.futureResult
    }

    private func begin(on channel: any Channel, _ promise: EventLoopPromise<TLSObservation>) {
        do {
            let profile = state.withLock { $0.profile }
            let context = try material.context(for: identity, profile) { [weak self] in
                self?.state.withLock { $0.context.certificateRequested = true }
            }
            let secure = try NIOSSLClientHandler(
                context: context, serverHostname: ServerName(trust.serverName).indication,
                customVerificationCallback: { [self] chain, verdict in
                    let version = TLSUpgrade.version(of: channel)
                    verdict.completeWithTask { await self.judge(chain, version) }
                })
            let pipeline = channel.pipeline.syncOperations
            let holder = try? pipeline.handler(type: ArrivalHolder.self)
            let ended = holder?.hasEnded ?? false
            let early = holder?.release(channel) ?? []
            guard channel.isActive, !ended || !early.isEmpty else { throw ChannelError.eof }
            let place = try profile.carrier.map { try pipeline.context(name: $0).handler }
            try pipeline.addHandlers([secure, TLSWatch(self, promise)], position: place.map { .after($0) } ?? .first)
            for buffer in early { channel.pipeline.fireChannelRead(buffer) }
            if !early.isEmpty { channel.pipeline.fireChannelReadComplete() }
            if ended { channel.close(promise: nil) } else { channel.read() }
        } catch {
            promise.fail(failure(for: error) ?? TLSFailures.closed(TLSContext(), cause: String(describing: error)))
            channel.close(promise: nil)
        }
    }

    private func judge(_ chain: [NIOSSLCertificate], _ version: String) async -> NIOSSLVerificationResult {
        let judge = PeerJudge(trust: trust, now: now(), protocolVersion: version)
        var verdict = await judge.judge(chain.compactMap { try? $0.toDERBytes() })
        if state.withLock({ $0.profile.isForLoginAlone }) {
            verdict.observation?.protocolVersion += " for the login alone"
            verdict.observation?.warnings = [.loginAloneEncrypted]
        }
        state.withLock { $0.verdict = verdict }
        if let detail = verdict.observation?.detail { journal.note(detail) }
        return verdict.failure == nil ? .certificateVerified : .failed
    }

    /// What the handshake has settled on; for use on the channel's event loop.
    private static func version(of channel: any Channel) -> String {
        switch try? channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self).tlsVersion {
        case .tlsv13: "TLS 1.3"
        case .tlsv12: "TLS 1.2"
        default: "TLS"
        }
    }

    /// Takes TLS away from a channel without a word to the other side, which does the same; on the channel's event loop.
    static func end(on channel: any Channel) {
        let pipeline = channel.pipeline.syncOperations
        if let watch = try? pipeline.handler(type: TLSWatch.self) { drop(watch, from: channel) }
        if let secure = try? pipeline.handler(type: NIOSSLClientHandler.self) { drop(secure, from: channel) }
    }

    private static func drop(_ handler: some RemovableChannelHandler, from channel: any Channel) {
        // What cannot be taken away would encrypt what the other side reads as it is.
        channel.pipeline.syncOperations.removeHandler(handler).whenFailure { _ in channel.close(promise: nil) }
    }

    /// Called by the watch when the server has said something by TLS.
    func heard() { state.withLock { $0.context.heard = true } }

    /// Called by the watch when the handshake is over.
    func completed() -> TLSObservation? {
        let seen = state.withLock { state in
            state.context.established = true
            let observation = state.verdict?.observation
            state.context.judgesClientsLate = observation?.protocolVersion == "TLS 1.3"
            return observation
        }
        guard var observation = seen else { return nil }
        if let identity {
            let end = Date(timeIntervalSince1970: TimeInterval(identity.expires))
            let days = end.days(since: now())
            if days < Warning.expiryNotice { observation.warnings.append(.expiring("client", end, days: days)) }
        }
        for warning in observation.warnings { journal.warn(warning) }
        journal.pass(observation.detail)
        return observation
    }

    /// What an error on the channel means to a driver: nothing, as long as TLS has not begun.
    func verdict(for error: any Error) -> SourceFailure? {
        state.withLock { $0.begun } ? failure(for: error) : nil
    }

    /// What an error on the channel means, during the handshake and after it; nil where it is not about TLS.
    func failure(for error: any Error) -> SourceFailure? {
        if let failure = error as? SourceFailure { return failure }
        let state = state.withLock { $0 }
        if let failure = state.verdict?.failure { return failure }
        return TLSFailures.failure(for: error, state.context)
    }
}

/// Sits above the TLS handler until the handshake is over, and tells the upgrade how it went.
private final class TLSWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let upgrade: TLSUpgrade
    private var promise: EventLoopPromise<TLSObservation>?
    private var hasHeard = false

    init(_ upgrade: TLSUpgrade, _ promise: EventLoopPromise<TLSObservation>) {
        self.upgrade = upgrade
        self.promise = promise
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent, let promise {
            self.promise = nil
            if let observation = upgrade.completed() {
                promise.succeed(observation)
            } else {
                fail(promise, ChannelError.inappropriateOperationForState)
                context.close(promise: nil)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !hasHeard {
            hasHeard = true
            upgrade.heard()
        }
        context.fireChannelRead(data)
    }

    /// Before the handshake is over the driver's handlers are told the verdict, later the error itself.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let promise else {
            context.fireErrorCaught(error)
            return
        }
        self.promise = nil
        context.fireErrorCaught(fail(promise, error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let promise {
            self.promise = nil
            fail(promise, ChannelError.eof)
        }
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if let promise { fail(promise, ChannelError.eof) }
        promise = nil
    }

    @discardableResult
    private func fail(_ promise: EventLoopPromise<TLSObservation>, _ error: any Error) -> SourceFailure {
        let failure =
            upgrade.failure(for: error) ?? TLSFailures.closed(TLSContext(), cause: String(describing: error))
        promise.fail(failure)
        return failure
    }
}
