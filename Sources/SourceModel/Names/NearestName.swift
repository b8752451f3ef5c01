/// Finds the name that somebody probably meant.
package enum NearestName {
    /// The nearest of the known names, if it is near enough to be meant: one that differs only in its letters' case,
    /// else the one with the fewest edits.
    package static func to(_ name: String, among known: [String]) -> String? {
        let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
        guard !wanted.isEmpty else { return nil }
        let ranked = known.map { (name: $0, distance: edits(wanted, Array($0.lowercased().unicodeScalars))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(2, wanted.count / 3),
            best.distance < wanted.count
        else { return nil }
        return best.name
    }

    /// Levenshtein's distance, where two neighbours that changed places count as one edit.
    private static func edits(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var row = Array(0...b.count)
        for i in a.indices {
            var next = [i + 1]
            next.reserveCapacity(b.count + 1)
            for j in b.indices {
                var best = min(next[j] + 1, row[j + 1] + 1, row[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                next.append(best)
            }
            (before, row) = (row, next)
        }
        return row[b.count]
    }
}
