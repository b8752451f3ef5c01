import SourceModel
import Synchronization
import Testing

@Suite("A journal writes down what a test travels")
struct StageJournalTests {
    /// A clock that moves by hand.
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func pass(_ time: Duration) { instant.withLock { $0 = $0.advanced(by: time) } }
    }

    /// What an observer was told.
    private final class Ears: Sendable {
        private let events = Mutex<[StageJournal.Event]>([])
        var heard: [StageJournal.Event] { events.withLock { $0 } }
        func hear(_ event: StageJournal.Event) { events.withLock { $0.append(event) } }
    }

    private let clock = Clock()

    @Test("stages with their times, words and warnings")
    func passed() {
        let ears = Ears()
        let journal = StageJournal(now: { [clock] in clock.now }, observer: { ears.hear($0) })
        journal.enter(.resolve)
        clock.pass(.milliseconds(2))
        journal.note("db.test is 10.0.0.7")
        journal.enter(.dial)
        clock.pass(.milliseconds(3))
        journal.pass("10.0.0.7:5432")
        clock.pass(.milliseconds(5))
        let warning = Warning(.tlsUnverified, "x")
        journal.warn(warning)
        journal.warn(warning)
        let first = TestReport.Entry(
            stage: .resolve, ok: true, elapsed: .milliseconds(2), detail: "db.test is 10.0.0.7")
        let second = TestReport.Entry(stage: .dial, ok: true, elapsed: .milliseconds(3), detail: "10.0.0.7:5432")
        let report = TestReport(ok: true, elapsed: .milliseconds(10), warnings: [warning], stages: [first, second])
        #expect(journal.report() == report)
        #expect(ears.heard == [.entered(.resolve), .ended(first), .entered(.dial), .ended(second), .warned(warning)])
    }

    @Test("a stage that is entered again goes on, with one entry and all of its time")
    func enteredAgain() {
        let ears = Ears()
        let journal = StageJournal(now: { [clock] in clock.now }, observer: { ears.hear($0) })
        journal.enter(.login)
        clock.pass(.milliseconds(2))
        journal.enter(.login)
        clock.pass(.milliseconds(3))
        let login = TestReport.Entry(stage: .login, ok: true, elapsed: .milliseconds(5), detail: "")
        #expect(journal.report().stages == [login])
        #expect(ears.heard == [.entered(.login), .ended(login)])
    }

    @Test("what is seen in a stage that lasts is told at intervals, and once")
    func noted() {
        let ears = Ears()
        let journal = StageJournal(now: { [clock] in clock.now }, observer: { ears.hear($0) })
        let interval = StageJournal.notingInterval
        journal.enter(.open)
        journal.note("at once")
        clock.pass(interval)
        journal.note("10 % read")
        journal.note("11 % read")
        clock.pass(interval)
        journal.note("11 % read")
        journal.note("20 % read")
        let open = TestReport.Entry(stage: .open, ok: true, elapsed: interval * 2, detail: "20 % read")
        // Nobody hears of a stage that is not sure yet.
        journal.enter(.login, tentatively: true)
        clock.pass(interval)
        journal.note("unheard")
        journal.enter(.probe)
        journal.note("new stage, new interval")
        #expect(
            ears.heard == [
                .entered(.open), .noted(.open, "10 % read"), .noted(.open, "20 % read"), .ended(open), .entered(.probe),
            ])
    }

    @Test("the stage that failed, open or never entered", arguments: [Stage.tls, .login])
    func failed(_ stage: Stage) {
        let journal = StageJournal(now: { [clock] in clock.now })
        journal.enter(.tls)
        clock.pass(.milliseconds(4))
        #expect(journal.current == .tls)
        let report = journal.report(failure: SourceFailure(stage, .deadlineExceeded, "x", hint: "y"))
        #expect(!report.ok)
        #expect(report.stages.last?.stage == stage)
        #expect(report.stages.map(\.ok) == (stage == .tls ? [false] : [true, false]))
        #expect(journal.current == nil)
    }

    @Test("a tentative stage gives its time to the one that comes")
    func tentative() {
        let ears = Ears()
        let journal = StageJournal(now: { [clock] in clock.now }, observer: { ears.hear($0) })
        journal.enter(.login, tentatively: true)
        clock.pass(.milliseconds(3))
        #expect(journal.current == .login)
        journal.enter(.tls)
        clock.pass(.milliseconds(2))
        let entry = TestReport.Entry(stage: .tls, ok: true, elapsed: .milliseconds(5), detail: "")
        #expect(journal.report().stages == [entry])
        #expect(ears.heard == [.entered(.tls), .ended(entry)])
    }

    @Test("a failure in a tentative stage, or in another than that", arguments: [Stage.tls, .login])
    func tentativeFailure(_ stage: Stage) {
        let journal = StageJournal(now: { [clock] in clock.now })
        journal.enter(.tls, tentatively: true)
        clock.pass(.milliseconds(3))
        let report = journal.report(failure: SourceFailure(stage, .serverClosed, "x", hint: "y"))
        #expect(report.stages == [.init(stage: stage, ok: false, elapsed: .milliseconds(3), detail: "")])
    }

    @Test("a late verdict takes back the stages after it")
    func lateVerdict() {
        let journal = StageJournal(now: { [clock] in clock.now })
        journal.enter(.dial)
        journal.enter(.tls)
        journal.note("TLS 1.3")
        clock.pass(.milliseconds(3))
        journal.enter(.login)
        let report = journal.report(failure: SourceFailure(.tls, .tlsClientCertificateRejected, "x", hint: "y"))
        #expect(
            report.stages == [
                .init(stage: .dial, ok: true, elapsed: .zero, detail: ""),
                .init(stage: .tls, ok: false, elapsed: .milliseconds(3), detail: "TLS 1.3"),
            ])
    }
}
