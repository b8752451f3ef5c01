import Foundation

/// What a thing took, several times over.
struct Sample {
    private let sorted: [Double]

    init(_ values: [Double]) { sorted = values.sorted() }

    var median: Double { quantile(0.5) }

    /// The value below which this share of all lie.
    func quantile(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// Milliseconds: `4.2 (3.9 to 5.1)`, the median with the 10th and the 90th percentile.
    var milliseconds: String {
        "\(Self.short(median * 1000)) (\(Self.short(quantile(0.1) * 1000)) to \(Self.short(quantile(0.9) * 1000)))"
    }

    static func short(_ value: Double) -> String { String(format: value < 10 ? "%.2f" : "%.1f", value) }
}

/// Seconds that something took.
func seconds(_ work: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await work()
    let taken = start.duration(to: .now).components
    return Double(taken.seconds) + Double(taken.attoseconds) / 1e18
}

/// A Markdown table on standard output.
func printTable(_ title: String, _ heading: [String], _ rows: [[String]]) {
    print("\n### \(title)\n")
    print("| \(heading.joined(separator: " | ")) |")
    print("|\(heading.map { _ in "---|" }.joined())")
    for row in rows { print("| \(row.joined(separator: " | ")) |") }
}
