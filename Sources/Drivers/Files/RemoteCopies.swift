import Foundation
import NIOConcurrencyHelpers
import NIOCore
import SourceModel

/// How far fetching a file is.
struct FetchProgress: Sendable {
    /// Bytes that are here.
    let received: Int
    /// Bytes that there are; nil where the other side does not tell.
    let size: Int?

    var words: String { size.map { "\(received) of \($0) bytes fetched" } ?? "\(received) bytes fetched" }
}

/// A file that was fetched; it stays on the disk as long as somebody holds this.
final class RemoteCopy: Sendable {
    let url: URL
    /// In bytes.
    let size: Int
    /// What was fetched.
    let version: RemoteVersion
    private let release: @Sendable () -> Void

    init(url: URL, size: Int, version: RemoteVersion, release: @escaping @Sendable () -> Void) {
        (self.url, self.size, self.version, self.release) = (url, size, version, release)
    }

    deinit { release() }
}

/// The files that were fetched from other machines, one copy for each version, shared by all who hold it.
///
/// Whoever waits can leave: fetching then goes on for a while, so that a file which takes longer than a caller's patience
/// is there when the caller comes again.
final class RemoteCopies: Sendable {
    typealias Sink = @Sendable (ByteBuffer) async throws(SourceFailure) -> Void
    /// Gives the file's bytes and says what they are.
    typealias Fetch = @Sendable (Sink) async throws(SourceFailure) -> RemoteVersion
    typealias Observer = @Sendable (FetchProgress) -> Void
    typealias Waiter = CheckedContinuation<Result<RemoteCopy, SourceFailure>, Never>

    private let directory: URL
    private let patience: Duration
    private let shelf = CopyShelf()

    /// Removes what an earlier process left behind.
    ///
    /// - Parameters:
    ///   - directory: made when it is first needed, closed to others.
    ///   - patience: how long fetching goes on, and its result is kept, when nobody waits for it; and how long the other
    ///     side may be silent.
    init(directory: URL, patience: Duration = .seconds(60)) {
        (self.directory, self.patience) = (directory, patience)
        // Where there is nothing to remove, or it cannot be, there is nothing to do about it either.
        let left = (try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)) ?? []
        for file in left where file.pathExtension == "copy" { try? FileManager.default.removeItem(at: file) }
    }

    deinit { shelf.cancelAll() }

    /// The copy of a version of a record's file; fetches it where nobody did before.
    ///
    /// - Parameters:
    ///   - source: where the file is, and the login there: a copy is for those only who could fetch it themselves.
    ///   - observer: told a few times a second how far it is.
    /// - Throws: what `fetch` throws; a failure of the stage `open`; `deadline_exceeded` when cancelled.
    func lease(
        _ source: DataSource, _ version: RemoteVersion, fetch: @escaping Fetch, observer: @escaping Observer
    ) async throws(SourceFailure) -> RemoteCopy {
        var place = source
        // How the file is read does not change what it is.
        place.options = SourceOptions()
        let name = source.fileName
        if let size = version.size, size > FileRoom.sizeLimit { throw CopyFile.tooLarge(name) }
        let id = shelf.makeNumber()
        let key = CopyShelf.Key(place: place, version: version)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                switch shelf.arrive(id, waiter, observer, for: key) {
                case .served(let result): waiter.resume(returning: result)
                case .waits: break
                case .first(let number): start(number, key, name, fetch)
                }
            }
        } onCancel: {
            shelf.leave(id)?.resume(returning: .failure(Self.late(name, shelf.progress(of: key))))
        }
        return try result.get()
    }

    private func start(_ number: Int, _ key: CopyShelf.Key, _ name: String, _ fetch: @escaping Fetch) {
        let (shelf, directory, patience) = (shelf, directory, patience)
        let task = Task {
            let result: Result<CopyFile, SourceFailure>
            do throws(SourceFailure) {
                let file = try CopyFile(in: directory, number: number, named: name)
                result = await Self.fetch(into: file, number, key, name, shelf, patience, fetch)
            } catch {
                result = .failure(error)
            }
            let isWanted = shelf.finish(number, result)
            guard case .success = result, !isWanted else { return }
            // Nobody came back for it yet.
            try? await Task.sleep(for: patience)
            shelf.removeUnused(number)
        }
        shelf.own(task, for: number)
    }

    /// Fetches, and gives up when nobody waits any more or nothing comes for long.
    private static func fetch(
        into file: CopyFile, _ number: Int, _ key: CopyShelf.Key, _ name: String, _ shelf: CopyShelf,
        _ patience: Duration, _ fetch: @escaping Fetch
    ) async -> Result<CopyFile, SourceFailure> {
        let result = await withTaskGroup(of: Result<CopyFile, SourceFailure>?.self) { group in
            group.addTask {
                do throws(SourceFailure) {
                    let fetched = try await fetch { (bytes) throws(SourceFailure) in
                        try await file.append(bytes)
                        shelf.received(number, file.size, of: key.version.size)
                    }
                    try await file.finish()
                    // The file may have changed since it was looked at: the copy is of what has come.
                    shelf.title(number, key.version.corrected(by: fetched))
                    return .success(file)
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    // Cancelled, it ends at once.
                    try? await Task.sleep(for: min(patience, .seconds(1)))
                    if !Task.isCancelled, shelf.isHopeless(number, patience: patience) { break }
                }
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        let outcome = result ?? .failure(late(name, shelf.progress(of: key)))
        if case .failure = outcome { file.remove() }
        return outcome
    }

    private static func late(_ name: String, _ progress: FetchProgress?) -> SourceFailure {
        SourceFailure(
            .open, .deadlineExceeded,
            "Fetching \(name) did not finish in time\(progress.map { ": \($0.words)" } ?? "").",
            hint: "Raise timeout, or try again: the fetching goes on for a while.")
    }
}

extension DataSource {
    /// The file's name for a sentence: its path, without the query of a web address.
    var fileName: String {
        let path = database ?? ""
        return endpoint == nil ? path : String(path.prefix { $0 != "?" })
    }
}
