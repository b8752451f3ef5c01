import Drivers
import Registry
import SourceModel
import Testbed
import Testing

@testable import Gateway

@Suite("Changing a data source")
struct UpdateTests {
    @Test("The old connection serves until the new one has passed its test, then it is closed")
    func swap() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            let old = try await house.sessions()
            let newName = house.mark + " new"
            let update = Task {
                try await house.update(
                    view, [.host: .text("gated.test"), .options: .options(["applicationName": .text(newName)])])
            }
            try await eventually("the new one is being tested") { house.names.gate.waiting == 1 }
            #expect(try await house.sessions() == old)
            #expect(try await house.gateway.status(view.record.id).status == .connected)
            try await house.gateway.liveSource(view.record.id)?.withSession { try await $0.ping() }

            house.names.gate.open()
            let changed = try await update.value
            #expect(changed.status == .connected)
            #expect(changed.record.revision == view.record.revision + 1)
            #expect(changed.record.updatedBy == "grace")
            #expect(changed.record.createdBy == "ada")
            #expect(try await house.registry.record(view.record.id) == changed.record)
            try await house.until(sessions: 0)
            #expect(try await house.sessions(named: newName).count == 1)
            #expect(house.logins(named: newName) == 1)
            try await house.gateway.liveSource(view.record.id)?.withSession { try await $0.ping() }
            try await house.gateway.delete(view.record.id, by: "ada")
            try await house.until(sessions: 0, named: newName)
        }
    }

    @Test(
        "A change that fails changes nothing: the old record is stored and the old connection serves",
        arguments: [
            (Field.password, FieldValue.secret(Secret("wrong")), "failed"), (.database, .text("missing"), "failed"),
            (.port, .text("http"), "invalid"), (.name, .text("taken"), "nameTaken"),
        ])
    func failed(field: Field, value: FieldValue, error: String) async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            _ = try await house.create(house.draft([.name: .text("taken")]), connect: false)
            let old = try await house.sessions()
            await expect(error) { try await house.update(view, [field: value]) }
            #expect(try await house.registry.record(view.record.id) == view.record)
            try await eventually("only the old session is there") { try await house.sessions() == old }
            try await house.gateway.liveSource(view.record.id)?.withSession { try await $0.ping() }
        }
    }

    @Test("What was not sent stays, also the secrets")
    func partial() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            let changed = try await house.update(view, [.name: .text("renamed")])
            #expect(changed.record.draft == view.record.draft)
            #expect(changed.record.name == "renamed")
            try await house.until(sessions: 1)
        }
    }

    @Test("A draft that passes its test is published and connected")
    func publish() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft(), connect: false)
            let changed = try await house.update(view, [:])
            #expect(changed.status == .connected)
            #expect(changed.record.publishedAt != nil)
            #expect(try await house.sessions().count == 1)
        }
    }

    @Test("A change that is based on another revision is refused before anything is dialled")
    func conflict() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            let changed = try await house.update(view, [.name: .text("first")], expecting: 1)
            await expect("changedMeanwhile") {
                try await house.update(changed, [.host: .text("gated.test")], expecting: 1)
            }
            #expect(house.names.gate.waiting == 0)
            #expect(try await house.gateway.record(view.record.id).record.name == "first")
        }
    }

    @Test("Of two changes at one time the one that is stored later is refused, and its session closed")
    func race() async throws {
        try await GatewayHouse.run { house in
            let view = try await house.create(house.draft())
            let slow = Task { try await house.update(view, [.host: .text("gated.test")]) }
            try await eventually("the slow one is being tested") { house.names.gate.waiting == 1 }
            let quick = try await house.update(view, [.name: .text("quick")])
            house.names.gate.open()
            await expect("changedMeanwhile") { try await slow.value }
            #expect(try await house.registry.record(view.record.id) == quick.record)
            try await house.until(sessions: 1)
        }
    }

    @Test("A record that is not there cannot be changed, tested, shown or deleted")
    func absent() async throws {
        try await GatewayHouse.run { house in
            let id = RecordID("absent")
            let gateway = house.gateway
            await expect("notFound") { try await gateway.record(id) }
            await expect("notFound") { try await gateway.status(id) }
            await expect("notFound") { try await gateway.test(id, deadline: .seconds(1)) }
            await expect("notFound") { try await gateway.delete(id, by: "ada") }
            await expect("notFound") {
                try await gateway.update(
                    id, with: DataSourceDraft(), by: "ada", expecting: nil, deadline: .seconds(1))
            }
        }
    }
}
