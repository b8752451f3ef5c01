import NIOConcurrencyHelpers
import Results
import SourceModel

/// The rows of a statement, page by page. One page is in memory at a time.
final class RESTRows: RowSource {
    typealias Fetcher = @Sendable (String) async throws(SourceFailure) -> RESTPage

    private struct Progress {
        /// The page that is being given out; nil while none is here.
        var page: RESTPage?
        var position = 0
        /// The target of the page that comes next, where no page is here; nil after the last one.
        var waiting: String?
        var pages: RESTPages
    }

    /// Bytes of rows that are given out at one time, about.
    private static let batch = 256 << 10

    let columns: [ResultColumn]
    private let layout: RESTColumns
    private let statement: Statement
    private let fetch: Fetcher
    /// Touched by the one task that reads; the lock only says so to the compiler.
    private let progress: NIOLockedValueBox<Progress>

    /// - Parameters:
    ///   - first: the first page that has rows; nil where none has.
    ///   - waiting: without such a page, the target that would come next.
    init(
        _ first: RESTPage?, waiting: String?, pages: RESTPages, columns: RESTColumns, statement: Statement,
        fetch: @escaping Fetcher
    ) {
        self.columns = columns.columns
        layout = columns
        self.statement = statement
        self.fetch = fetch
        progress = NIOLockedValueBox(Progress(page: first, waiting: waiting, pages: pages))
    }

    func encodeNext(into encoder: inout RowEncoder) async throws(SourceFailure) -> Bool {
        // Taken out, so that a page is not kept here while the next one comes.
        var now = progress.withLockedValue { progress in
            defer { (progress.page, progress.waiting) = (nil, nil) }
            return progress
        }
        let start = encoder.pendingBytes
        while true {
            if let page = now.page {
                guard try encode(page, from: &now.position, since: start, into: &encoder) else {
                    guard encoder.statistics.cut == nil else { return false }
                    progress.withLockedValue { [now] in $0 = now }
                    return true
                }
                now.waiting = try now.pages.target(after: page)
                now.page = nil
                guard now.waiting != nil else { return false }
                // What is encoded goes out before the next page is waited for.
                if encoder.pendingBytes > start {
                    progress.withLockedValue { [now] in $0 = now }
                    return true
                }
            }
            guard let target = now.waiting else { return false }
            if let cut = limit(now.pages, encoder) {
                encoder.cut(cut)
                return false
            }
            now.page = try await fetch(target)
            now.position = 0
        }
    }

    /// Writes the rows of a page.
    ///
    /// - Returns: false where it stopped before the last one: a limit was met, or there is enough for one time.
    private func encode(
        _ page: RESTPage, from position: inout Int, since start: Int, into encoder: inout RowEncoder
    ) throws(SourceFailure) -> Bool {
        while position < page.rows.count {
            if encoder.statistics.rows >= statement.rowLimit {
                encoder.cut(.rows)
                return false
            }
            if encoder.totalBytes + encoder.pendingBytes > statement.byteLimit {
                encoder.cut(.bytes)
                return false
            }
            if encoder.pendingBytes - start >= Self.batch { return false }
            try layout.write(page.rows[position], of: page.document, to: &encoder)
            position += 1
        }
        return true
    }

    /// The limit that keeps the next page from being fetched.
    private func limit(_ pages: RESTPages, _ encoder: RowEncoder) -> ResultStatistics.Cut? {
        if encoder.totalBytes + encoder.pendingBytes > statement.byteLimit { return .bytes }
        return pages.isAtLimit ? .pages : nil
    }
}
