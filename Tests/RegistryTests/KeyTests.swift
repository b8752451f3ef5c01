import Foundation
import GRDB
import SourceModel
import Testing
import Vault

import struct SourceModel.Record

@testable import Registry

@Suite("Keys and damage")
struct KeyTests {
    private let house = House()

    private func database<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: house.folder.appending(path: "wellhead.sqlite").path)
        let value = try queue.write(body)
        try queue.close()
        return value
    }

    private func stored(_ count: Int) async throws -> (Registry, [Record]) {
        let registry = try house.open()
        let records = (1...count).map { Sample.record($0) }
        for record in records { try await registry.insert(record) }
        return (registry, records)
    }

    @Test("Another master key does not open the registry, and changes nothing in it")
    func wrongKey() async throws {
        let (registry, records) = try await stored(2)
        try registry.close()
        #expect(throws: RegistryError.sealedWithAnotherKey) {
            try Registry.open(house.folder, vault: Vault(key: .make()))
        }
        #expect(try await house.open().records().records == records)
    }

    @Test("Before the first start no key is in use, then the one that came first")
    func keyInUse() throws {
        #expect(try Registry.keyInUse(in: house.folder) == nil)
        let registry = try house.open()
        #expect(try Registry.keyInUse(in: house.folder) == house.vault.masterKey.id)
        try registry.close()
        #expect(try Registry.keyInUse(in: house.folder) == house.vault.masterKey.id)
    }

    @Test("After a rotation all opens with the new key, at once and after a restart, and nothing with the old one")
    func rotation() async throws {
        let (registry, records) = try await stored(3)
        let secret = try await registry.makeSecret(named: "login") { Secret("MARK-service") }
        let next = MasterKey.make()
        let old = try database { try Data.fetchAll($0, sql: "SELECT wrappedKey FROM record") }
        #expect(try await registry.rewrap(to: next) == 3)
        #expect(try await registry.records().records == records)
        #expect(try await registry.secret(named: "login") == secret)
        let late = Sample.record(4)
        try await registry.insert(late)
        for bytes in old { #expect(try !house.files().values.contains { $0.range(of: bytes) != nil }) }
        try registry.close()
        #expect(throws: RegistryError.sealedWithAnotherKey) { try house.open() }
        #expect(try Registry.keyInUse(in: house.folder) == next.id)
        let again = try Registry.open(house.folder, vault: Vault(key: next))
        #expect(try await again.records().records == records + [late])
        #expect(try await again.secret(named: "login") == secret)
    }

    @Test("Records that are read and written during a rotation never fail to open")
    func concurrentRotation() async throws {
        let (registry, records) = try await stored(4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { _ = try await registry.rewrap(to: .make()) } }
            for number in 0..<32 {
                group.addTask {
                    let loaded = try await registry.records()
                    #expect(loaded.unreadable.isEmpty)
                    try await registry.insert(Sample.record(100 + number))
                }
            }
            try await group.waitForAll()
        }
        let loaded = try await registry.records()
        #expect(loaded.unreadable.isEmpty)
        #expect(loaded.records.count == records.count + 32)
    }

    @Test(
        "A damaged record is named with its reason, hides no other, and can be deleted",
        arguments: [
            "UPDATE sealedField SET sealed = zeroblob(length(sealed)) WHERE field = 'password' AND record = ?",
            "UPDATE sealedField SET sealed = substr(sealed, 1, 4) WHERE field = 'keyfile' AND record = ?",
            "UPDATE sealedField SET field = 'no field' WHERE field = 'password' AND record = ?",
            "UPDATE sealedField SET field = 'certificate' WHERE field = 'password' AND record = ?",
            "UPDATE record SET wrappedKey = zeroblob(60) WHERE id = ?",
            "UPDATE record SET wrappedKey = x'' WHERE id = ?",
            "UPDATE record SET keyID = 'another' WHERE id = ?",
            "UPDATE record SET fields = '{\"host\":' WHERE id = ?",
            "UPDATE record SET fields = '{\"tomorrow\":true}' WHERE id = ?",
            "UPDATE record SET fields = '{\"host\":{\"a\":{\"b\":1}}}' WHERE id = ?",
        ])
    func isolated(damage: String) async throws {
        let (registry, records) = try await stored(3)
        let id = records[1].id
        try database { try $0.execute(sql: damage, arguments: [id.text]) }
        let loaded = try await registry.records()
        #expect(loaded.records == [records[0], records[2]])
        #expect(loaded.unreadable.map(\.id) == [id])
        // Its label needs no key.
        #expect(try await registry.labels().map(\.id).contains(id))
        let reason = try #require(loaded.unreadable.first?.reason)
        for mark in Sample.marks { #expect(!reason.contains(mark)) }
        await #expect(throws: RegistryError.self) { try await registry.record(id) }
        #expect(try await registry.record(records[2].id) == records[2])
        try await registry.delete(id, by: "ada", at: Sample.day)
        #expect(try await registry.records().unreadable.isEmpty)
        #expect(try await registry.tombstones().map(\.id) == [id])
    }

    @Test("One changed byte in the file is noticed as the record's, not passed on as another password")
    func damagedByte() async throws {
        let (registry, records) = try await stored(2)
        let sealed = try database {
            try Data.fetchOne(
                $0, sql: "SELECT sealed FROM sealedField WHERE field = 'password' AND record = ?",
                arguments: [records[0].id.text])
        }
        try registry.close()
        let file = house.folder.appending(path: "wellhead.sqlite")
        var bytes = try Data(contentsOf: file)
        let wanted = try #require(sealed)
        let place = try #require(bytes.range(of: wanted))
        bytes[place.lowerBound + 20] ^= 1
        try bytes.write(to: file)
        let loaded = try await house.open().records()
        #expect(loaded.records == [records[1]])
        #expect(loaded.unreadable.map(\.id) == [records[0].id])
    }

    @Test("A sealed password that was copied into another record does not open there")
    func transplanted() async throws {
        let (registry, records) = try await stored(2)
        try database {
            try $0.execute(
                sql: """
                    UPDATE record SET wrappedKey = (SELECT wrappedKey FROM record WHERE id = :from) WHERE id = :to;
                    """,
                arguments: ["from": records[0].id.text, "to": records[1].id.text])
            try $0.execute(
                sql: """
                    UPDATE sealedField SET sealed = (SELECT s.sealed FROM sealedField s
                        WHERE s.record = :from AND s.field = sealedField.field) WHERE record = :to
                    """,
                arguments: ["from": records[0].id.text, "to": records[1].id.text])
        }
        #expect(try await registry.records().unreadable.map(\.id) == [records[1].id])
    }

    @Test("A rotation leaves behind what does not open, and takes all else along")
    func rotationWithDamage() async throws {
        let (registry, records) = try await stored(3)
        try database {
            try $0.execute(
                sql: "UPDATE record SET wrappedKey = zeroblob(60) WHERE id = ?", arguments: [records[0].id.text])
        }
        #expect(try await registry.rewrap(to: .make()) == 2)
        #expect(try await registry.records().records == [records[1], records[2]])
    }

    @Test("A database of a later version is refused, and so is a file that is none")
    func foreign() throws {
        try house.open().close()
        try database { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('of tomorrow')") }
        #expect(throws: RegistryError.self) { try house.open() }
        let other = House()
        try FileManager.default.createDirectory(at: other.folder, withIntermediateDirectories: true)
        try Data(repeating: 7, count: 8192).write(to: other.folder.appending(path: "wellhead.sqlite"))
        #expect(throws: RegistryError.self) { try other.open() }
    }

    @Test("Every commit is on the disk before it is answered")
    func durable() async throws {
        let registry = try house.open()
        let settings = try await registry.write { database, _ in
            try ["journal_mode", "synchronous", "secure_delete"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        // 2 is FULL.
        #expect(settings == ["wal", "2", "1"])
    }
}
