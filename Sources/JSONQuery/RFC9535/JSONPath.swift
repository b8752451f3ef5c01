/// A JSONPath query (RFC 9535).
package struct JSONPath: Sendable {
    /// The longest query, in bytes of UTF-8.
    package static let limit = 8192

    /// Why a text is no query.
    package struct Malformed: Error, Equatable, Sendable {
        /// In characters from 1.
        package let position: Int
        /// What is wrong there, as a sentence without its full stop.
        package let reason: String
    }

    let query: PathQuery

    /// Reads a query and checks its types (section 2.4.3).
    package init(_ text: String) throws(Malformed) {
        var parser = PathParser(text)
        query = try parser.whole()
    }

    /// Whether the query leads to one place at most (section 2.3.5.1).
    package var isSingular: Bool { query.isSingular }

    /// The places that the query selects, in the order of section 2.3, by their offsets. Ends early where the task is
    /// cancelled.
    ///
    /// - Parameter limit: of places, at every step of the query.
    package func places(
        in document: JSONDocument, from root: Int, limit: Int = 1_000_000
    ) throws(PathEvaluation.Stopped) -> [Int] {
        var evaluation = PathEvaluation(document: document, root: root, limit: limit)
        return try evaluation.nodes(of: query, from: root)
    }
}

/// A query: from the root, or in filters from the value that is looked at (section 2.1, 2.3.5).
struct PathQuery: Sendable {
    var isRelative = false
    var segments: [PathSegment] = []

    /// Names and indices only.
    var isSingular: Bool {
        segments.allSatisfy { segment in
            guard !segment.isDescendant, segment.selectors.count == 1 else { return false }
            return switch segment.selectors[0] {
            case .name, .index: true
            case .wildcard, .slice, .filter: false
            }
        }
    }
}

/// Section 2.5.
struct PathSegment: Sendable {
    /// Whether it looks at all values below, too.
    var isDescendant: Bool
    var selectors: [PathSelector]
}

/// Section 2.3.
enum PathSelector: Sendable {
    case name([UInt8])
    case wildcard
    case index(Int)
    case slice(start: Int?, end: Int?, step: Int)
    case filter(PathCondition)
}

/// What a filter asks (section 2.3.5).
indirect enum PathCondition: Sendable {
    case any([PathCondition])
    case all([PathCondition])
    case not(PathCondition)
    case comparison(PathOperand, PathComparison, PathOperand)
    case exists(PathQuery)
    /// A function that answers yes or no.
    case test(PathFunction)
}

enum PathComparison: String, Sendable, CaseIterable {
    case equal = "=="
    case unequal = "!="
    case atMost = "<="
    case atLeast = ">="
    case less = "<"
    case greater = ">"
}

/// What can be compared.
enum PathOperand: Sendable {
    case literal(PathValue)
    /// A singular query.
    case query(PathQuery)
    /// A function that gives a value.
    case function(PathFunction)
}

/// A value while a filter is asked.
enum PathValue: Sendable {
    /// No value at all (section 2.4.1).
    case nothing
    case null
    case flag(Bool)
    case number(JSONNumber)
    /// In UTF-8.
    case text([UInt8])
    /// An object or an array of the document.
    case container(Int)
}

/// A call of a function extension (section 2.4).
indirect enum PathFunction: Sendable {
    case length(PathOperand)
    case count(PathQuery)
    /// With `whole` it is `match`, else `search`. The expression is read once where it is a literal.
    case match(PathOperand, PathOperand, pattern: IRegexp?, whole: Bool)
    case value(PathQuery)

    /// Whether it gives a value, and no yes or no.
    var givesValue: Bool {
        switch self {
        case .length, .count, .value: true
        case .match: false
        }
    }
}
