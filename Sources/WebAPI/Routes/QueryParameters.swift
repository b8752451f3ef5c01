import Hummingbird
import SourceModel

/// The query part of an address, decoded and in its order.
struct QueryParameters: Sendable {
    let pairs: [(name: String, value: String)]

    init(_ request: Request) throws(SourceFailure) {
        pairs = try FormReader.pairs(in: Array((request.uri.query ?? "").utf8))
    }

    /// Refuses parameters that an endpoint does not take, and repeated ones.
    func require(only known: [String]) throws(SourceFailure) {
        var seen: Set<String> = []
        for (name, value) in pairs {
            guard known.contains(name) else { throw .unknownParameter(name, among: known) }
            guard seen.insert(name).inserted else {
                throw .parameter(name, "stands in the address more than once, here with", value)
            }
        }
    }

    func value(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// A flag, or what holds where it is not there.
    func flag(_ name: String, default standard: Bool) throws(SourceFailure) -> Bool {
        guard let text = value(name) else { return standard }
        guard let flag = Bool(parameter: text) else { throw .parameter(name, "takes true or false, not", text) }
        return flag
    }

    /// A whole number within bounds; nil where it is not there.
    func number(_ name: String, in range: ClosedRange<Int>) throws(SourceFailure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .parameter(name, "takes a number from \(range.lowerBound) to \(range.upperBound), not", text)
        }
        return number
    }

    /// A test's deadline: `timeout`, 1 to 60 seconds, 10 where it is not there.
    func deadline() throws(SourceFailure) -> Duration {
        guard let text = value("timeout") else { return .seconds(10) }
        guard let seconds = Double(text), (1...60).contains(seconds), !text.lowercased().contains("x") else {
            throw .parameter("timeout", "takes seconds from 1 to 60, not", text)
        }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }
}
