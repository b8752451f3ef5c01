import Foundation
import SourceModel
import Synchronization
import Testbed
import Testing

@testable import Tabular

@Suite("Files are read into databases that are shared and go again")
struct CacheTests {
    private static func rows(_ count: Int) -> [UInt8] {
        Array(("id,item\n" + (0..<count).map { "\($0),item \($0)\n" }.joined()).utf8)
    }

    @Test("Sessions of one file at one time read it once")
    func shared() async throws {
        let desk = try Desk()
        try desk.write(Self.rows(20_000))
        let leases = try await withThrowingTaskGroup(of: TabularLease.self) { group in
            for _ in 0..<8 { group.addTask { try await desk.lease() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(leases.map(\.path)).count == 1)
        #expect(desk.cache.begun == 1)
        #expect(desk.databases.count == 1)
        #expect(leases.allSatisfy { $0.tables[0].rows == 20_000 })
        for lease in leases.dropLast() { lease.release() }
        #expect(desk.databases.count == 1)
        leases.last?.release()
        leases.last?.release()
        #expect(desk.databases.isEmpty)
    }

    @Test("Another content, another way of reading and another file are databases of their own")
    func apart() async throws {
        let desk = try Desk()
        try desk.write(Self.rows(3))
        try desk.write(Self.rows(3), to: "u.csv")
        let first = try await desk.lease()
        let second = try await desk.lease("t.csv", dialect { $0.header = false })
        let third = try await desk.lease("u.csv")
        try desk.write(Self.rows(4))
        let fourth = try await desk.lease()
        #expect(Set([first, second, third, fourth].map(\.path)).count == 4)
        #expect([first, second, third, fourth].map(\.tables[0].rows) == [3, 4, 3, 4])
        #expect(desk.databases.count == 4)
    }

    @Test("The cache is closed to others")
    func rights() async throws {
        let desk = try Desk()
        try desk.write(Self.rows(3))
        let lease = try await desk.lease()
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(desk.home.appending(path: "cache").path) == 0o700)
        #expect(try mode(lease.path) == 0o600)
    }

    @Test("What an earlier process left is removed at the start, and nothing else")
    func leftovers() throws {
        let desk = try Desk()
        let directory = desk.home.appending(path: "cache", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for name in ["0123-1.table", "note.txt"] { try Data().write(to: directory.appending(path: name)) }
        _ = TabularCache(directory: directory)
        #expect(desk.databases == ["note.txt"])
    }

    @Test("Who waits can leave: the reading goes on, and serves who comes again")
    func leaving() async throws {
        let desk = try Desk()
        try desk.write(Self.rows(200_000))
        let read: @Sendable (Int) async throws(SourceFailure) -> TabularLease = { number throws(SourceFailure) in
            try await desk.cache.lease(desk.path(), named: "\(number).csv", as: .csv(DialectOptions()))
        }
        // A reading that is over before it is left says nothing: under another name it is another reading.
        var failure: SourceFailure?
        var number = 0
        while failure == nil {
            number += 1
            let task = Task { [number] in try await read(number) }
            while desk.cache.begun < number { await Task.yield() }
            task.cancel()
            do { try await task.value.release() } catch let error as SourceFailure { failure = error }
        }
        #expect(failure?.code == .deadlineExceeded)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: desk.path())[.size] as? Int)
        #expect(failure?.message.hasPrefix("Reading \(number).csv did not finish in time: ") == true)
        let grouped = size.formatted(.number.locale(Locale(identifier: "en_US")))
        #expect(failure?.message.hasSuffix(" % of \(grouped) bytes are read.") == true, "\(failure?.message ?? "")")
        let lease = try await read(number)
        #expect(lease.tables[0].rows == 200_000)
        #expect(desk.cache.begun == number)
    }

    @Test("Who waits is told how far the reading is")
    func progress() async throws {
        let desk = try Desk(interval: .milliseconds(1))
        try desk.write(Self.rows(100_000))
        let seen = Mutex<[TabularProgress]>([])
        // A file is read anew until one reading took long enough for a word of it.
        var name = 0
        while seen.withLock({ $0.isEmpty }) {
            name += 1
            let lease = try await desk.cache.lease(
                desk.path(), named: "\(name).csv", as: .csv(DialectOptions()),
                progress: { progress in seen.withLock { $0.append(progress) } })
            lease.release()
        }
        let size = try FileIdentity(at: desk.path(), named: "t.csv").size
        for progress in seen.withLock({ $0 }) {
            #expect(progress.size == size && (0...1).contains(progress.fraction) && progress.rows <= 100_000)
        }
    }

    @Test(
        "Progress is told in words",
        arguments: [
            (0.0, 999, false, "0 % of 999 bytes are read"),
            (0.4399, 1_100_000_000, false, "43 % of 1,100,000,000 bytes are read"),
            (0.9999, 1000, false, "99 % of 1,000 bytes are read"), (1, 1000, false, "100 % of 1,000 bytes are read"),
            (0, 1000, true, "it waits until other files are read"),
        ])
    func words(fraction: Double, size: Int, isQueued: Bool, words: String) {
        #expect(TabularProgress(fraction: fraction, size: size, rows: 0, isQueued: isQueued).words == words)
    }

    @Test("A reading that nobody waits for any more ends, and leaves nothing")
    func abandoned() async throws {
        let desk = try Desk(patience: .zero)
        try desk.write(Self.rows(200_000))
        let task = Task { try await desk.lease() }
        while desk.cache.begun == 0 { await Task.yield() }
        task.cancel()
        // It may have been over already.
        if case .success(let lease) = await task.result { lease.release() }
        try await eventually("the cache is idle") { !desk.cache.isBusy }
        #expect(desk.databases.isEmpty)
    }

    @Test("More files than are read at one time wait for their turn")
    func turns() async throws {
        let desk = try Desk()
        for number in 0..<12 { try desk.write(Self.rows(100 + number), to: "f\(number).csv") }
        let rows = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<12 { group.addTask { try await desk.lease("f\(number).csv").tables[0].rows } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(rows.sorted() == Array(100..<112))
        #expect(desk.databases.isEmpty)
    }

    @Test("A file that is gone, or no file, is told so")
    func gone() async throws {
        let desk = try Desk()
        let missing = await #expect(throws: SourceFailure.self) { try await desk.lease("nothing.csv") }
        #expect(missing?.code == .fileNotFound)
        try FileManager.default.createDirectory(at: desk.home.appending(path: "d"), withIntermediateDirectories: true)
        let directory = await #expect(throws: SourceFailure.self) { try await desk.lease("d") }
        #expect(directory?.code == .fileForbidden)
    }
}
