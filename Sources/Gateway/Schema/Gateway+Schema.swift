import Drivers
import Foundation
import SourceModel

/// Which tables of a source are wanted.
package struct SchemaQuery: Sendable, Equatable {
    package static let defaultLimit = 100
    package static let maximumLimit = 1000

    /// Tables of this schema only.
    package var schema: String?
    /// Tables of exactly this name only.
    package var table: String?
    /// Tables whose name contains this text, whatever the case of letters.
    package var contains: String?
    package var kind: TableHeading.Kind?
    package var start = 0
    package var limit = SchemaQuery.defaultLimit
    /// Whether what is known is thrown away first.
    package var refresh = false

    package init() {}

    /// Whether a table is among those that are wanted.
    func includes(_ table: TableHeading) -> Bool {
        (schema.map { $0 == table.schema } ?? true) && (self.table.map { $0 == table.name } ?? true)
            && (kind.map { $0 == table.kind } ?? true)
            && (contains.map { $0.isEmpty || table.name.lowercased().contains($0.lowercased()) } ?? true)
    }
}

/// A page of a source's tables.
package struct SchemaPage: Sendable {
    package var tables: [(heading: TableHeading, details: TableDetails)]
    /// How many tables there are for this question, on all pages.
    package var total: Int
    /// Whether the source has more tables than are ever listed.
    package var isCut: Bool
    /// When the list was read from the source.
    package var readAt: Date
}

extension Gateway {
    /// What tables a stored source has, from what is known where that is not too old.
    ///
    /// - Throws: `notFound`, `notConnected`, `busy`, or `statement` with what reading it failed with.
    package func schema(_ id: RecordID, _ question: SchemaQuery) async throws(GatewayError) -> SchemaPage {
        let live = try await connectedSource(id)
        let cache = live.schema
        if question.refresh { cache.clear() }
        if let known = cache.list, known.readAt.addingTimeInterval(settings.schemaAge.inSeconds) < timing.date() {
            cache.clear()
        }
        let generation = cache.generation
        let (list, readAt): (TableList, Date)
        if let known = cache.list {
            (list, readAt) = known
        } else {
            list = try await read(from: live) { session throws(SourceFailure) in try await session.tables() }
            readAt = timing.date()
            cache.store(list, readAt: readAt, generation: generation)
        }
        let wanted = list.tables.filter { question.includes($0) }
        let page = Array(wanted.dropFirst(question.start).prefix(question.limit))
        return SchemaPage(
            tables: try await details(of: page, live, generation), total: wanted.count, isCut: list.isCut,
            readAt: readAt)
    }

    private func details(
        of page: [TableHeading], _ live: LiveSource, _ generation: Int
    ) async throws(GatewayError) -> [(heading: TableHeading, details: TableDetails)] {
        var known = live.schema.details(of: page)
        let missing = page.indices.filter { known[$0] == nil }
        if !missing.isEmpty {
            let tables = missing.map { page[$0] }
            let read = try await read(from: live) { session throws(SourceFailure) in
                try await session.details(of: tables)
            }
            for (index, details) in zip(missing, read) { known[index] = details }
            live.schema.store(Array(zip(tables, read)), generation: generation)
        }
        return zip(page, known).map { ($0, $1 ?? TableDetails()) }
    }

    /// Asks a session something within the time that a schema may take, and leaves the session clean.
    private func read<Value: Sendable>(
        from live: LiveSource, _ ask: @escaping @Sendable (any Session) async throws(SourceFailure) -> Value
    ) async throws(GatewayError) -> Value {
        do {
            return try await live.withSession(waitingAtMost: settings.leaseWait) { session in
                let journal = StageJournal()
                journal.enter(.schema)
                do throws(SourceFailure) {
                    return try await withDeadline(
                        settings.schemaDeadline, of: live.source, journal: journal, timing: timing
                    ) { () async throws(SourceFailure) in try await ask(session) }
                } catch {
                    // What was asked may still run there.
                    await endQuery(on: session)
                    throw error
                }
            }
        } catch let failure as SourceFailure {
            throw .statement(failure)
        } catch let busy as ConnectionPool.Busy {
            throw .busy(live.id, busy.waited, live.status)
        } catch {
            throw .notConnected(live.id)
        }
    }
}

extension Duration {
    /// Seconds, for dates.
    fileprivate var inSeconds: TimeInterval {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
