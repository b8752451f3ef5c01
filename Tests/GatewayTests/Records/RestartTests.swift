import Drivers
import Logging
import Registry
import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("A gateway that starts again")
struct RestartTests {
    @Test("What was connected is connected again, drafts and deleted ones are not")
    func start() async throws {
        try await GatewayHouse.run { house in
            let kept = try await house.create(house.draft([.name: .text("kept")]))
            let draft = try await house.create(house.draft([.name: .text("draft")]), connect: false)
            let gone = try await house.create(house.draft([.name: .text("gone")]))
            try await house.gateway.delete(gone.record.id, by: "ada")
            try await house.until(sessions: 1)
            let second = Gateway(drivers: house.gateway.drivers, registry: house.registry, logger: house.gateway.logger)
            try await second.start()
            // Nothing is connected before it runs: a start does not wait for anybody's server.
            #expect(try await second.status(kept.record.id).status == .reconnecting)
            #expect(try await second.status(draft.record.id).status == .draft)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await second.run() }
                defer { group.cancelAll() }
                try await eventually("it is connected") {
                    try await second.status(kept.record.id).status == .connected
                }
                try await house.until(sessions: 2)
            }
            try await house.until(sessions: 1)
        }
    }
}
