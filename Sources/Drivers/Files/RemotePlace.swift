import Foundation
import NIOConcurrencyHelpers
import NIOCore
import SourceModel

/// A file that another machine has.
protocol RemoteFile: Sendable {
    /// What the file is known by now. Opens the way there where it is not open.
    ///
    /// - Parameter journal: stands in the stage `open` afterwards.
    func look(_ journal: StageJournal) async throws(SourceFailure) -> RemoteVersion

    /// Gives the file's bytes, in order, from the first to the last.
    func fetch(into sink: (ByteBuffer) async throws(SourceFailure) -> Void) async throws(SourceFailure)

    /// What the way there has shown.
    var sighting: FileSighting { get }

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
}

/// Keeps a copy of a remote file and fetches it anew when the file has changed there.
final class RemotePlace: FilePlace {
    /// For so long it is not asked again whether the file has changed.
    static let freshness: Duration = .seconds(10)
    /// A copy of which nobody can tell whether the file has changed is used for so long.
    static let blindFreshness: Duration = .seconds(60)

    fileprivate struct State {
        var copy: RemoteCopy?
        var version: RemoteVersion?
        var looked: ContinuousClock.Instant?
    }

    private let remote: any RemoteFile
    private let copies: RemoteCopies
    private let source: DataSource
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - source: where the file is, and the login there.
    ///   - now: the clock; a test's moves by hand.
    init(
        _ remote: any RemoteFile, of source: DataSource, copies: RemoteCopies,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        (self.remote, self.source, self.copies, self.now) = (remote, source, copies, now)
    }

    func file(_ journal: StageJournal) async throws(SourceFailure) -> PlacedFile {
        if let kept = state.withLockedValue({ $0.kept(at: now()) }) { return placed(kept.0, kept.1) }
        let version = try await remote.look(journal)
        journal.enter(.open)
        if version.tells, let copy = state.withLockedValue({ $0.kept(as: version, at: now()) }) {
            return placed(copy, version)
        }
        let copy = try await copies.lease(source, version) { [remote] sink throws(SourceFailure) in
            try await remote.fetch(into: sink)
        } observer: {
            journal.note($0.words)
        }
        state.withLockedValue { $0 = State(copy: copy, version: version, looked: now()) }
        return placed(copy, version)
    }

    func look() async throws(SourceFailure) { _ = try await remote.look(StageJournal()) }

    func close() async {
        state.withLockedValue { $0 = State() }
        await remote.close()
    }

    private func placed(_ copy: RemoteCopy, _ version: RemoteVersion) -> PlacedFile {
        PlacedFile(
            url: copy.url, size: copy.size, modified: version.modified, copy: copy, sighting: remote.sighting)
    }
}

extension RemotePlace.State {
    /// The copy, as long as it need not be asked whether it is still the file.
    fileprivate func kept(at now: ContinuousClock.Instant) -> (RemoteCopy, RemoteVersion)? {
        guard let copy, let version, let looked else { return nil }
        let limit = version.tells ? RemotePlace.freshness : RemotePlace.blindFreshness
        return looked.duration(to: now) < limit ? (copy, version) : nil
    }

    /// The copy, if it is of this version.
    fileprivate mutating func kept(as version: RemoteVersion, at now: ContinuousClock.Instant) -> RemoteCopy? {
        guard let copy, version == self.version else { return nil }
        looked = now
        return copy
    }
}
