import Foundation
import NIOConcurrencyHelpers
import NIOCore
import SourceModel

/// A file that another machine has, and the way there. One call at a time; another caller has a way of its own.
protocol RemoteFile: Sendable {
    /// What the file is known by now. Opens the way there where it is not open.
    ///
    /// - Parameter journal: stands in the stage `open` afterwards.
    func look(_ journal: StageJournal) async throws(SourceFailure) -> RemoteVersion

    /// Gives the file's bytes, in order, from the first to the last.
    ///
    /// - Returns: what the other side says that the bytes are: they need not be what was looked at before.
    func fetch(
        into sink: (ByteBuffer) async throws(SourceFailure) -> Void
    ) async throws(SourceFailure) -> RemoteVersion

    /// What the way there has shown.
    var sighting: FileSighting { get }

    /// Closes the way there, for good.
    func close() async
}

/// What a remote file's content is known by.
struct RemoteVersion: Sendable, Equatable {
    /// In bytes; nil where the other side does not tell.
    var size: Int?
    /// When it was last changed.
    var modified: Date?
    /// An entity tag (RFC 9110, section 8.8.3).
    var tag: String?
    /// Makes one look different from every other, where neither date nor tag tells whether the file has changed.
    var nonce: UUID?

    init(size: Int?, modified: Date?, tag: String? = nil) {
        (self.size, self.modified, self.tag) = (size, modified, tag)
        if modified == nil, tag == nil { nonce = UUID() }
    }

    /// Whether a change of the file shows.
    var tells: Bool { nonce == nil }

    /// What a file was that was looked at as this and came as `other`: this one, unless they differ in something that
    /// both tell. A server may leave out of one answer what it says in another.
    func corrected(by other: RemoteVersion) -> RemoteVersion {
        func differ<Value: Equatable>(_ one: Value?, _ two: Value?) -> Bool {
            if let one, let two { one != two } else { false }
        }
        let isOther =
            differ(size, other.size) || differ(modified, other.modified) || differ(tag, other.tag)
        return isOther ? other : self
    }
}

/// Keeps a copy of a remote file and fetches it anew when the file has changed there.
final class RemotePlace: FilePlace {
    /// For so long it is not asked again whether the file has changed.
    static let freshness: Duration = .seconds(10)
    /// A copy of which nobody can tell whether the file has changed is used for so long.
    static let blindFreshness: Duration = .seconds(60)

    fileprivate struct State {
        var copy: RemoteCopy?
        var looked: ContinuousClock.Instant?
    }

    private let make: @Sendable () -> any RemoteFile
    /// The way that looks go. Fetching goes on when this one is closed, and so has a way of its own.
    private let remote: any RemoteFile
    private let copies: RemoteCopies
    private let source: DataSource
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - make: makes a way to the file, not opened yet.
    ///   - source: where the file is, and the login there.
    ///   - now: the clock; a test's moves by hand.
    init(
        _ make: @escaping @Sendable () -> any RemoteFile, of source: DataSource, copies: RemoteCopies,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        (self.make, self.source, self.copies, self.now) = (make, source, copies, now)
        remote = make()
    }

    func file(_ journal: StageJournal) async throws(SourceFailure) -> PlacedFile {
        if let kept = state.withLockedValue({ $0.kept(at: now()) }) { return placed(kept) }
        let version = try await remote.look(journal)
        journal.enter(.open)
        if version.tells, let copy = state.withLockedValue({ $0.kept(as: version, at: now()) }) {
            return placed(copy)
        }
        let copy = try await copies.lease(source, version) { [make] sink throws(SourceFailure) in
            let carrier = make()
            let fetched: RemoteVersion
            do throws(SourceFailure) {
                fetched = try await carrier.fetch(into: sink)
            } catch {
                await carrier.close()
                throw error
            }
            await carrier.close()
            return fetched
        } observer: {
            journal.note($0.words)
        }
        state.withLockedValue { $0 = State(copy: copy, looked: now()) }
        return placed(copy)
    }

    func look() async throws(SourceFailure) {
        let version = try await remote.look(StageJournal())
        // A sign of life that shows the copy to be the file saves the next call the question.
        if version.tells { _ = state.withLockedValue { $0.kept(as: version, at: now()) } }
    }

    func close() async {
        state.withLockedValue { $0 = State() }
        await remote.close()
    }

    private func placed(_ copy: RemoteCopy) -> PlacedFile {
        PlacedFile(
            url: copy.url, size: copy.size, modified: copy.version.modified, copy: copy, sighting: remote.sighting)
    }
}

extension RemotePlace.State {
    /// The copy, as long as it need not be asked whether it is still the file.
    fileprivate func kept(at now: ContinuousClock.Instant) -> RemoteCopy? {
        guard let copy, let looked else { return nil }
        let limit = copy.version.tells ? RemotePlace.freshness : RemotePlace.blindFreshness
        return looked.duration(to: now) < limit ? copy : nil
    }

    /// The copy, if it is of this version.
    fileprivate mutating func kept(as version: RemoteVersion, at now: ContinuousClock.Instant) -> RemoteCopy? {
        guard let copy, version == copy.version else { return nil }
        looked = now
        return copy
    }
}
