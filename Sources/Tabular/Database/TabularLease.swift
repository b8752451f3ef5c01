import SourceModel
import Synchronization

/// The right to read a database, until it is released or forgotten.
package final class TabularLease: Sendable {
    private let contents: TabularContents
    /// The tables that the file was read into, in the file's order; one at least.
    package var tables: [TabularTable] { contents.tables }
    /// How the file is written, in a few words.
    package var summary: String { contents.summary }
    /// The content that was read.
    package var identity: FileIdentity { key.identity }
    /// The database's file.
    let path: String

    private let cache: TabularCache
    private let key: TabularCache.Key
    private let isReleased = Atomic<Bool>(false)

    init(_ cache: TabularCache, _ key: TabularCache.Key, _ ready: TabularCache.Ready) {
        (self.cache, self.key) = (cache, key)
        (contents, path) = (ready.contents, ready.path)
    }

    deinit { release() }

    /// Gives the database back; no statement may run on it any more. May be called again.
    package func release() {
        guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
        cache.release(key, path: path)
    }
}
