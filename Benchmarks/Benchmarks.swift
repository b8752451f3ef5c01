import Foundation
import Testbed

/// Measures what the README promises. Servers, service and rivals run on this machine, in this run.
@main
enum Benchmarks {
    static let all: [(name: String, run: @Sendable () async throws -> Void)] = [
        ("connect", ConnectBenchmark.run), ("memory", MemoryBenchmark.run), ("tunnel", TunnelBenchmark.run),
        ("query", QueryBenchmark.run), ("files", FilesBenchmark.run),
    ]

    static func main() async {
        let wanted = CommandLine.arguments.dropFirst()
        if let unknown = wanted.first(where: { name in !all.contains { $0.name == name } }) {
            print("There is no benchmark \(unknown); there are \(all.map(\.name).joined(separator: ", ")).")
            exit(2)
        }
        do {
            for benchmark in all where wanted.isEmpty || wanted.contains(benchmark.name) { try await benchmark.run() }
        } catch {
            print("The benchmark failed: \(error)")
            exit(1)
        }
        // Servers are ended and folders removed by what runs at the exit.
        exit(0)
    }
}
