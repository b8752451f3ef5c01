import Foundation
import GRDB
import Registry
import SourceModel
import Testbed
import Testing
import Vault

@Suite("Nothing secret in any file")
struct SecrecyTests {
    private let house = House()

    private func expectNoMarks(_ comment: Comment) throws {
        for mark in Sample.marks { #expect(try house.files(with: mark).isEmpty, comment) }
    }

    @Test("No secret stands in the database, its log or its index, before and after each step")
    func unsealedNowhere() async throws {
        let registry = try house.open()
        let record = Sample.record(1)
        try await registry.insert(record)
        // The search would find a secret: what is stored in clear is found.
        #expect(try !house.files(with: "db.test").isEmpty)
        #expect(try Set(house.files().keys).isSuperset(of: ["wellhead.sqlite", "wellhead.sqlite-wal"]))
        try expectNoMarks("after the insertion")
        try await registry.update(record, expecting: 1)
        try expectNoMarks("after the change")
        try await registry.delete(record.id, by: "ada", at: Sample.day)
        try expectNoMarks("after the deletion")
        try registry.close()
        try expectNoMarks("after the end")
    }

    /// What is stored of a record, as the files hold it.
    private func sealedBytes() throws -> [Data] {
        let queue = try DatabaseQueue(path: house.folder.appending(path: "wellhead.sqlite").path)
        let sealed = try queue.read { database in
            try Data.fetchAll(
                database, sql: "SELECT sealed FROM sealedField UNION ALL SELECT wrappedKey FROM record")
        }
        try queue.close()
        return sealed
    }

    private func isOnDisk(_ bytes: Data) throws -> Bool {
        try house.files().values.contains { $0.range(of: bytes) != nil }
    }

    @Test("After a deletion not even the sealed bytes are in any file, while the service runs on")
    func erased() async throws {
        let registry = try house.open()
        let record = Sample.record(1), other = Sample.record(2)
        try await registry.insert(record)
        let sealed = try sealedBytes()
        #expect(sealed.count == 5)
        for bytes in sealed { #expect(try isOnDisk(bytes)) }
        try await registry.insert(other)
        try await registry.delete(record.id, by: "ada", at: Sample.day)
        for bytes in sealed { #expect(try !isOnDisk(bytes)) }
        #expect(try house.files(with: "reader \\\"é\\\"") == ["wellhead.sqlite"])
        #expect(try await registry.record(other.id) == other)
        #expect(try house.files()["wellhead.sqlite-wal"]?.isEmpty == true)
    }

    @Test("After a change the sealed bytes of before are in no file")
    func replaced() async throws {
        let registry = try house.open()
        let record = Sample.record(1)
        try await registry.insert(record)
        let sealed = try sealedBytes()
        try await registry.update(record, expecting: 1)
        for bytes in sealed { #expect(try !isOnDisk(bytes)) }
    }

    @Test("The directory and every file in it are their owner's alone, also where they were open before")
    func permissions() async throws {
        let files = FileManager.default
        try files.createDirectory(
            at: house.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try Workspace.write("", to: house.folder.appending(path: "wellhead.sqlite"), mode: 0o644)
        let claim = try DataDirectory.claim(house.folder)
        let registry = try house.open()
        try await registry.insert(Sample.record(1))
        func mode(_ path: String) throws -> Int? {
            try files.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(house.folder.path) == 0o700)
        let names = try files.contentsOfDirectory(atPath: house.folder.path)
        #expect(names.count == 4)
        for name in names { #expect(try mode(house.folder.appending(path: name).path) == 0o600, "\(name)") }
        withExtendedLifetime(claim) {}
    }

    @Test("A token is found by its digest and is itself in no file")
    func tokenDigest() async throws {
        let registry = try house.open()
        let token = APIToken.make()
        let digest = APIToken.digest(of: token)
        try await registry.createToken(name: "backup", digest: digest, by: "ada", at: Sample.day)
        #expect(try await registry.token(digest: digest)?.name == "backup")
        #expect(try house.files(with: token.reveal()).isEmpty)
        #expect(try house.files(with: String(token.reveal().dropFirst(3))).isEmpty)
    }

    @Test("No error text holds a stored value")
    func errors() async throws {
        let registry = try house.open()
        let record = Sample.record(1)
        try await registry.insert(record)
        let other = record.named("another")
        let error = await #expect(throws: RegistryError.self) { try await registry.insert(other) }
        let text = "\(String(describing: error)) \(String(reflecting: error))"
        for mark in Sample.marks + ["db.test", "reader"] { #expect(!text.contains(mark)) }
    }
}
