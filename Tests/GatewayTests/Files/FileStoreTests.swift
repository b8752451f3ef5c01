import Foundation
import NIOCore
import Testbed
import Testing

@testable import Gateway

@Suite("The file directory takes files whole or not at all")
struct FileStoreTests {
    private let directory = Workspace.makeFolder(for: "files")
    private var store: FileStore { FileStore(directory: directory, sizeLimit: 1000) }

    private func names(_ directory: URL? = nil) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: (directory ?? self.directory).path).sorted()
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: directory.appending(path: name), encoding: .utf8)
    }

    /// Receives files, pieces of each in turn.
    private func receive(
        _ files: [(name: String, pieces: [String])], replacing: Bool = false, into store: FileStore? = nil
    ) async throws -> [ReceivedFile] {
        let upload = (store ?? self.store).receive(replacing: replacing)
        do {
            for (name, pieces) in files {
                try await upload.begin(FileName(reducing: name))
                for piece in pieces { try await upload.write(ByteBuffer(string: piece)) }
                try await upload.end()
            }
            return try await upload.publish()
        } catch {
            await upload.discard()
            throw error
        }
    }

    @Test("Files are there when all are whole, closed to others, with their digest")
    func whole() async throws {
        let upload = store.receive(replacing: false)
        try await upload.begin(FileName(reducing: "a.csv"))
        try await upload.write(ByteBuffer(string: "hello "))
        try await upload.write(ByteBuffer(string: "world"))
        try await upload.end()
        try await upload.begin(FileName(reducing: "empty.csv"))
        try await upload.end()
        #expect(try names().filter { $0.hasPrefix(FileFolder.prefix) }.count == 2)
        #expect(try await store.files().isEmpty)
        let files = try await upload.publish()
        await upload.discard()
        #expect(try names() == ["a.csv", "empty.csv"])
        #expect(files.map(\.size) == [11, 0])
        // As `sha256sum` says.
        #expect(
            files.map(\.digest) == [
                "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ])
        #expect(!files.contains { $0.isReplacement })
        #expect(try text("a.csv") == "hello world")
        let mode = try FileManager.default.attributesOfItem(atPath: directory.appending(path: "a.csv").path)
        #expect(mode[.posixPermissions] as? Int == 0o600)
        let listed = try await store.files()
        #expect(listed.map(\.name.text) == ["a.csv", "empty.csv"])
        #expect(listed.map(\.size) == [11, 0])
        #expect(listed.contains { abs($0.modified.timeIntervalSinceNow) < 3600 })
    }

    @Test("What is not published is gone when it is discarded")
    func discarded() async throws {
        let upload = store.receive(replacing: false)
        try await upload.begin(FileName(reducing: "a.csv"))
        try await upload.end()
        try await upload.begin(FileName(reducing: "b.csv"))
        try await upload.write(ByteBuffer(string: "x"))
        await upload.discard()
        await upload.discard()
        #expect(try names().isEmpty)
    }

    @Test("A name that is taken is refused at once, unless it is to be replaced")
    func taken() async throws {
        _ = try await receive([("a.csv", ["1"])])
        let name = try FileName(reducing: "a.csv")
        let upload = store.receive(replacing: false)
        await #expect(throws: FileStoreError.exists(name)) { try await upload.begin(name) }
        await upload.discard()
        let files = try await receive([("a.csv", ["2"]), ("b.csv", ["3"])], replacing: true)
        #expect(files.map(\.isReplacement) == [true, false])
        #expect(try text("a.csv") == "2")
        await #expect(throws: FileStoreError.nameRepeated(name)) {
            try await receive([("a.csv", ["4"]), ("x/a.csv", ["5"])], replacing: true)
        }
        #expect(try text("a.csv") == "2")
        #expect(try names() == ["a.csv", "b.csv"])
    }

    @Test("Of two uploads of one name one comes in, and the other leaves nothing")
    func race() async throws {
        let (first, second) = (store.receive(replacing: false), store.receive(replacing: false))
        for (upload, names) in [(first, ["a.csv"]), (second, ["b.csv", "a.csv"])] {
            for name in names {
                try await upload.begin(FileName(reducing: name))
                try await upload.end()
            }
        }
        _ = try await first.publish()
        await #expect(throws: FileStoreError.exists(try FileName(reducing: "a.csv"))) { try await second.publish() }
        await second.discard()
        #expect(try names() == ["a.csv"])
    }

    @Test("The files of an upload have a bound together")
    func bound() async throws {
        let piece = String(repeating: "x", count: 500)
        _ = try await receive([("a", [piece]), ("b", [piece])])
        await #expect(throws: FileStoreError.tooLarge(limit: 1000)) {
            try await receive([("c", [piece, "x"]), ("d", [piece])])
        }
        #expect(try names() == ["a", "b"])
    }

    @Test("Links, folders and what is hidden are neither shown, nor replaced, nor removed")
    func links() async throws {
        let outside = Workspace.makeFolder(for: "outside")
        let secret = try Workspace.write("secret", to: outside.appending(path: "secret"))
        let manager = FileManager.default
        try manager.createSymbolicLink(at: directory.appending(path: "link"), withDestinationURL: secret)
        try manager.createSymbolicLink(
            at: directory.appending(path: "dangling"), withDestinationURL: outside.appending(path: "made"))
        try manager.createDirectory(at: directory.appending(path: "folder"), withIntermediateDirectories: true)
        try Workspace.write("x", to: directory.appending(path: ".hidden"))
        #expect(try await store.files().isEmpty)
        for name in ["link", "dangling", "folder"] {
            let known = try FileName(reducing: name)
            for replacing in [false, true] {
                await #expect(throws: FileStoreError.notAFile(known)) {
                    try await receive([(name, ["x"])], replacing: replacing)
                }
            }
            await #expect(throws: FileStoreError.notAFile(known)) { try await store.remove(known) }
        }
        #expect(try String(contentsOf: secret, encoding: .utf8) == "secret")
        #expect(try names(outside) == ["secret"])
        #expect(try names() == [".hidden", "dangling", "folder", "link"])
    }

    @Test("A file is removed once")
    func removed() async throws {
        _ = try await receive([("a b.csv", ["1"])])
        let name = try #require(FileName("a b.csv"))
        try await store.remove(name)
        await #expect(throws: FileStoreError.notFound(name)) { try await store.remove(name) }
        #expect(try names().isEmpty)
    }

    @Test("What a crash left is swept, what another process receives is not")
    func swept() async throws {
        let upload = store.receive(replacing: false)
        try await upload.begin(FileName(reducing: "a.csv"))
        try await upload.end()
        try await upload.begin(FileName(reducing: "b.csv"))
        try Workspace.write("left", to: directory.appending(path: "\(FileFolder.prefix)left"))
        try Workspace.write("kept", to: directory.appending(path: ".other"))
        try await store.sweep()
        #expect(try names().count == 3)
        #expect(try !names().contains("\(FileFolder.prefix)left"))
        try await upload.end()
        _ = try await upload.publish()
        #expect(try names() == [".other", "a.csv", "b.csv"])
    }

    /// Makes a file system of 64 KiB of its own; not everybody may.
    private static func mount() async throws -> URL? {
        let disk = Workspace.makeFolder(for: "disk")
        let mounted = try await Command.run(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.path])
        return mounted.status == 0 ? disk : nil
    }

    private static func unmount(_ disk: URL) async throws { try await Command.check(["/usr/bin/umount", disk.path]) }

    @Test(
        "A full disk is told, and nothing is left on it",
        .enabled("only where this account may mount") {
            guard let disk = try await mount() else { return false }
            try await unmount(disk)
            return true
        })
    func full() async throws {
        let disk = try #require(try await Self.mount())
        let piece = String(repeating: "x", count: 40_000)
        await #expect(throws: FileStoreError.noRoom) {
            try await receive(
                [("a", [piece]), ("b", [piece])], into: FileStore(directory: disk, sizeLimit: 1 << 20))
        }
        let left = try names(disk)
        try await Self.unmount(disk)
        #expect(left.isEmpty)
    }
}
