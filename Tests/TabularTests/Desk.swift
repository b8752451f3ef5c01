import Foundation
import NIOCore
import Results
import SourceModel

@testable import Tabular

/// A directory with files and a cache of its own, gone at its end.
final class Desk: Sendable {
    let home: URL
    let cache: TabularCache

    init(patience: Duration = .seconds(60), interval: Duration = .milliseconds(250)) throws {
        home = FileManager.default.temporaryDirectory.appending(
            path: "wellhead-tabular-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        cache = TabularCache(
            directory: home.appending(path: "cache", directoryHint: .isDirectory), patience: patience,
            interval: interval)
    }

    deinit { try? FileManager.default.removeItem(at: home) }

    /// Databases that are in the cache now.
    var databases: [String] {
        let directory = home.appending(path: "cache").path
        return ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String = "t.csv") throws -> String {
        let file = home.appending(path: name)
        try Data(bytes).write(to: file)
        return file.path
    }

    func path(_ name: String = "t.csv") -> String { home.appending(path: name).path }

    func lease(_ name: String = "t.csv", _ options: DialectOptions = DialectOptions()) async throws -> TabularLease {
        try await cache.lease(path(name), named: name, as: .csv(options))
    }

    /// A reader of a file with this text.
    func reader(
        of text: String, _ name: String = "t.csv", _ options: DialectOptions = DialectOptions()
    ) async throws -> TabularReader {
        try await reader(of: Array(text.utf8), name, options)
    }

    func reader(
        of bytes: [UInt8], _ name: String = "t.csv", _ options: DialectOptions = DialectOptions()
    ) async throws -> TabularReader {
        try write(bytes, to: name)
        let reader = TabularReader(try await lease(name, options))
        try await reader.open()
        return reader
    }

    /// The failure of reading a file with these bytes.
    func failure(_ bytes: [UInt8], _ options: DialectOptions = DialectOptions()) async throws -> SourceFailure? {
        try write(bytes)
        do throws(SourceFailure) {
            _ = try await cache.lease(path(), named: "t.csv", as: .csv(options))
            return nil
        } catch {
            return error
        }
    }
}

extension TabularReader {
    /// A statement's whole result.
    nonisolated func result(
        _ text: String, _ parameters: [StatementParameter] = [], format: ResultFormat = .ndjson, rows: Int = 1_000_000,
        bytes: Int = 1 << 30, brake: StatementBrake = StatementBrake(timeout: .seconds(60))
    ) async throws -> (text: String, statistics: ResultStatistics, columns: [ResultColumn], batches: [Int]) {
        let statement = SourceModel.Statement(text, parameters: parameters, rowLimit: rows, byteLimit: bytes)
        let columns = try await query(statement, brake: brake)
        var encoder = RowEncoder(format: format, columns: columns)
        var text = ""
        var batches: [Int] = []
        var goesOn = true
        while goesOn {
            goesOn = try await encodeNext(into: &encoder)
            batches.append(encoder.statistics.rows)
            text += String(buffer: encoder.take())
        }
        await end()
        return (text, encoder.statistics, columns, batches)
    }

    /// The failure of a statement.
    nonisolated func failure(
        _ text: String, _ parameters: [StatementParameter] = [],
        brake: StatementBrake = StatementBrake(timeout: .seconds(60))
    ) async throws -> SourceFailure? {
        do {
            _ = try await result(text, parameters, brake: brake)
            return nil
        } catch let failure as SourceFailure {
            return failure
        }
    }
}

/// Options, changed.
func dialect(_ change: (inout DialectOptions) -> Void) -> DialectOptions {
    var options = DialectOptions()
    change(&options)
    return options
}

extension TabularReader {
    /// Counts a statement's rows, and keeps none.
    nonisolated func count(_ statement: SourceModel.Statement) async throws -> Int {
        let columns = try await query(statement, brake: StatementBrake(timeout: .seconds(600)))
        var encoder = RowEncoder(format: .csv, columns: columns)
        while try await encodeNext(into: &encoder) { _ = encoder.take() }
        await end()
        return encoder.statistics.rows
    }
}
