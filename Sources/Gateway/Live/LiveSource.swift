import Drivers
import Foundation
import Logging
import NIOConcurrencyHelpers
import SourceModel

/// A stored source that is kept connected: its pool, and what there is to tell of it.
package final class LiveSource: Sendable {
    package let id: RecordID
    /// The record's revision that is connected.
    package let revision: Int
    package let source: DataSource
    /// What is known of its tables.
    let schema = SchemaCache()
    private let pool: ConnectionPool
    private let state: NIOLockedValueBox<LiveStatus>
    private let past: NIOLockedValueBox<StatusHistory>
    private let timing: Timing
    private let logger: Logger

    /// - Parameters:
    ///   - history: of what served before it.
    ///   - opener: opens one more session within its deadline.
    init(
        id: RecordID, revision: Int, source: DataSource, settings: GatewaySettings, timing: Timing, logger: Logger,
        history: StatusHistory = StatusHistory(), opener: @escaping ConnectionPool.Opener
    ) {
        self.id = id
        self.revision = revision
        self.source = source
        self.timing = timing
        var logger = logger
        logger[metadataKey: "source"] = "\(id)"
        logger[metadataKey: "driver"] = "\(source.driver.rawValue)"
        self.logger = logger
        past = NIOLockedValueBox(history)
        let state = NIOLockedValueBox(LiveStatus(status: .reconnecting, since: timing.date()))
        self.state = state
        let limits = PoolStateMachine.Limits(
            minimum: source.options.poolMin, maximum: source.options.poolMax, checkInterval: settings.checkInterval,
            freshness: settings.freshness, idleTimeout: settings.idleTimeout)
        // The pool cannot tell its owner before the owner exists: the box is filled two lines below.
        let owner = NIOLockedValueBox<WeakSource>(WeakSource())
        pool = ConnectionPool(
            limits: limits, backoff: settings.backoff, checkDeadline: settings.checkDeadline, timing: timing,
            opener: opener, observer: { event in owner.withLockedValue { $0.source }?.note(event) })
        owner.withLockedValue { $0.source = self }
    }

    /// Begins with the session that passed the test, or with none, as after a start of the service.
    func start(adopting session: (any Session)?) {
        pool.start(adopting: session)
        if let session { note(.opened(session.facts)) }
    }

    /// Keeps the source connected until `stop`; returns when nothing of it is left.
    func run() async { await pool.run() }

    func stop() { pool.stop() }

    /// Lends a session of the pool for the body's time.
    ///
    /// - Throws: what the body throws; `ConnectionPool.Busy`; `CancellationError` when there is none to be had.
    package func withSession<Value: Sendable>(
        waitingAtMost limit: Duration? = nil, _ body: @Sendable (any Session) async throws -> Value
    ) async throws -> Value {
        try await pool.withSession(waitingAtMost: limit, body)
    }

    /// How the source is doing right now.
    package var status: LiveStatus {
        let counts = pool.counts
        let failures = pool.failures
        var status = state.withLockedValue { $0 }
        status.open = counts.open
        status.idle = counts.idle
        status.busy = counts.busy
        status.waiting = counts.waiting
        status.reconnectAttempts = failures
        return status
    }

    /// How the source did over the last hours.
    package var history: StatusHistory { past.withLockedValue { $0 } }

    /// What a connection that ends without a word is told as.
    private var ended: SourceFailure {
        SourceFailure(
            .probe, .serverClosed, "\(source.endpoint.map(\.description) ?? "The source") closed the connection.",
            hint: "Nothing to do: Wellhead reconnects. If it recurs, look into the server's log.")
    }

    private func note(_ event: ConnectionPool.Event) {
        let now = timing.date()
        var latency: Duration?
        if case .checked(let roundTrip) = event { latency = roundTrip }
        let (status, turned) = state.withLockedValue { state -> (SourceStatus, Bool) in
            // Counted under this lock, lest an event that was overtaken judges by what no longer holds.
            let open = pool.counts.open
            let before = state.status
            switch event {
            case .opened(let facts):
                state.status = .connected
                state.serverVersion = facts.serverVersion
                state.certificateExpires = facts.certificateExpires
                state.lastCheck = now
            case .checked(let roundTrip):
                state.status = .connected
                state.lastCheck = now
                state.latency = roundTrip
            case .openFailed(let failure):
                (state.lastError, state.lastErrorAt) = (failure, now)
                if open == 0 { state.status = failure.mayPass ? .reconnecting : .failed }
            case .checkFailed(let failure):
                (state.lastError, state.lastErrorAt) = (failure, now)
                state.lastCheck = now
                if open <= 1 { state.status = .reconnecting }
            case .lost(let failure):
                (state.lastError, state.lastErrorAt) = (failure ?? ended, now)
                if open == 0 { state.status = .reconnecting }
            }
            if state.status != before { state.since = now }
            return (state.status, state.status != before)
        }
        past.withLockedValue { $0.note(status, latency: latency, at: now) }
        if turned { logger.info("Source status changed", metadata: ["status": "\(status.rawValue)"]) }
    }
}

private struct WeakSource: Sendable {
    weak var source: LiveSource?
}
