import Foundation
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("The file directory")
struct FileRoomTests {
    /// A directory with files, and links that lead everywhere.
    private struct House {
        let folder = Workspace.makeFolder(for: "files")
        let room: FileRoom

        init() throws {
            let files = FileManager.default
            let inside = folder.appending(path: "inside")
            try files.createDirectory(at: inside.appending(path: "sub"), withIntermediateDirectories: true)
            try files.createDirectory(
                at: folder.appending(path: "inside-not"), withIntermediateDirectories: true)
            for name in ["inside/a.csv", "inside/sub/b.csv", "inside/größe %41.csv", "outside.csv", "inside-not/c.csv"]
            {
                try Workspace.write("a\n1\n", to: folder.appending(path: name))
            }
            for (name, target) in [
                ("in.csv", "a.csv"), ("in-absolute.csv", inside.appending(path: "sub/b.csv").path),
                ("out.csv", "../outside.csv"), ("out-absolute.csv", "/etc/hostname"), ("up", ".."),
                ("twin.csv", "../inside-not/c.csv"), ("dangling.csv", "nothing.csv"),
                ("dangling-out.csv", "../nothing.csv"), ("loop.csv", "loop.csv"),
            ] {
                try files.createSymbolicLink(
                    atPath: inside.appending(path: name).path, withDestinationPath: target)
            }
            guard mkfifo(inside.appending(path: "pipe.csv").path, 0o600) == 0 else {
                throw TestbedError("no named pipe could be made")
            }
            room = FileRoom(directory: inside)
        }
    }

    @Test(
        "gives files below it, also by links that stay inside",
        arguments: [
            "a.csv", "sub/b.csv", "./a.csv", "sub//b.csv", "in.csv", "in-absolute.csv", "größe %41.csv",
            "up/inside/a.csv",
        ])
    func found(path: String) throws {
        let found = try House().room.find(path)
        #expect(found.size == 4)
        #expect(try Data(contentsOf: found.url) == Data("a\n1\n".utf8))
    }

    @Test(
        "gives nothing else",
        arguments: [
            ("../outside.csv", FailureCode.fileForbidden), ("sub/../../outside.csv", .fileForbidden),
            ("sub/../a.csv", .fileForbidden), ("/etc/hostname", .fileForbidden), ("//etc/hostname", .fileForbidden),
            ("", .fileForbidden), ("/", .fileForbidden), ("a.csv\0.png", .fileForbidden), ("..", .fileForbidden),
            ("out.csv", .fileForbidden), ("out-absolute.csv", .fileForbidden), ("up/outside.csv", .fileForbidden),
            ("twin.csv", .fileForbidden), ("sub", .fileForbidden), (".", .fileForbidden), ("pipe.csv", .fileForbidden),
            ("nothing.csv", .fileNotFound), ("a.csv/b", .fileNotFound), ("%2e%2e/outside.csv", .fileNotFound),
            ("~/a.csv", .fileNotFound),
        ])
    func refused(path: String, code: FailureCode) throws {
        let room = try House().room
        let failure = #expect(throws: SourceFailure.self) { try room.find(path) }
        #expect(failure?.code == code)
        #expect(failure?.stage == .open)
        #expect(failure?.hint.isEmpty == false)
    }

    @Test(
        "follows no link to nowhere and none in a circle", arguments: ["dangling.csv", "dangling-out.csv", "loop.csv"])
    func nowhere(path: String) throws {
        let room = try House().room
        #expect(throws: SourceFailure.self) { try room.find(path) }
    }

    @Test("refuses a file above the limit, and takes one that just fits")
    func size() async throws {
        let house = try House()
        let limit = FileRoom.sizeLimit
        for (size, fits) in [(limit, true), (limit + 1, false)] {
            // Holes take no room.
            try await Command.check([
                "truncate", "--size=\(size)", house.folder.appending(path: "inside/large.csv").path,
            ])
            if fits {
                #expect(try house.room.find("large.csv").size == limit)
            } else {
                let failure = #expect(throws: SourceFailure.self) { try house.room.find("large.csv") }
                #expect(failure?.code == .fileTooLarge)
            }
        }
    }

    @Test("may itself be a link")
    func linked() throws {
        let house = try House()
        let link = house.folder.appending(path: "link")
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "inside")
        let room = FileRoom(directory: link)
        #expect(try room.find("sub/b.csv").size == 4)
        #expect(throws: SourceFailure.self) { try room.find("out.csv") }
    }
}
