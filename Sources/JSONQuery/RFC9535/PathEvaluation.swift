/// Runs a query on a document. What it costs is counted, so that a task that is cancelled ends soon.
package struct PathEvaluation {
    /// Why a query did not come to its end.
    package enum Stopped: Error, Equatable, Sendable {
        case cancelled
        /// It selected more places than the limit.
        case tooMany(limit: Int)
    }

    let document: JSONDocument
    let root: Int
    let limit: Int
    /// What was done since the last look whether the task is cancelled: about one for each value and for each 64 bytes.
    private var spent = 0

    init(document: JSONDocument, root: Int, limit: Int) {
        self.document = document
        self.root = root
        self.limit = limit
    }

    mutating func spend(_ effort: Int) throws(Stopped) {
        spent += effort
        guard spent >= 1 << 16 else { return }
        spent = 0
        if Task.isCancelled { throw .cancelled }
    }

    mutating func nodes(of query: PathQuery, from current: Int) throws(Stopped) -> [Int] {
        var nodes = [query.isRelative ? current : root]
        for segment in query.segments where !nodes.isEmpty {
            var selected: [Int] = []
            for node in nodes {
                if segment.isDescendant {
                    try descend(node, segment.selectors, into: &selected)
                } else {
                    for selector in segment.selectors { try select(selector, node, into: &selected) }
                }
            }
            nodes = selected
        }
        return nodes
    }

    private mutating func descend(
        _ node: Int, _ selectors: [PathSelector], into selected: inout [Int]
    ) throws(Stopped) {
        for selector in selectors { try select(selector, node, into: &selected) }
        // A document's depth is bounded, and so is the recursion.
        let kind = document.kind(at: node)
        switch kind {
        case .array, .object:
            try each(of: node, kind) { evaluation, value throws(Stopped) in
                try evaluation.descend(value, selectors, into: &selected)
            }
        case .string, .number, .flag, .null: break
        }
    }

    private mutating func select(_ selector: PathSelector, _ node: Int, into selected: inout [Int]) throws(Stopped) {
        // Also where the selector does not fit: there may be many values and many selectors that do not.
        try spend(1)
        let kind = document.kind(at: node)
        switch (selector, kind) {
        case (.name(let name), .object):
            try spend(1 + document.range(of: node).count >> 6)
            if let value = document.member(name, of: node) { try add(value, to: &selected) }
        case (.index(let index), .array):
            try spend(1 + document.range(of: node).count >> 6)
            let wanted = index < 0 ? document.count(of: node) + index : index
            if wanted >= 0, let element = document.element(wanted, of: node) { try add(element, to: &selected) }
        case (.wildcard, .array), (.wildcard, .object):
            try each(of: node, kind) { evaluation, value throws(Stopped) in
                try evaluation.add(value, to: &selected)
            }
        case (.slice(let start, let end, let step), .array):
            try slice(node, start, end, step, into: &selected)
        case (.filter(let condition), .array), (.filter(let condition), .object):
            try each(of: node, kind) { evaluation, value throws(Stopped) in
                if try evaluation.holds(condition, at: value) { try evaluation.add(value, to: &selected) }
            }
        case (.name, _), (.index, _), (.wildcard, _), (.slice, _), (.filter, _): break
        }
    }

    private mutating func each(
        of node: Int, _ kind: JSONDocument.Kind, _ body: (inout PathEvaluation, Int) throws(Stopped) -> Void
    ) throws(Stopped) {
        var last = node
        if kind == .array {
            for element in document.elements(of: node) {
                try spend(1 + (element - last) >> 6)
                last = element
                try body(&self, element)
            }
        } else {
            for member in document.members(of: node) {
                try spend(1 + (member.value - last) >> 6)
                last = member.value
                try body(&self, member.value)
            }
        }
    }

    /// Section 2.3.4.2.2.
    private mutating func slice(
        _ node: Int, _ start: Int?, _ end: Int?, _ step: Int, into selected: inout [Int]
    ) throws(Stopped) {
        guard step != 0 else { return }
        var elements: [Int] = []
        try each(of: node, .array) { evaluation, element throws(Stopped) in
            try evaluation.add(element, to: &elements)
        }
        let count = elements.count
        func normalised(_ index: Int) -> Int { index >= 0 ? index : count + index }
        if step > 0 {
            var index = min(max(normalised(start ?? 0), 0), count)
            let upper = min(max(normalised(end ?? count), 0), count)
            while index < upper {
                try add(elements[index], to: &selected)
                index += step
            }
        } else {
            var index = min(max(start.map(normalised) ?? count - 1, -1), count - 1)
            let lower = min(max(end.map(normalised) ?? -1, -1), count - 1)
            while index > lower {
                try add(elements[index], to: &selected)
                index += step
            }
        }
    }

    private func add(_ node: Int, to selected: inout [Int]) throws(Stopped) {
        guard selected.count < limit else { throw .tooMany(limit: limit) }
        selected.append(node)
    }
}
