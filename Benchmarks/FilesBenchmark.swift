import Foundation
import Testbed

/// A CSV file of 1 GB and a workbook of 50 MB, from `POST /datasources` to connected, against what a Python program would
/// read them with. `WELLHEAD_BENCH_FILES=10` measures a tenth of it.
enum FilesBenchmark {
    private static let rounds = 3

    private struct Way {
        var name: String
        /// Nil for Wellhead.
        var client: String?
    }

    static func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let percent = environment["WELLHEAD_BENCH_FILES"].flatMap { Int($0) } ?? 100
        let folder = Workspace.makeFolder(for: "files")
        let xlsxRows = 10_000 * percent
        let made = try await Command.check(
            client("make_files.py") + [folder.path, "\(10_000_000 * percent)", "\(xlsxRows)"])
        guard let csvRows = Int(made.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw TestbedError("make_files.py did not say how many rows it made: \(made)")
        }
        try await measure(
            "measured.csv", "csv", in: folder, rows: csvRows,
            [
                Way(name: "duckdb, one thread, into a database", client: "duckdb"),
                Way(name: "polars, into memory", client: "polars-csv"), Way(name: "Wellhead, connect"),
            ])
        try await measure(
            "measured.xlsx", "excel", in: folder, rows: xlsxRows,
            [
                Way(name: "openpyxl, read only", client: "openpyxl"),
                Way(name: "polars (calamine), into memory", client: "polars-xlsx"), Way(name: "Wellhead, connect"),
            ])
    }

    private static func client(_ script: String) -> [String] {
        let python = ProcessInfo.processInfo.environment["WELLHEAD_BENCH_PYTHON"] ?? "python3"
        return [python, FileManager.default.currentDirectoryPath + "/Benchmarks/clients/\(script)"]
    }

    private static func measure(
        _ file: String, _ driver: JSON, in folder: URL, rows: Int, _ ways: [Way]
    ) async throws {
        let url = folder.appending(path: file)
        let size = try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int ?? 0
        var taken = ways.map { _ in [TimedCommand]() }
        for _ in 0..<rounds {
            for (index, way) in ways.enumerated() {
                if let name = way.client {
                    // Databases that it makes go with the folder.
                    let scratch = Workspace.makeFolder(for: "client")
                    taken[index].append(
                        try await TimedCommand.run(
                            client("read_file.py") + [name, url.path, scratch.path],
                            environment: ["POLARS_MAX_THREADS=1"]))
                    try? FileManager.default.removeItem(at: scratch)
                } else {
                    taken[index].append(try await connect(file, driver, in: folder))
                }
            }
        }
        func median(_ values: [TimedCommand], _ part: (TimedCommand) -> Double) -> Double {
            Sample(values.map(part)).median
        }
        let rival = taken[0]
        printTable(
            "\(file): \(size) bytes, \(rows) rows of eight columns",
            [
                "way", "s", "rows a second", "rate against the first", "processor, s",
                "processor's rate against the first", "memory, MiB",
            ],
            ways.indices.map { index in
                let (seconds, processor) = (median(taken[index], \.seconds), median(taken[index], \.processor))
                return [
                    ways[index].name, Sample.short(seconds), String(Int(Double(rows) / seconds)),
                    Sample.short(median(rival, \.seconds) / seconds), Sample.short(processor),
                    Sample.short(median(rival, \.processor) / processor),
                    "\((taken[index].map(\.memory).max() ?? 0) >> 20)",
                ]
            })
    }

    /// A service of its own, so that its highest memory is this file's.
    private static func connect(_ file: String, _ driver: JSON, in folder: URL) async throws -> TimedCommand {
        let service = try await WellheadService.start(["--log-level", "error", "--files", folder.path])
        let before = ProcessTable.processorSeconds(of: service.pid)
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            let answer = try await service.call(
                "POST /datasources?timeout=60", ["driver": driver, "database": .text(file)])
            if answer.status == 200 { break }
            // The reading goes on when a test's time is up: the next one finds more of it done.
            guard answer.text.contains("deadline_exceeded") else { throw TestbedError("\(answer)") }
        }
        let seconds = start.duration(to: clock.now) / .seconds(1)
        let taken = TimedCommand(
            seconds: seconds, processor: ProcessTable.processorSeconds(of: service.pid) - before,
            memory: ProcessTable.peakResidentBytes(of: service.pid))
        await service.stop()
        return taken
    }
}
