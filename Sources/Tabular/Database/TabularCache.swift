import Dispatch
import Foundation
import SourceModel
import Synchronization

/// The private databases that files are read into: one for each content and way of reading it, shared by all who lease
/// it, removed when nobody does.
///
/// A file is read on a thread of its own, some files at a time. Whoever waits can leave: the reading then goes on for a
/// while, so that a file which takes longer than a caller's patience is there when the caller comes again.
package final class TabularCache: Sendable {
    /// What a database is made of.
    struct Key: Hashable {
        let identity: FileIdentity
        let name: String
        let format: TabularFormat
    }

    typealias Waiter = CheckedContinuation<Result<TabularLease, any Error>, Never>

    /// A file that is being read, or waits to be.
    struct Build {
        let reading: TabularReading
        var waiters: [Int: Waiter] = [:]
        /// Since when nobody waits for it.
        var abandoned: ContinuousClock.Instant?
    }

    /// A database that can be read.
    struct Ready {
        let contents: TabularContents
        let path: String
        var leases = 0
    }

    enum Entry {
        case building(Build)
        case ready(Ready)
    }

    struct State {
        var entries: [Key: Entry] = [:]
        var queued: [Key] = []
        var running = 0
        var count = 0
        var isPrepared = false
        /// Files whose reading was begun.
        var begun = 0
    }

    private let state = Mutex(State())
    private let directory: URL
    private let patience: Duration
    private let limit: Int
    private let interval: Duration
    private let queue = DispatchQueue(label: "tabular.cache", attributes: .concurrent)

    /// Removes what an earlier process left behind.
    ///
    /// - Parameters:
    ///   - directory: made when it is first needed, closed to others.
    ///   - patience: how long a reading goes on, and its result is kept, when nobody waits for it.
    ///   - limit: how many files are read at one time.
    ///   - interval: how often who waits is told how far the reading is.
    package init(
        directory: URL, patience: Duration = .seconds(60), limit: Int = 4, interval: Duration = .milliseconds(250)
    ) {
        self.directory = directory
        self.interval = interval
        self.patience = patience
        self.limit = limit
        // Where there is nothing to remove, or it cannot be, there is nothing to do about it either.
        let left = (try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)) ?? []
        for file in left where file.pathExtension == "table" { try? FileManager.default.removeItem(at: file) }
    }

    /// The database of a file as it is now; reads the file where nobody did before.
    ///
    /// - Parameters:
    ///   - path: where the file is, links resolved.
    ///   - name: the file's name in failures; a table's name may come from it.
    ///   - observer: told a few times a second how far the reading is, while it is waited for.
    /// - Throws: a failure of the stage `open`; `deadline_exceeded` when cancelled.
    package func lease(
        _ path: String, named name: String, as format: TabularFormat,
        progress observer: (@Sendable (TabularProgress) -> Void)? = nil
    ) async throws(SourceFailure) -> TabularLease {
        for _ in 0..<5 {
            let key = Key(identity: try FileIdentity(at: path, named: name), name: name, format: format)
            switch await lease(key, observer) {
            case .success(let lease): return lease
            case .failure(let failure as SourceFailure): throw failure
            case .failure(is FileChanged), .failure(is Abandoned): continue
            case .failure(let error):
                let progress = (error as? Left)?.progress
                throw SourceFailure(
                    .open, .deadlineExceeded,
                    "Reading \(name) did not finish in time\(progress.map { ": \($0.words)" } ?? "").",
                    hint: "Raise timeout, or try again: the reading goes on for a while.", cause: "\(error)")
            }
        }
        throw SourceFailure(
            .open, .fileMalformed, "\(name) changes while it is read.",
            hint: "Write the file under another name, and rename it when it is complete.")
    }

    /// How many files were begun to be read.
    var begun: Int { state.withLock { $0.begun } }
    /// Whether a file is being read or a database is kept.
    var isBusy: Bool { state.withLock { $0.running > 0 || !$0.entries.isEmpty } }

    // MARK: Waiting

    /// Who waited has left.
    private struct Left: Error {
        /// How far the reading was.
        var progress: TabularProgress?
    }

    private func lease(
        _ key: Key, _ observer: (@Sendable (TabularProgress) -> Void)?
    ) async -> Result<TabularLease, any Error> {
        guard let observer else { return await lease(key) }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                // The sleep throws when the reading is done, or nobody waits any more.
                while (try? await Task.sleep(for: interval)) != nil {
                    if let progress = progress(of: key) { observer(progress) }
                }
            }
            let result = await lease(key)
            group.cancelAll()
            return result
        }
    }

    private func progress(of key: Key) -> TabularProgress? {
        state.withLock { state in
            guard case .building(let build) = state.entries[key] else { return nil }
            return build.reading.progress
        }
    }

    private func lease(_ key: Key) async -> Result<TabularLease, any Error> {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let now = state.withLock { state -> Result<TabularLease, any Error>? in
                    // Under the lock: the handler below has run already, or will find the waiter.
                    if Task.isCancelled { return .failure(Left()) }
                    switch state.entries[key] {
                    case .ready(var ready):
                        ready.leases += 1
                        state.entries[key] = .ready(ready)
                        return .success(TabularLease(self, key, ready))
                    case .building(var build):
                        build.waiters[id] = waiter
                        build.abandoned = nil
                        state.entries[key] = .building(build)
                    case nil:
                        let reading = TabularReading(size: key.identity.size) { [weak self] in
                            try self?.checkAbandoned(key)
                        }
                        state.entries[key] = .building(Build(reading: reading, waiters: [id: waiter]))
                        state.queued.append(key)
                    }
                    return nil
                }
                if let now { waiter.resume(returning: now) } else { startQueued() }
            }
        } onCancel: {
            let (waiter, progress) = state.withLock { state -> (Waiter?, TabularProgress?) in
                guard case .building(var build) = state.entries[key] else { return (nil, nil) }
                let waiter = build.waiters.removeValue(forKey: id)
                if build.waiters.isEmpty, build.abandoned == nil { build.abandoned = .now }
                state.entries[key] = .building(build)
                return (waiter, build.reading.progress)
            }
            waiter?.resume(returning: .failure(Left(progress: progress)))
        }
    }

    /// Gives back one lease; the last one's database is removed.
    func release(_ key: Key, path: String) {
        let isUnused = state.withLock { state in
            guard case .ready(var ready) = state.entries[key], ready.path == path else { return false }
            ready.leases -= 1
            state.entries[key] = ready.leases > 0 ? .ready(ready) : nil
            return ready.leases == 0
        }
        if isUnused { remove(path) }
    }

    // MARK: Building

    private func startQueued() {
        let started = state.withLock { state in
            let count = min(limit - state.running, state.queued.count)
            guard count > 0 else { return [Key]() }
            let started = Array(state.queued.prefix(count))
            state.queued.removeFirst(count)
            state.running += count
            state.begun += count
            for key in started {
                if case .building(let build) = state.entries[key] { build.reading.begin() }
            }
            return started
        }
        for key in started {
            // A queue of its own has a thread of its own: reading does not hold up what else is dispatched.
            DispatchQueue(label: "tabular.build").async { [self] in build(key) }
        }
    }

    private func build(_ key: Key) {
        var path: String?
        let reading = state.withLock { state -> TabularReading? in
            guard case .building(let build) = state.entries[key] else { return nil }
            return build.reading
        }
        let result = Result { () throws -> (TabularContents, String) in
            // What is queued stays in its place until it was read.
            guard let reading else { throw Abandoned() }
            let file = try makeFile(for: key)
            path = file
            return (try key.format.build(from: key.identity, named: key.name, at: file, reading), file)
        }
        if case .failure = result, let path { remove(path) }
        let outcomes = state.withLock { state -> [(Waiter, Result<TabularLease, any Error>)] in
            state.running -= 1
            guard case .building(let build) = state.entries[key] else { return [] }
            switch result {
            case .success(let (contents, path)):
                let ready = Ready(contents: contents, path: path, leases: build.waiters.count)
                state.entries[key] = .ready(ready)
                return build.waiters.values.map { ($0, .success(TabularLease(self, key, ready))) }
            case .failure(let error):
                state.entries[key] = nil
                return build.waiters.values.map { ($0, .failure(error)) }
            }
        }
        for (waiter, outcome) in outcomes { waiter.resume(returning: outcome) }
        if case .success(let (_, path)) = result, outcomes.isEmpty { removeLater(key, path) }
        startQueued()
    }

    /// Whoever asked has left, and has not come again.
    private struct Abandoned: Error {}

    private func checkAbandoned(_ key: Key) throws {
        let since = state.withLock { state -> ContinuousClock.Instant? in
            guard case .building(let build) = state.entries[key] else { return nil }
            return build.abandoned
        }
        if let since, since.duration(to: .now) >= patience { throw Abandoned() }
    }

    /// Removes a database that nobody came for.
    private func removeLater(_ key: Key, _ path: String) {
        let (seconds, attoseconds) = patience.components
        let delay = Double(seconds) + Double(attoseconds) / 1e18
        queue.asyncAfter(deadline: .now() + delay) { [self] in
            let isUnused = state.withLock { state in
                guard case .ready(let ready) = state.entries[key], ready.path == path, ready.leases == 0 else {
                    return false
                }
                state.entries[key] = nil
                return true
            }
            if isUnused { remove(path) }
        }
    }

    // MARK: Files

    /// An empty file with a name of its own, which its owner alone may read.
    private func makeFile(for key: Key) throws -> String {
        let (number, isPrepared) = state.withLock { state in
            state.count += 1
            defer { state.isPrepared = true }
            return (state.count, state.isPrepared)
        }
        let home = directory.path(percentEncoded: false)
        let path = directory.appending(path: "\(key.digest)-\(number).table").path(percentEncoded: false)
        do {
            if !isPrepared || !FileManager.default.fileExists(atPath: home) {
                try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
                try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: home)
            }
            guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            throw SourceFailure(
                .open, .fileForbidden, "The service cannot write to its cache for \(key.name).",
                hint: "Check the data directory's rights and room.", cause: "\(error)")
        }
        return path
    }

    private func remove(_ path: String) {
        // What cannot be removed is removed at the next start.
        for suffix in ["", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}

extension TabularCache.Key {
    /// Names the content in a file's name: FNV-1a of what identifies it, in 16 hexadecimal digits.
    fileprivate var digest: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(self)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(repeating: "0", count: 16 - String(hash, radix: 16).count) + String(hash, radix: 16)
    }
}
