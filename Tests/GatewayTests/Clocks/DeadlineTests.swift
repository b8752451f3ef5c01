import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("The deadline of a test")
struct DeadlineTests {
    private static func source(behind bastion: Bool = false) -> DataSource {
        let scheme: SecurityScheme =
            bastion
            ? .ssh(
                Bastion(
                    host: "bastion.test", port: 22, username: "joe", credentials: .password(Secret("x")), hostKey: nil),
                .forwarded, .plain)
            : .direct(.plain)
        return DataSource(
            driver: .postgres, endpoint: Endpoint(host: "db.test", port: 5432),
            login: SourceModel.Login(username: "ann", password: nil), database: nil, scheme: scheme,
            options: SourceOptions())
    }

    /// Runs an operation that hangs in a stage, lets the time run out and gives the failure.
    private func failure(in stage: Stage?, of source: DataSource, _ deadline: Duration) async throws -> SourceFailure {
        let clock = HandClock()
        let journal = StageJournal()
        let gate = Gate()
        let task = Task { () async -> SourceFailure? in
            do throws(SourceFailure) {
                try await withDeadline(deadline, of: source, journal: journal, timing: clock.timing) {
                    () async throws(SourceFailure) in
                    if let stage { journal.enter(stage) }
                    guard await gate.pass() else {
                        // What an operation says that was given up is not what the caller is told.
                        throw SourceFailure(.probe, .probeFailed, "Given up.", hint: "Nothing to do.")
                    }
                }
                return nil
            } catch {
                return error
            }
        }
        try await clock.isAwaited(deadline)
        try await eventually("the operation hangs") { gate.waiting == 1 }
        clock.advance(by: deadline)
        return try #require(await task.value)
    }

    @Test(
        "Each stage in which the time runs out has its code and a hint",
        arguments: [
            (Stage.resolve, FailureCode.resolveTimeout, "host"), (.dial, .dialTimeout, "host and port"),
            (.sshHandshake, .sshTimeout, "sshHost"), (.sshHostKey, .sshTimeout, "sshHost"),
            (.sshAuth, .sshTimeout, "sshHost"), (.sshForward, .sshTimeout, "sshHost"),
            (.tls, .deadlineExceeded, "port"), (.login, .deadlineExceeded, "port"),
            (.database, .deadlineExceeded, "port"), (.probe, .probeTimeout, "timeout"),
            (.schema, .schemaUnavailable, "load"), (.open, .deadlineExceeded, "timeout"),
            (.validate, .deadlineExceeded, "timeout"),
        ])
    func stages(stage: Stage, code: FailureCode, field: String) async throws {
        let failure = try await failure(in: stage, of: Self.source(), .seconds(7))
        #expect(failure.stage == stage)
        #expect(failure.code == code)
        #expect(failure.message.contains("db.test:5432"))
        #expect(failure.message.contains("within 7 s"))
        #expect(failure.hint.contains(field))
    }

    @Test("Before any stage the failure says so too")
    func noStage() async throws {
        let failure = try await failure(in: nil, of: Self.source(), .seconds(1))
        #expect(failure.stage == .validate)
        #expect(failure.code == .deadlineExceeded)
    }

    @Test("With an SSH host, resolving and dialling are about that host", arguments: [Stage.resolve, .dial])
    func bastion(stage: Stage) async throws {
        let failure = try await failure(in: stage, of: Self.source(behind: true), .seconds(1))
        #expect(failure.message.contains("bastion.test:22"))
        #expect(!failure.message.contains("db.test"))
    }

    @Test("What ends in time keeps its outcome")
    func inTime() async throws {
        let clock = HandClock()
        let value = try await withDeadline(
            .seconds(1), of: Self.source(), journal: StageJournal(), timing: clock.timing
        ) { () async throws(SourceFailure) in 7 }
        #expect(value == 7)
        await #expect(throws: SourceFailure.refused) {
            try await withDeadline(.seconds(1), of: Self.source(), journal: StageJournal(), timing: clock.timing) {
                () async throws(SourceFailure) in throw SourceFailure.refused
            }
        }
    }

    @Test("A success at the last moment is a success: what was opened is not left lying")
    func lastMoment() async throws {
        let clock = HandClock()
        let gate = Gate()
        let task = Task {
            try await withDeadline(.seconds(1), of: Self.source(), journal: StageJournal(), timing: clock.timing) {
                () async throws(SourceFailure) in
                await gate.pass()
                return 7
            }
        }
        try await eventually("the operation runs") { gate.waiting == 1 }
        try await clock.pass(.seconds(1))
        #expect(try await task.value == 7)
    }

    @Test("The caller's own cancellation ends the operation")
    func cancelled() async throws {
        let clock = HandClock()
        let gate = Gate()
        let task = Task {
            try await withDeadline(.seconds(1), of: Self.source(), journal: StageJournal(), timing: clock.timing) {
                () async throws(SourceFailure) in
                guard await gate.pass() else { throw SourceFailure.refused }
            }
        }
        try await eventually("the operation runs") { gate.waiting == 1 }
        task.cancel()
        await #expect(throws: SourceFailure.self) { try await task.value }
    }
}
