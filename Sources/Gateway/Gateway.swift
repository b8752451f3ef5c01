import Drivers
import Foundation
import Logging
import NIOConcurrencyHelpers
import Registry
import ServiceLifecycle
import SourceModel

/// Creates, tests, connects, updates and deletes data sources, and keeps the stored ones connected. Knows no HTTP.
///
/// A source's live connections are child tasks of `run`, and nothing else owns a task.
package final class Gateway: Service, Sendable {
    let drivers: Drivers
    let registry: Registry
    let settings: GatewaySettings
    let timing: Timing
    let logger: Logger
    let desk = QueryDesk()
    private let slots: OpeningSlots
    private let live = NIOLockedValueBox(Live())
    private let arrivals: AsyncStream<Work>
    private let arrival: AsyncStream<Work>.Continuation

    /// Something that runs as a child task of `run`.
    private typealias Work = @Sendable () async -> Void

    private struct Live {
        var sources: [RecordID: LiveSource] = [:]
        /// Deleted while the service runs: an update that was under way must not connect them again.
        var erased: Set<RecordID> = []
    }

    package init(
        drivers: Drivers, registry: Registry, settings: GatewaySettings = GatewaySettings(), timing: Timing = .system,
        logger: Logger
    ) {
        self.drivers = drivers
        self.registry = registry
        self.settings = settings
        self.timing = timing
        self.logger = logger
        slots = OpeningSlots(count: settings.openings)
        (arrivals, arrival) = AsyncStream.makeStream()
    }

    // MARK: Life

    /// Takes up every stored record that was connected. Returns before any is connected again.
    package func start() async throws(GatewayError) {
        let loaded = try await stored { () throws(RegistryError) in try await registry.records() }
        for unreadable in loaded.unreadable {
            logger.error(
                "Record cannot be opened", metadata: ["source": "\(unreadable.id)", "why": "\(unreadable.reason)"])
        }
        for record in loaded.records where record.publishedAt != nil {
            do throws(SourceFailure) {
                await adopt(nil, for: record.id, revision: record.revision, source: try record.draft.validated())
            } catch {
                logger.error(
                    "Record is not valid", metadata: ["source": "\(record.id)", "code": "\(error.code.rawValue)"])
            }
        }
    }

    /// Keeps all sources connected until the service is asked to end; returns when every connection is closed.
    package func run() async {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    for await work in arrivals { group.addTask { await work() } }
                }
            } onCancel: {
                shutDown()
            }
        } onGracefulShutdown: {
            self.shutDown()
        }
    }

    /// Retires every source; what is made live from now on is closed at once.
    func shutDown() {
        arrival.finish()
        let sources = live.withLockedValue { live in
            defer { live.sources = [:] }
            return Array(live.sources.values)
        }
        for query in desk.all { query.stop(.serviceEnds) }
        for source in sources { source.stop() }
    }

    // MARK: Live sources

    func liveSource(_ id: RecordID) -> LiveSource? { live.withLockedValue { $0.sources[id] } }

    func sourceStatus(of record: Record) -> SourceStatus {
        liveSource(record.id)?.status.status ?? Self.unconnected(isPublished: record.publishedAt != nil)
    }

    /// The status of a record that nothing is connected for.
    static func unconnected(isPublished: Bool) -> SourceStatus { isPublished ? .failed : .draft }

    /// Makes a source live, with the session that passed its test or with none; what served before it is retired.
    ///
    /// - Parameter revision: the record's; a later one that is live already stays.
    func adopt(_ session: (any Session)?, for id: RecordID, revision: Int, source: DataSource) async {
        let opener: ConnectionPool.Opener = { [drivers, slots, settings, timing] () async throws(SourceFailure) in
            let outcome = await slots.withSlot { () async -> Result<any Session, SourceFailure> in
                let journal = StageJournal()
                do throws(SourceFailure) {
                    let session = try await withDeadline(
                        settings.openDeadline, of: source, journal: journal, timing: timing
                    ) { () async throws(SourceFailure) in
                        try await drivers.open(source, for: .pool, journal: journal)
                    }
                    return .success(session)
                } catch {
                    return .failure(error)
                }
            }
            guard let outcome else {
                throw SourceFailure(
                    .dial, .deadlineExceeded, "The connection was not needed any more.", hint: "Nothing to do.")
            }
            return try outcome.get()
        }
        let fresh = LiveSource(
            id: id, revision: revision, source: source, settings: settings, timing: timing, logger: logger,
            history: liveSource(id)?.history ?? StatusHistory(), opener: opener)
        fresh.start(adopting: session)
        let retired = live.withLockedValue { live -> LiveSource? in
            let old = live.sources[id]
            if live.erased.contains(id) || (old?.revision ?? 0) > revision { return fresh }
            live.sources[id] = fresh
            return old
        }
        retired?.stop()
        // Also a source that was retired at once runs: it is `run` that closes what it holds.
        if !perform({ await fresh.run() }) {
            // The service has ended meanwhile, and nobody else runs it any more.
            fresh.stop()
            await fresh.run()
        }
    }

    /// Runs something as a child task of `run`.
    ///
    /// - Returns: false where the service is ending.
    func perform(_ work: @escaping @Sendable () async -> Void) -> Bool {
        if case .terminated = arrival.yield(work) { false } else { true }
    }

    func retire(_ id: RecordID) {
        let retired = live.withLockedValue { live in
            live.erased.insert(id)
            return live.sources.removeValue(forKey: id)
        }
        retired?.stop()
    }

    // MARK: The registry's errors

    /// Runs a call of the registry and says its refusals in the gateway's words.
    func stored<Value>(
        _ call: () async throws(RegistryError) -> Value
    ) async throws(GatewayError) -> Value {
        do {
            return try await call()
        } catch {
            switch error {
            case .nameTaken(let name): throw .nameTaken(name)
            case .changedMeanwhile(let id): throw .changedMeanwhile(id)
            case .notFound(let id): throw .notFound(id)
            default: throw .storage(error)
            }
        }
    }
}
