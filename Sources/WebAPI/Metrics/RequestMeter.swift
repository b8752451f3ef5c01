import HTTPTypes
import SourceModel
import Synchronization

/// Counts what was asked and how it was answered. Its memory is bounded by the routes, the statuses and the codes that
/// there are: nothing that a caller chose is a label.
final class RequestMeter: Sendable {
    /// Upper bounds of the histogram's buckets in seconds; more is in the last one, which has none.
    static let bounds: [Double] = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60]

    struct Call: Hashable, Comparable {
        let method: String
        let route: String
        let status: Int

        static func < (left: Call, right: Call) -> Bool {
            (left.route, left.method, left.status) < (right.route, right.method, right.status)
        }
    }

    struct Refusal: Hashable, Comparable {
        let stage: String
        let code: String

        static func < (left: Refusal, right: Refusal) -> Bool {
            (left.stage, left.code) < (right.stage, right.code)
        }
    }

    /// How long the answers of one route took.
    struct Durations {
        /// By bucket, each without the ones below it.
        var counts = [Int](repeating: 0, count: RequestMeter.bounds.count + 1)
        var sum = 0.0
    }

    struct Counts {
        var calls: [Call: Int] = [:]
        var refusals: [Refusal: Int] = [:]
        var durations: [String: Durations] = [:]
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    /// - Parameters:
    ///   - route: the address with its placeholders; nil for one that there is not.
    ///   - duration: until the answer's head was known.
    func note(_ method: HTTPRequest.Method, route: String?, status: Int, duration: Duration) {
        let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .delete, .options, .patch]
        let route = route ?? "none"
        let call = Call(method: known.contains(method) ? method.rawValue : "other", route: route, status: status)
        let (whole, attoseconds) = duration.components
        let seconds = Double(whole) + Double(attoseconds) / 1e18
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.calls[call, default: 0] += 1
            state.durations[route, default: Durations()].counts[bucket] += 1
            state.durations[route, default: Durations()].sum += seconds
        }
    }

    /// A test or a statement that failed, whatever its status was.
    func note(_ failure: SourceFailure) {
        let refusal = Refusal(stage: failure.stage.rawValue, code: failure.code.rawValue)
        state.withLock { $0.refusals[refusal, default: 0] += 1 }
    }
}
