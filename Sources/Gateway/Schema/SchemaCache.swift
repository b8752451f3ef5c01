import Foundation
import NIOConcurrencyHelpers
import SourceModel

/// What was read of a source's schema, with the time at which it was: the list of tables, and what those are made of that
/// somebody looked at.
final class SchemaCache: Sendable {
    /// Tables whose details are kept; with more the cache begins anew.
    static let detailsLimit = 2_000

    private struct State {
        var list: TableList?
        var readAt = Date.distantPast
        var details: [TableHeading: TableDetails] = [:]
        /// Changes when the cache is emptied: what was asked before is not kept after.
        var generation = 0
    }

    private let state = NIOLockedValueBox(State())

    /// Forgets everything.
    func clear() {
        state.withLockedValue { $0 = State(generation: $0.generation + 1) }
    }

    /// Which list a read belongs to.
    var generation: Int { state.withLockedValue { $0.generation } }

    /// The list and when it was read; nil where there is none.
    var list: (tables: TableList, readAt: Date)? {
        state.withLockedValue { state in state.list.map { ($0, state.readAt) } }
    }

    func store(_ list: TableList, readAt: Date, generation: Int) {
        state.withLockedValue { state in
            guard state.generation == generation else { return }
            state = State(list: list, readAt: readAt, generation: generation)
        }
    }

    /// The details that are known, in the order of the tables; nil for those that are not.
    func details(of tables: [TableHeading]) -> [TableDetails?] {
        state.withLockedValue { state in tables.map { state.details[$0] } }
    }

    func store(_ details: [(TableHeading, TableDetails)], generation: Int) {
        state.withLockedValue { state in
            guard state.generation == generation else { return }
            if state.details.count + details.count > Self.detailsLimit { state.details = [:] }
            for (table, detail) in details.prefix(Self.detailsLimit) { state.details[table] = detail }
        }
    }
}
