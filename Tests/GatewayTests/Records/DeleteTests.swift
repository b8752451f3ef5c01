import Drivers
import Registry
import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("Deleting a data source")
struct DeleteTests {
    @Test("It is disconnected, and a tombstone stays")
    func delete() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            try await house.gateway.delete(view.record.id, by: "grace")
            try await house.until(sessions: 0)
            #expect(try await house.gateway.records().isEmpty)
            #expect(try await house.gateway.tombstones().map(\.deletedBy) == ["grace"])
            await expect("notFound") { try await house.gateway.status(view.record.id) }
        }
    }

    @Test("Deleted while a change is being tested, it stays deleted and nothing is connected")
    func whileTested() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            let update = Task { try await house.update(view, [.host: .text("gated.test")]) }
            try await eventually("the change is being tested") { house.names.gate.waiting == 1 }
            try await house.gateway.delete(view.record.id, by: "ada")
            house.names.gate.open()
            await expect("notFound") { try await update.value }
            #expect(try await house.registry.record(view.record.id) == nil)
            #expect(house.gateway.liveSource(view.record.id) == nil)
            try await house.until(sessions: 0)
        }
    }

    @Test("Deleted after a change was stored and before it is connected, it is not connected again")
    func beforeAdoption() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            let source = try view.record.draft.validated()
            let session = try await house.gateway.drivers.open(source, for: .pool, journal: StageJournal())
            try await house.gateway.delete(view.record.id, by: "ada")
            await house.gateway.adopt(session, for: view.record.id, revision: 2, source: source)
            #expect(house.gateway.liveSource(view.record.id) == nil)
            try await house.until(sessions: 0)
        }
    }

    @Test("A session that an older change brings does not take the place of a newer one")
    func olderRevision() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            let changed = try await house.update(view, [.name: .text("newer")])
            try await house.until(sessions: 1)
            let newest = try await house.sessions()
            let source = try view.record.draft.validated()
            let session = try await house.gateway.drivers.open(source, for: .pool, journal: StageJournal())
            await house.gateway.adopt(session, for: view.record.id, revision: 1, source: source)
            try await eventually("the older session is closed") { try await house.sessions() == newest }
            #expect(house.gateway.liveSource(view.record.id)?.revision == changed.record.revision)
        }
    }
}
