import Synchronization

/// Writes down the stages of one test as they are travelled; safe to use from event loops, threads and tasks.
package final class StageJournal: Sendable {
    /// What an observer of a running test is told.
    package enum Event: Sendable, Equatable {
        case entered(Stage)
        /// What is seen in a stage that lasts, at most every `StageJournal.notingInterval`.
        case noted(Stage, String)
        case ended(TestReport.Entry)
        case warned(Warning)
    }

    private struct Pages {
        var entries: [TestReport.Entry] = []
        var warnings: [Warning] = []
        var open: (stage: Stage, since: ContinuousClock.Instant, detail: String, isTentative: Bool)?
        /// When the open stage was entered, or was last told of.
        var told: ContinuousClock.Instant?

        /// Opens a stage and gives the entry of the one that ended by it.
        mutating func enter(_ stage: Stage, tentatively: Bool, at instant: ContinuousClock.Instant) -> TestReport.Entry?
        {
            var since = instant
            var ended: TestReport.Entry?
            if let open, open.isTentative {
                since = open.since
            } else {
                ended = end(at: instant, ok: true)
            }
            open = (stage, since, "", tentatively)
            told = instant
            return ended
        }

        /// Writes a detail down and gives the stage where its observer is to be told.
        mutating func note(_ detail: String, at instant: ContinuousClock.Instant) -> Stage? {
            guard let stage = open?.stage, open?.detail != detail else { return nil }
            open?.detail = detail
            guard open?.isTentative == false, let told, told.duration(to: instant) >= StageJournal.notingInterval else {
                return nil
            }
            self.told = instant
            return stage
        }

        /// Marks the failure's stage. A verdict on an earlier stage can come late, as TLS 1.3 servers refuse a client
        /// certificate after the handshake: then nothing that followed has passed.
        mutating func fail(_ stage: Stage, at instant: ContinuousClock.Instant) -> TestReport.Entry? {
            if let open, open.stage == stage { return end(at: instant, ok: false) }
            if let index = entries.lastIndex(where: { $0.stage == stage }) {
                entries[index].ok = false
                entries.removeSubrange((index + 1)...)
                open = nil
                return entries[index]
            }
            let since = open.flatMap { $0.isTentative ? $0.since : nil } ?? instant
            if open?.isTentative == false { _ = end(at: instant, ok: true) }
            open = nil
            entries.append(
                TestReport.Entry(stage: stage, ok: false, elapsed: since.duration(to: instant), detail: ""))
            return entries.last
        }

        mutating func end(at instant: ContinuousClock.Instant, ok: Bool) -> TestReport.Entry? {
            guard let open else { return nil }
            let entry = TestReport.Entry(
                stage: open.stage, ok: ok, elapsed: open.since.duration(to: instant), detail: open.detail)
            entries.append(entry)
            self.open = nil
            return entry
        }
    }

    /// Between two events about one stage: what changes faster nobody can read.
    package static let notingInterval = Duration.milliseconds(250)

    private let started: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant
    private let observer: (@Sendable (Event) -> Void)?
    private let pages = Mutex(Pages())

    /// - Parameters:
    ///   - now: the clock; a test's moves by hand.
    ///   - observer: told of each stage as it is entered, lasts and ends, outside the journal's lock.
    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        observer: (@Sendable (Event) -> Void)? = nil
    ) {
        self.now = now
        self.observer = observer
        started = now()
    }

    /// Begins a stage. Another one that is still open ends as passed; the same one goes on.
    ///
    /// - Parameter tentatively: whether it is not sure yet that this stage comes next, as while a server is asked for
    ///   TLS. What waits then counts for this stage; if another one is entered its time goes over to that one, and
    ///   nobody hears of this one.
    package func enter(_ stage: Stage, tentatively: Bool = false) {
        let instant = now()
        let (isNew, ended) = pages.withLock { pages -> (Bool, TestReport.Entry?) in
            // A driver says that it logs in, and its wire says so again: that is one stage.
            if let open = pages.open, open.stage == stage, !open.isTentative { return (false, nil) }
            return (true, pages.enter(stage, tentatively: tentatively, at: instant))
        }
        guard isNew else { return }
        if let ended { observer?(.ended(ended)) }
        if !tentatively { observer?(.entered(stage)) }
    }

    /// Says what is seen in the open stage; the last words stand.
    package func note(_ detail: String) {
        let instant = now()
        if let stage = pages.withLock({ $0.note(detail, at: instant) }) { observer?(.noted(stage, detail)) }
    }

    /// Ends the open stage as passed.
    package func pass(_ detail: String? = nil) {
        end(ok: true, detail: detail)
    }

    /// Adds a warning; the same one twice is kept once.
    package func warn(_ warning: Warning) {
        let isNew = pages.withLock { pages in
            let isNew = !pages.warnings.contains(warning)
            if isNew { pages.warnings.append(warning) }
            return isNew
        }
        if isNew { observer?(.warned(warning)) }
    }

    /// The stage that is open now.
    package var current: Stage? { pages.withLock { $0.open?.stage } }

    /// Ends the test and tells what was seen. A failure's stage is marked as failed, also where it was never entered.
    package func report(failure: SourceFailure? = nil) -> TestReport {
        let instant = now()
        let (report, ended) = pages.withLock { pages -> (TestReport, TestReport.Entry?) in
            let ended = failure.map { pages.fail($0.stage, at: instant) } ?? pages.end(at: instant, ok: true)
            let report = TestReport(
                ok: failure == nil, elapsed: started.duration(to: instant), warnings: pages.warnings,
                stages: pages.entries)
            return (report, ended)
        }
        if let ended { observer?(.ended(ended)) }
        return report
    }

    private func end(ok: Bool, detail: String?) {
        let instant = now()
        let ended = pages.withLock { pages in
            if let detail { pages.open?.detail = detail }
            return pages.end(at: instant, ok: ok)
        }
        if let ended { observer?(.ended(ended)) }
    }
}
