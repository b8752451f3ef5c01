import SourceModel
import Testbed
import Testing

/// One fault after the other: what each leaves behind is counted in one service.
@Suite("Every fault is recognised and leaves nothing behind", .serialized, .enabled(if: SSHServer.availability == nil))
struct FaultTests {
    static let all =
        Fault.ofBodies + Fault.ofTheWay + Fault.ofSSH + Database.Kind.here.flatMap { Fault.ofTLS($0) }
        + Database.Kind.here.flatMap { Fault.ofLogins($0) } + Fault.ofPeers + Fault.ofFiles
        + Fault.ofSQLServer

    @Test("A fault is told by stage and code, within the deadline, and nothing is stored or left open", arguments: all)
    func fault(fault: Fault) async throws {
        let ground = try await FaultGround.get()
        let service = ground.service
        let scene: Scene
        do {
            scene = try await fault.scene(ground)
        } catch let error as Unavailable {
            try ReportTable(fault.table).record(row: fault.name, column: "told", .notRun(error.reason))
            return
        }
        let before = try await Holdings(of: service)
        let guests = try await scene.guests()

        let query = fault.timeout.map { "?timeout=\($0)" } ?? ""
        let answer = try await service.call("POST /datasources\(query)", scene.body)
        let json = try answer.json
        let told = "\(json["error"]["stage"].text ?? "none") \(json["error"]["code"].text ?? "none")"
        let expected = "\(fault.stage) \(fault.code)"
        let passed = told == expected && answer.status == fault.status
        try ReportTable(fault.table).record(
            row: fault.name, column: "told", passed ? .passed(told) : .failed("\(told), not \(expected)"))
        #expect(told == expected, "\(answer)")
        #expect(answer.status == fault.status)
        #expect(json["code"].number == Double(fault.status))
        #expect(json["message"].text?.isEmpty == false)
        #expect(json["error"]["hint"].text?.isEmpty == false)
        if fault.status == 422 { check(json, fault) }

        try await eventually("\(fault.name): nothing is left at the other side") {
            try await scene.guests() <= guests
        }
        try await leavesNothing(service, before, fault)
        try await scene.end()
    }

    @Test("Every code of the contract is produced, here or by the tests that are named")
    func completeness() {
        // Look-ups that nobody answers need a machine's name service of their own: see `SilentNameServerTests`. Statements
        // and schemas fail on sources that are connected: see `Queries`.
        // Replica sets are MongoDB's: see `MongoFaultTests` and `MongoTopologyTests`. A web server's refusals, which can be
        // a statement's, too: see `RemoteFileTests` and `RESTTests`.
        let elsewhere = Set(
            FailureCode.allCases.filter {
                $0 == .resolveTimeout || $0.isAboutStatement || $0 == .replicaSetMismatch || $0 == .noSuitableMember
            })
        let produced = Set(Self.all.compactMap { FailureCode(rawValue: $0.code) })
        #expect(Set(FailureCode.allCases).subtracting(produced).subtracting(elsewhere) == [])
    }

    /// The report of a failed test ends with the stage that failed, and within the deadline.
    private func check(_ json: JSON, _ fault: Fault) {
        let report = json["report"]
        #expect(report["ok"].flag == false)
        let stages = report["stages"].list
        #expect(stages.last?["stage"].text == fault.stage)
        #expect(stages.last?["ok"].flag == false)
        #expect(stages.dropLast().allSatisfy { $0["ok"].flag == true })
        // The deadline is the product's promise, not a measure of speed; a second is for the machine.
        #expect((report["elapsed_ms"].number ?? .infinity) < Double(1000 * (1 + (fault.timeout ?? 10))))
    }

    private func leavesNothing(_ service: WellheadService, _ before: Holdings, _ fault: Fault) async throws {
        var after = before
        do {
            try await eventually("nothing is left") {
                after = try await Holdings(of: service)
                // A thread of a pool that was not there before may stay; sockets and descriptors may not.
                return after.records == before.records && after.connections <= before.connections
                    && after.descriptors <= before.descriptors && after.threads <= before.threads + 4
            }
        } catch {
            Issue.record("\(fault.name) left something: \(before) became \(after)")
        }
    }
}
