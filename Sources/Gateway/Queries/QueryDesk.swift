import NIOConcurrencyHelpers
import SourceModel

/// The statements that run now, by name.
final class QueryDesk: Sendable {
    /// Statements that run at one time, over all sources.
    static let limit = 512

    private let running = NIOLockedValueBox<[QueryID: RunningQuery]>([:])

    /// - Throws: `queryNameTaken`, or `unavailable` where too many run.
    func add(_ query: RunningQuery) throws(GatewayError) {
        let refusal = running.withLockedValue { running -> GatewayError? in
            guard running[query.id] == nil else { return .queryNameTaken(query.id) }
            guard running.count < Self.limit else {
                return .unavailable("\(Self.limit) statements run already; try again in a moment.")
            }
            running[query.id] = query
            return nil
        }
        if let refusal { throw refusal }
    }

    func remove(_ query: RunningQuery) {
        running.withLockedValue { running in
            if running[query.id] === query { running[query.id] = nil }
        }
    }

    func query(_ id: QueryID) -> RunningQuery? { running.withLockedValue { $0[id] } }

    /// In the order in which they began.
    var all: [RunningQuery] { running.withLockedValue { Array($0.values) }.sorted { $0.start < $1.start } }
}
