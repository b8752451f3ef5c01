import Drivers
import NIOConcurrencyHelpers
import SourceModel

/// The live connections of one source. The machine decides under the lock; what it decides is performed outside it,
/// by child tasks of `run`.
package final class ConnectionPool: Sendable {
    /// Opens one more session within its deadline.
    package typealias Opener = @Sendable () async throws(SourceFailure) -> any Session

    /// What the pool's owner is told of, outside the lock.
    package enum Event: Sendable {
        case opened(SessionFacts)
        case openFailed(SourceFailure)
        case lost(SourceFailure?)
        case checked(roundTrip: Duration)
        case checkFailed(SourceFailure)
    }

    fileprivate struct State {
        var machine: PoolStateMachine
        var sessions: [PoolStateMachine.ConnectionID: any Session] = [:]
        /// Those that are to be closed and that nobody closes yet.
        var leaving: [PoolStateMachine.ConnectionID: any Session] = [:]
        var waiters: [PoolStateMachine.WaiterID: CheckedContinuation<Lease?, Never>] = [:]
        var nextWaiter = 0
    }

    /// A session that is the caller's own until it is returned.
    struct Lease: Sendable {
        let id: PoolStateMachine.ConnectionID
        let session: any Session
    }

    fileprivate enum Work: Sendable {
        case open(PoolStateMachine.ConnectionID, after: Duration)
        case check(PoolStateMachine.ConnectionID, any Session)
        case close(PoolStateMachine.ConnectionID)
    }

    private let state: NIOLockedValueBox<State>
    private let opener: Opener
    private let timing: Timing
    private let tick: Duration
    private let checkDeadline: Duration
    private let observer: @Sendable (Event) -> Void
    private let work: AsyncStream<Work>
    private let queue: AsyncStream<Work>.Continuation

    /// - Parameters:
    ///   - checkDeadline: a check without an answer for this long has failed.
    ///   - observer: told of every change.
    package init(
        limits: PoolStateMachine.Limits, backoff: Backoff = Backoff(), checkDeadline: Duration = .seconds(5),
        timing: Timing = .system, opener: @escaping Opener, observer: @escaping @Sendable (Event) -> Void
    ) {
        state = NIOLockedValueBox(State(machine: PoolStateMachine(limits: limits, backoff: backoff)))
        tick = limits.checkInterval / 4
        self.checkDeadline = checkDeadline
        self.timing = timing
        self.opener = opener
        self.observer = observer
        (work, queue) = AsyncStream.makeStream()
    }

    package var counts: PoolStateMachine.Counts { state.withLockedValue { $0.machine.counts } }
    package var failures: Int { state.withLockedValue { $0.machine.failures } }

    // MARK: Life

    /// Begins with the session that passed the test, or with none. Work waits until `run`.
    package func start(adopting session: (any Session)?) {
        let id = perform { state in
            let (id, actions) = state.machine.started(adopting: session != nil, at: timing.now())
            if let id, let session { state.sessions[id] = session }
            return (id, actions)
        }
        if let id, let session { watch(session, as: id) }
    }

    /// Opens, checks and closes until `stop` or cancellation; returns when every session is closed.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                while !Task.isCancelled {
                    await timing.sleep(tick)
                    if !Task.isCancelled { perform { ((), $0.machine.ticked(at: timing.now())) } }
                }
            }
            for await work in work {
                group.addTask { [self] in await perform(work) }
            }
            // Openings and sleeps end; closings are not disturbed by the cancellation.
            group.cancelAll()
        }
        // A cancelled stream takes no more work, not even the last closings.
        stop()
        await withDiscardingTaskGroup { group in
            for id in state.withLockedValue({ Array($0.leaving.keys) }) {
                group.addTask { [self] in await close(id) }
            }
        }
    }

    /// Closes every connection and refuses whoever waits. `run` then returns.
    package func stop() {
        perform { ((), $0.machine.stop()) }
        queue.finish()
    }

    // MARK: Leases

    /// No session was free for so long.
    package struct Busy: Error, Equatable {
        package let waited: Duration
    }

    /// Lends a session for the body's time.
    ///
    /// - Parameter limit: how long to wait for one; nil waits as long as it takes.
    /// - Throws: what the body throws; `Busy`; `CancellationError` when cancelled while waiting or when the pool ends.
    package func withSession<Value: Sendable>(
        waitingAtMost limit: Duration? = nil, _ body: @Sendable (any Session) async throws -> Value
    ) async throws -> Value {
        guard let lease = try await lease(waitingAtMost: limit) else { throw CancellationError() }
        defer { perform { ((), $0.machine.released(lease.id, at: timing.now())) } }
        return try await body(lease.session)
    }

    private func lease(waitingAtMost limit: Duration?) async throws(Busy) -> Lease? {
        guard let limit else { return await lease() }
        let began = timing.now()
        let (lease, isLate) = await withTaskGroup(of: (lease: Lease?, isLate: Bool).self) { group in
            group.addTask { (await self.lease(), false) }
            group.addTask { [timing] in
                await timing.sleep(limit)
                return (nil, !Task.isCancelled)
            }
            var outcome: (lease: Lease?, isLate: Bool) = (nil, false)
            // The first ends the other; a session that came at the last moment is taken all the same.
            for await ending in group {
                outcome = (outcome.lease ?? ending.lease, outcome.isLate || ending.isLate)
                group.cancelAll()
            }
            return outcome
        }
        if lease == nil, isLate { throw Busy(waited: began.duration(to: timing.now())) }
        return lease
    }

    /// A session as soon as one is free; nil when the task is cancelled while it waits, and when the pool ends.
    private func lease() async -> Lease? {
        let waiter = state.withLockedValue { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Lease?, Never>) in
                let waits = perform { state -> (Bool, [PoolStateMachine.Action]) in
                    // Under the lock: the handler below has run already, or will find the waiter.
                    if Task.isCancelled { return (false, []) }
                    state.waiters[waiter] = continuation
                    return (true, state.machine.leaseRequested(by: waiter, at: timing.now()))
                }
                if !waits { continuation.resume(returning: nil) }
            }
        } onCancel: {
            let continuation = state.withLockedValue { state in
                state.machine.leaseCancelled(by: waiter)
                return state.waiters.removeValue(forKey: waiter)
            }
            continuation?.resume(returning: nil)
        }
    }

    // MARK: Performing

    fileprivate enum Delivery {
        case lease(CheckedContinuation<Lease?, Never>, Lease?)
        case work(Work)
    }

    /// One event: decided under the lock, performed outside it.
    @discardableResult
    private func perform<Value>(
        _ event: (inout State) -> (Value, [PoolStateMachine.Action])
    ) -> Value {
        let (value, deliveries) = state.withLockedValue { state -> (Value, [Delivery]) in
            let (value, actions) = event(&state)
            return (value, actions.compactMap { state.delivery(of: $0) })
        }
        for delivery in deliveries {
            switch delivery {
            case .lease(let continuation, let lease): continuation.resume(returning: lease)
            case .work(let work): queue.yield(work)
            }
        }
        return value
    }

    private func perform(_ work: Work) async {
        switch work {
        case .open(let id, let delay): await open(id, after: delay)
        case .check(let id, let session): await check(session, as: id)
        case .close(let id): await close(id)
        }
    }

    private func close(_ id: PoolStateMachine.ConnectionID) async {
        await state.withLockedValue { $0.leaving.removeValue(forKey: id) }?.close()
    }

    private func open(_ id: PoolStateMachine.ConnectionID, after delay: Duration) async {
        if delay > .zero { await timing.sleep(delay) }
        guard !Task.isCancelled else { return }
        do throws(SourceFailure) {
            let session = try await opener()
            let wanted = perform { state in
                state.sessions[id] = session
                let (wanted, actions) = state.machine.opened(id, at: timing.now())
                if !wanted { state.sessions[id] = nil }
                return (wanted, actions)
            }
            guard wanted else { return await session.close() }
            observer(.opened(session.facts))
            watch(session, as: id)
        } catch {
            guard !Task.isCancelled else { return }
            observer(.openFailed(error))
            perform { ((), $0.machine.openFailed(id, passing: error.mayPass)) }
        }
    }

    private func check(_ session: any Session, as id: PoolStateMachine.ConnectionID) async {
        let begun = timing.now()
        switch await answer(of: session) {
        case .success:
            observer(.checked(roundTrip: begun.duration(to: timing.now())))
            perform { ((), $0.machine.checkPassed(id, at: timing.now())) }
        case .failure(let failure):
            guard !Task.isCancelled else { return }
            observer(.checkFailed(failure))
            perform { ((), $0.machine.checkFailed(id)) }
        }
    }

    /// The ping's outcome, or a failure when nothing came in time: a tunnel that stalls says nothing at all.
    private func answer(of session: any Session) async -> Result<Void, SourceFailure> {
        await withTaskGroup(of: Result<Void, SourceFailure>.self) { group in
            group.addTask {
                do throws(SourceFailure) {
                    return .success(try await session.ping())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask { [timing, checkDeadline] in
                await timing.sleep(checkDeadline)
                return .failure(
                    SourceFailure(
                        .probe, .probeTimeout,
                        "The connection gave no sign of life for \(checkDeadline.components.seconds) s.",
                        hint: "Nothing to do: Wellhead reconnects. If it recurs, look at the network between."))
            }
            defer { group.cancelAll() }
            // The group has two children, so that there is a first.
            return await group.next() ?? .success(())
        }
    }

    private func watch(_ session: any Session, as id: PoolStateMachine.ConnectionID) {
        session.whenClosed { [weak self] failure in
            guard let self else { return }
            let known = perform { state in
                let known = state.sessions.removeValue(forKey: id) != nil
                return (known, known ? state.machine.lost(id, at: timing.now()) : [])
            }
            if known { observer(.lost(failure)) }
        }
    }
}

extension ConnectionPool.State {
    fileprivate mutating func delivery(of action: PoolStateMachine.Action) -> ConnectionPool.Delivery? {
        switch action {
        case .open(let id, let delay):
            return .work(.open(id, after: delay))
        case .check(let id):
            return sessions[id].map { .work(.check(id, $0)) }
        case .close(let id):
            guard let session = sessions.removeValue(forKey: id) else { return nil }
            leaving[id] = session
            return .work(.close(id))
        case .lease(let id, let waiter):
            guard let session = sessions[id], let continuation = waiters.removeValue(forKey: waiter) else { return nil }
            return .lease(continuation, ConnectionPool.Lease(id: id, session: session))
        case .refuse(let waiter):
            return waiters.removeValue(forKey: waiter).map { .lease($0, nil) }
        }
    }
}

extension SourceFailure {
    /// Whether the same attempt may succeed later without anybody mending the record.
    var mayPass: Bool {
        switch code {
        case .hostNotFound, .resolveTimeout, .connectionRefused, .hostUnreachable, .connectionReset, .dialTimeout,
            .sshHandshakeFailed, .sshTimeout, .sshForwardFailed, .tlsHandshakeFailed, .tooManyConnections,
            .serverStarting, .serverClosed, .probeFailed, .probeTimeout, .deadlineExceeded, .notAnSSHServer,
            .notThisDriver, .noSuitableMember, .httpStatus:
            true
        case .missingField, .invalidField, .unknownField, .conflictingFields, .unsupportedDriver, .invalidKey,
            .invalidCertificate, .certificateKeyMismatch, .keyPassphraseRequired, .keyPassphraseWrong,
            .destinationForbidden, .sshNoCommonAlgorithm, .sshHostKeyMismatch, .sshAuthFailed, .sshForwardDenied,
            .sshRelayUnavailable, .tlsNotSupported, .tlsUntrusted, .tlsExpired, .tlsNotYetValid,
            .tlsHostnameMismatch, .tlsClientCertificateRequired, .tlsClientCertificateRejected, .tlsRequired,
            .loginFailed, .loginMethodUnsupported, .loginHostDenied, .accountLocked, .passwordExpired,
            .replicaSetMismatch,
            .databaseNotFound, .databaseForbidden, .fileNotFound, .fileForbidden, .fileMalformed, .fileTooLarge,
            .statementRefused, .statementWrites, .statementWithoutRows, .statementTimeout, .statementCancelled,
            .parametersMismatch, .schemaUnavailable:
            false
        }
    }
}
