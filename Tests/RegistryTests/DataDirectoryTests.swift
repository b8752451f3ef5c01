import Foundation
import Registry
import Testbed
import Testing

@Suite("One process a data directory")
struct DataDirectoryTests {
    private let house = House()

    @Test("A second claim is refused in one line that names the directory, until the first ends")
    func second() throws {
        var first: DataDirectory? = try DataDirectory.claim(house.folder)
        #expect(first?.url == house.folder)
        let error = #expect(throws: RegistryError.self) { try DataDirectory.claim(house.folder) }
        #expect(error == .directoryInUse(house.folder.path(percentEncoded: false)))
        #expect(error?.description.contains("\n") == false)
        first = nil
        #expect(throws: Never.self) { try DataDirectory.claim(house.folder) }
    }

    @Test("Another process is refused too")
    func anotherProcess() async throws {
        let lock = house.folder.appending(path: "wellhead.lock").path
        let claim = try DataDirectory.claim(house.folder)
        #expect(try await Command.run(["/usr/bin/flock", "-n", lock, "true"]).status == 1)
        withExtendedLifetime(claim) {}
    }

    @Test("A directory that cannot be made is named")
    func impossible() throws {
        let file = try Workspace.write("", to: Workspace.makeFolder(for: "registry").appending(path: "file"))
        let error = #expect(throws: RegistryError.self) { try DataDirectory.claim(file.appending(path: "data")) }
        #expect(error?.description.contains(file.path) == true)
    }
}
