import Foundation
import Registry
import SourceModel
import Testing
import Vault

@Suite("Records at rest")
struct RecordsTests {
    private let house = House()

    @Test("A record comes back exactly as it was, also after the registry was closed and opened again")
    func roundTrip() async throws {
        let records = (1...3).map { Sample.record($0) }
        let first = try house.open()
        for record in records.reversed() { try await first.insert(record) }
        #expect(try await first.record(records[0].id) == records[0])
        try first.close()
        let second = try house.open()
        let loaded = try await second.records()
        #expect(loaded.records == records)
        #expect(loaded.unreadable.isEmpty)
        let labels = try await second.labels()
        #expect(labels.map(\.id) == records.map(\.id))
        #expect(labels.map(\.name) == records.map(\.name))
        #expect(labels.map(\.driver) == records.map { $0.draft.text(.driver) ?? "" })
        #expect(labels.map(\.isPublished) == records.map { $0.publishedAt != nil })
        try second.close()
    }

    @Test("A record that is not there is none")
    func absent() async throws {
        #expect(try await house.open().record(RecordID("absent")) == nil)
    }

    @Test("A secret sent as plain text is sealed like any other")
    func secretAsText() async throws {
        let registry = try house.open()
        var record = Sample.record(1)
        record.draft.values[.password] = .text("MARK-as-text")
        try await registry.insert(record)
        #expect(try await registry.record(record.id)?.draft.secret(.password) == Secret("MARK-as-text"))
        #expect(try house.files(with: "MARK-as-text").isEmpty)
    }

    @Test("A name that is taken is refused and nothing is stored")
    func nameTaken() async throws {
        let registry = try house.open()
        let first = Sample.record(1, name: "shop"), second = Sample.record(2, name: "shop")
        try await registry.insert(first)
        await #expect(throws: RegistryError.nameTaken("shop")) { try await registry.insert(second) }
        let third = Sample.record(3)
        try await registry.insert(third)
        let renamed = third.named("shop")
        await #expect(throws: RegistryError.nameTaken("shop")) { try await registry.update(renamed, expecting: 1) }
        #expect(try await registry.records().records.map(\.name) == ["shop", "source 3"])
    }

    @Test("An identifier that is taken is not a name that is taken")
    func identifierTaken() async throws {
        let registry = try house.open()
        let record = Sample.record(1)
        try await registry.insert(record)
        let other = record.named("another")
        let error = await #expect(throws: RegistryError.self) { try await registry.insert(other) }
        guard case .storage = error else {
            Issue.record("refused as \(String(describing: error))")
            return
        }
    }

    @Test("Of many that insert one name at once, one wins", arguments: [2, 32])
    func race(count: Int) async throws {
        // Two handles, as two processes have them.
        let registries = [try house.open(), try house.open()]
        let outcomes = await withTaskGroup(of: Result<Void, RegistryError>.self) { group in
            for number in 1...count {
                group.addTask {
                    do throws(RegistryError) {
                        return .success(
                            try await registries[number % 2].insert(Sample.record(number, name: "one")))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var won = 0
        for outcome in outcomes {
            switch outcome {
            case .success: won += 1
            case .failure(let error): #expect(error == .nameTaken("one"))
            }
        }
        #expect(won == 1)
        #expect(try await registries[0].records().records.count == 1)
    }

    @Test("A change is stored under the next revision, and of two on one revision the second is refused")
    func optimistic() async throws {
        let registry = try house.open()
        let record = Sample.record(1)
        try await registry.insert(record)
        var changed = record
        changed.name = "renamed"
        changed.draft.values[.password] = .secret(Secret("changed"))
        changed.draft.values[.keyfile] = nil
        changed.publishedAt = nil
        try await registry.update(changed, expecting: 1)
        await #expect(throws: RegistryError.changedMeanwhile(record.id)) {
            try await registry.update(record, expecting: 1)
        }
        changed.revision = 2
        #expect(try await registry.record(record.id) == changed)
    }

    @Test("Of many changes to one revision, one wins")
    func concurrentUpdates() async throws {
        let registry = try house.open()
        let record = Sample.record(1)
        try await registry.insert(record)
        let won = await withTaskGroup(of: Bool.self) { group in
            for number in 1...16 {
                group.addTask {
                    var changed = record
                    changed.updatedBy = "caller \(number)"
                    do throws(RegistryError) {
                        try await registry.update(changed, expecting: 1)
                        return true
                    } catch {
                        #expect(error == .changedMeanwhile(record.id))
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
        #expect(try await registry.record(record.id)?.revision == 2)
    }

    @Test("What is not there can be neither changed nor deleted")
    func notFound() async throws {
        let registry = try house.open()
        let record = Sample.record(1)
        await #expect(throws: RegistryError.notFound(record.id)) { try await registry.update(record, expecting: 1) }
        await #expect(throws: RegistryError.notFound(record.id)) {
            try await registry.delete(record.id, by: "ada", at: Sample.day)
        }
        #expect(try await registry.tombstones().isEmpty)
    }

    @Test("A deleted record leaves a tombstone, and its name is free again")
    func tombstone() async throws {
        let registry = try house.open()
        let record = Sample.record(1, name: "shop")
        try await registry.insert(record)
        let date = Sample.day.addingTimeInterval(60)
        try await registry.delete(record.id, by: "grace", at: date)
        let expected = Tombstone(
            id: record.id, name: "shop", driver: .postgres, createdAt: record.createdAt, createdBy: "ada",
            deletedAt: date, deletedBy: "grace")
        #expect(try await registry.tombstones() == [expected])
        #expect(try await registry.record(record.id) == nil)
        try await registry.insert(Sample.record(2, name: "shop"))
        try registry.close()
        #expect(try await house.open().tombstones() == [expected])
    }

    @Test("A write whose task was cancelled still tells its outcome")
    func cancelled() async throws {
        let registry = try house.open()
        let record = Sample.record(1)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await registry.insert(record)
        }
        try await task.value
        #expect(try await registry.record(record.id) == record)
    }

    @Test("A closed registry refuses, and does not crash")
    func closed() async throws {
        let registry = try house.open()
        try registry.close()
        await #expect(throws: RegistryError.self) { try await registry.insert(Sample.record(1)) }
        await #expect(throws: RegistryError.self) { try await registry.delete(RecordID("x"), by: "a", at: Sample.day) }
        await #expect(throws: RegistryError.self) { try await registry.records() }
    }
}
