import Foundation
import Testbed
import Testing

@testable import Vault

@Suite("The master key")
struct MasterKeyTests {
    private let folder = Workspace.makeFolder(for: "vault")
    private var file: URL { folder.appending(path: "master.key") }

    private func mode(of url: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
    }

    @Test("The first start makes a key that nobody else may read, the second finds the same")
    func firstStart() throws {
        let made = try MasterKey.load(environment: [:], dataDirectory: folder)
        #expect(try mode(of: file) == 0o600)
        #expect(try MasterKey.load(environment: [:], dataDirectory: folder) == made)
    }

    @Test("A key in the environment is taken and none is made")
    func environment() throws {
        let key = MasterKey.make()
        let loaded = try MasterKey.load(
            environment: ["WELLHEAD_MASTER_KEY": " \(key.base64)\n"], dataDirectory: folder)
        #expect(loaded == key)
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test("A key in the file that the environment names is taken")
    func namedFile() throws {
        let key = MasterKey.make()
        let named = try Workspace.write(key.base64, to: folder.appending(path: "named"))
        let loaded = try MasterKey.load(
            environment: ["WELLHEAD_MASTER_KEY_FILE": named.path], dataDirectory: folder)
        #expect(loaded == key)
    }

    @Test(
        "A key file that others may read is refused, with the command that mends it", arguments: [0o640, 0o604, 0o660])
    func readableByOthers(mode: Int) throws {
        try Workspace.write(MasterKey.make().base64, to: file, mode: mode)
        let error = #expect(throws: VaultError.self) {
            try MasterKey.load(environment: [:], dataDirectory: folder)
        }
        #expect(error?.description.contains("chmod 600 \(file.path)") == true)
    }

    @Test(
        "What is no key is refused without being quoted",
        arguments: ["", "MARKED-not-base64", Data(repeating: 7, count: 31).base64EncodedString(), "é"])
    func noKey(text: String) throws {
        try Workspace.write(text, to: file)
        let error = #expect(throws: VaultError.self) {
            try MasterKey.load(environment: [:], dataDirectory: folder)
        }
        #expect(error?.description.contains(file.path) == true)
        #expect(text.isEmpty || error?.description.contains(text) == false)
    }

    @Test("A file that is named and not there, and a key that is set twice, are refused")
    func contradictions() {
        let missing = folder.appending(path: "missing").path
        for environment in [
            ["WELLHEAD_MASTER_KEY_FILE": missing],
            ["WELLHEAD_MASTER_KEY_FILE": missing, "WELLHEAD_MASTER_KEY": MasterKey.make().base64],
        ] {
            #expect(throws: VaultError.self) {
                try MasterKey.load(environment: environment, dataDirectory: folder)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test("A key that is gone while records need it is not replaced by a new one")
    func gone() {
        #expect(throws: VaultError.self) {
            try KeySource.find(environment: [:], dataDirectory: folder, inUse: MasterKey.make().id)
        }
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test("A key file that is there is not written over")
    func exclusive() throws {
        try MasterKeyFile(file).create(.make())
        let before = try Data(contentsOf: file)
        #expect(throws: VaultError.self) { try MasterKeyFile(file).create(.make()) }
        #expect(try Data(contentsOf: file) == before)
    }

    @Test("A rotation puts the new key in the old one's place once all is wrapped")
    func rotation() async throws {
        let source = try KeySource.find(environment: [:], dataDirectory: folder, inUse: nil)
        let wrapped = try await source.rotate(environment: [:]) { $0 }
        #expect(wrapped != source.key)
        #expect(try MasterKey.load(environment: [:], dataDirectory: folder) == wrapped)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["master.key"])
        #expect(try mode(of: file) == 0o600)
    }

    @Test("A rotation that was cut short is completed or forgotten, as the records say")
    func cutShort() async throws {
        struct Crash: Error {}
        let source = try KeySource.find(environment: [:], dataDirectory: folder, inUse: nil)
        var next: MasterKey?
        await #expect(throws: Crash.self) {
            try await source.rotate(environment: [:]) { key in
                next = key
                throw Crash()
            }
        }
        let old = source.key, new = try #require(next)
        #expect(try KeySource.find(environment: [:], dataDirectory: folder, inUse: old.id).key == old)
        #expect(try KeySource.find(environment: [:], dataDirectory: folder, inUse: new.id).key == new)
        #expect(try KeySource.find(environment: [:], dataDirectory: folder, inUse: new.id).key == new)
    }

    @Test("A key from outside is rotated to the next one from outside, and not without it")
    func rotationFromOutside() async throws {
        let old = MasterKey.make(), new = MasterKey.make()
        let source = try KeySource.find(
            environment: ["WELLHEAD_MASTER_KEY": old.base64], dataDirectory: folder, inUse: nil)
        #expect(try await source.rotate(environment: ["WELLHEAD_NEW_MASTER_KEY": new.base64]) { $0 } == new)
        await #expect(throws: VaultError.self) { try await source.rotate(environment: [:]) { $0 } }
    }

    @Test("The id names the key without telling it, and nothing prints the key")
    func silent() {
        let key = MasterKey.make()
        #expect(key.id.count == 16)
        #expect(key.id != MasterKey.make().id)
        #expect(!key.base64.contains(key.id))
        var dumped = ""
        dump(KeySource.environment(key), to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\(KeySource.environment(key))", dumped] {
            #expect(!text.contains(key.base64))
            #expect(!text.contains("SymmetricKey"))
        }
    }
}
