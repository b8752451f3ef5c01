import Registry
import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("Creating a data source")
struct CreateTests {
    @Test("It is stored and connected by the very session that passed the test: one login, not two")
    func adopted() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft([.name: .text("shop")]))
            #expect(view.status == .connected)
            #expect(view.record.name == "shop")
            #expect(view.record.createdBy == "ada")
            #expect(view.record.publishedAt != nil)
            #expect(try await house.registry.record(view.record.id) == view.record)
            #expect(try await house.sessions().count == 1)
            let status = try await house.gateway.status(view.record.id)
            #expect(status.status == .connected)
            #expect(status.open == 1 && status.idle == 1)
            #expect(status.serverVersion?.hasPrefix("PostgreSQL") == true)
            // The server notes a login before it answers it.
            #expect(house.logins() == 1)
        }
    }

    @Test("A test that fails stores nothing and leaves no session")
    func failed() async throws {
        try await GatewayHouse.run { house in
            let draft = house.draft([.password: .secret(Secret("wrong"))])
            do throws(GatewayError) {
                _ = try await house.gateway.create(draft, connect: true, by: "ada", deadline: GatewayHouse.deadline)
                Issue.record("a wrong password passed")
            } catch {
                guard case .failed(let failure, let report) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(failure.code == .loginFailed)
                #expect(report.ok == false)
                #expect(report.stages.map(\.stage) == [.resolve, .dial, .login])
            }
            #expect(try await house.gateway.records().isEmpty)
            try await house.until(sessions: 0)
        }
    }

    @Test("A name that is taken is refused, and the session that passed the test is closed")
    func nameTaken() async throws {
        try await GatewayHouse.run { house in
            _ = try await house.create(house.draft([.name: .text("shop")]))
            await expect("nameTaken(\"shop\")") { try await house.create(house.draft([.name: .text("shop")])) }
            try await house.until(sessions: 1)
            #expect(try await house.gateway.records().count == 1)
        }
    }

    @Test("A draft is stored untested, and nothing is dialled")
    func draft() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft([.host: .text("gated.test")]), connect: false)
            #expect(view.status == .draft)
            #expect(view.record.publishedAt == nil)
            #expect(house.names.gate.waiting == 0)
            #expect(try await house.gateway.status(view.record.id).status == .draft)
            #expect(try await house.sessions().isEmpty)
        }
    }

    @Test("Fields that cannot be used are refused before anything is dialled")
    func invalid() async throws {
        try await GatewayHouse.run { house in
            let draft = house.draft([.host: .text("gated.test"), .port: .text("http")])
            await expect("invalid") { try await house.create(draft) }
            #expect(house.names.gate.waiting == 0)
        }
    }

    @Test("A test that stores nothing leaves nothing connected, whether it passed or not", arguments: [true, false])
    func test(passes: Bool) async throws {
        try await GatewayHouse.run { house in
            let draft = house.draft(passes ? [:] : [.database: .text("missing")])
            let outcome = try await house.gateway.test(draft, deadline: GatewayHouse.deadline)
            #expect(outcome.report.ok == passes)
            #expect(outcome.failure?.code == (passes ? nil : .databaseNotFound))
            try await house.until(sessions: 0)
            #expect(try await house.gateway.records().isEmpty)
        }
    }

    @Test("A caller who leaves while the test runs leaves nothing behind")
    func abandoned() async throws {
        try await GatewayHouse.run { house in
            let task = Task { try await house.create(house.draft([.host: .text("gated.test")])) }
            try await eventually("the name is looked up") { house.names.gate.waiting == 1 }
            task.cancel()
            await expect("failed") { try await task.value }
            #expect(try await house.gateway.records().isEmpty)
        }
    }

    @Test("Of a service that is ending no session is left, also where the test ends after it")
    func afterTheEnd() async throws {
        var late: Task<RecordView, any Error>?
        var house: GatewayHouse?
        try await GatewayHouse.run { current in
            house = current
            let task = Task { try await current.create(current.draft([.host: .text("gated.test")])) }
            try await eventually("the name is looked up") { current.names.gate.waiting == 1 }
            late = task
            // The gateway's end, while the test goes on.
            current.gateway.shutDown()
            current.names.gate.open()
            _ = try await task.value
        }
        #expect(try await late?.value.record.name != nil)
        #expect(try await house?.sessions().isEmpty == true)
    }
}

/// Expects an error of the gateway that begins with these words.
func expect<Value>(
    _ words: String, _ body: () async throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
) async {
    do {
        _ = try await body()
        Issue.record("it succeeded, where \(words) was due", sourceLocation: sourceLocation)
    } catch {
        #expect("\(error)".hasPrefix(words), "\(error)", sourceLocation: sourceLocation)
    }
}
