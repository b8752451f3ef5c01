import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Route
import SourceModel
import Testbed
import Testing

@testable import Drivers

/// A remote file of which the test says what it is; nothing here is a server.
private final class ScriptedFile: RemoteFile {
    struct State {
        var version: RemoteVersion
        var text: String
        var looks = 0
        var fetches = 0
        var closes = 0
        var isHeld = false
        /// What the bytes are called when they come, if it is not what a look says.
        var fetched: RemoteVersion?
        var failure: SourceFailure?
    }

    let state: NIOLockedValueBox<State>
    let sighting = FileSighting()
    private let isClosed = NIOLockedValueBox(false)

    init(_ text: String, _ version: RemoteVersion) { state = NIOLockedValueBox(State(version: version, text: text)) }

    /// Another way to the file that `other` is a way to.
    init(like other: ScriptedFile) { state = other.state }

    func look(_ journal: StageJournal) async throws(SourceFailure) -> RemoteVersion {
        state.withLockedValue { state in
            state.looks += 1
            return state.version.tells ? state.version : RemoteVersion(size: state.version.size, modified: nil)
        }
    }

    func fetch(
        into sink: (ByteBuffer) async throws(SourceFailure) -> Void
    ) async throws(SourceFailure) -> RemoteVersion {
        let text = state.withLockedValue { state in
            state.fetches += 1
            return state.text
        }
        try await sink(ByteBuffer(string: String(text.prefix(1))))
        while state.withLockedValue({ $0.isHeld }), !Task.isCancelled, !isClosed.withLockedValue({ $0 }) {
            await Task.yield()
        }
        if isClosed.withLockedValue({ $0 }) {
            throw SourceFailure(.open, .connectionReset, "The way was closed.", hint: "Open it again.")
        }
        if let failure = state.withLockedValue({ $0.failure }) { throw failure }
        try await sink(ByteBuffer(string: String(text.dropFirst())))
        return state.withLockedValue { $0.fetched ?? $0.version }
    }

    func close() async {
        isClosed.withLockedValue { $0 = true }
        state.withLockedValue { $0.closes += 1 }
    }
}

@Suite("Copies of remote files")
struct RemoteCopiesTests {
    private let folder = Workspace.makeFolder(for: "copies")
    private let source = DataSource(
        driver: .csv, endpoint: Endpoint(host: "files.test", port: 80),
        login: SourceModel.Login(username: nil, password: nil), database: "a.csv", scheme: .direct(.plain),
        options: SourceOptions())

    private func version(_ day: Double, size: Int? = nil) -> RemoteVersion {
        RemoteVersion(size: size, modified: Date(timeIntervalSince1970: day * 86_400))
    }

    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] }

    @Test("One version is fetched once, is shared, and is removed when nobody holds it")
    func shared() async throws {
        let copies = RemoteCopies(directory: folder)
        let file = ScriptedFile("hello", version(1))
        func lease(_ version: RemoteVersion) async throws -> RemoteCopy {
            try await copies.lease(
                source, version, fetch: { (sink) throws(SourceFailure) in try await file.fetch(into: sink) }
            ) { _ in }
        }
        do {
            async let first = lease(version(1))
            async let second = lease(version(1))
            let (one, two) = try await (first, second)
            #expect(one.url == two.url)
            #expect(try String(contentsOf: one.url, encoding: .utf8) == "hello")
            #expect(one.size == 5)
            let mode = try FileManager.default.attributesOfItem(atPath: one.url.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(file.state.withLockedValue { $0.fetches } == 1)
            let other = try await lease(version(2))
            #expect(other.url != one.url)
            #expect(file.state.withLockedValue { $0.fetches } == 2)
            withExtendedLifetime((one, two, other)) { #expect(files.count == 2) }
        }
        try await eventually("nothing is left") { files.isEmpty }
        var reader = source
        reader.login = SourceModel.Login(username: "ann", password: Secret("x"))
        let own = try await copies.lease(
            reader, version(1), fetch: { (sink) throws(SourceFailure) in try await file.fetch(into: sink) }
        ) { _ in }
        #expect(file.state.withLockedValue { $0.fetches } == 3)
        withExtendedLifetime(own) {}
    }

    @Test("A failure reaches all who wait, and leaves nothing")
    func failure() async throws {
        let copies = RemoteCopies(directory: folder)
        let file = ScriptedFile("hello", version(1))
        file.state.withLockedValue { $0.failure = SourceFailure(.open, .httpStatus, "No.", hint: "Wait.") }
        for _ in 0..<2 {
            let failure = await #expect(throws: SourceFailure.self) {
                try await copies.lease(
                    source, version(1), fetch: { (sink) throws(SourceFailure) in try await file.fetch(into: sink) }
                ) { _ in }
            }
            #expect(failure?.code == .httpStatus)
        }
        #expect(file.state.withLockedValue { $0.fetches } == 2)
        #expect(files == [])
    }

    @Test("Who leaves is told how far it is; the fetching goes on, and serves who comes again")
    func leaving() async throws {
        let copies = RemoteCopies(directory: folder)
        let file = ScriptedFile("hello", version(1, size: 5))
        file.state.withLockedValue { $0.isHeld = true }
        let lease: @Sendable () async throws(SourceFailure) -> RemoteCopy = { [source, self] () throws(SourceFailure) in
            try await copies.lease(
                source, version(1, size: 5), fetch: { (sink) throws(SourceFailure) in try await file.fetch(into: sink) }
            ) { _ in }
        }
        let impatient = Task { try await lease() }
        try await eventually("it is being fetched") { file.state.withLockedValue { $0.fetches } == 1 }
        impatient.cancel()
        let failure = await #expect(throws: SourceFailure.self) { try await impatient.value }
        #expect(failure?.code == .deadlineExceeded)
        #expect(failure?.message.contains("a.csv") == true)
        file.state.withLockedValue { $0.isHeld = false }
        let copy = try await lease()
        #expect(copy.size == 5)
        #expect(file.state.withLockedValue { $0.fetches } == 1)
    }

    @Test("What nobody waits for any more is given up")
    func abandoned() async throws {
        let copies = RemoteCopies(directory: folder, patience: .milliseconds(100))
        let file = ScriptedFile("hello", version(1))
        file.state.withLockedValue { $0.isHeld = true }
        let waiting = Task { [source, self] in
            try await copies.lease(
                source, version(1), fetch: { (sink) throws(SourceFailure) in try await file.fetch(into: sink) }
            ) { _ in }
        }
        try await eventually("it is being fetched") { !files.isEmpty }
        waiting.cancel()
        try await eventually("nothing is left") { files.isEmpty }
    }

    @Test("What an earlier process left is removed; a file over the limit is not begun")
    func bounds() async throws {
        try Workspace.write("old", to: folder.appending(path: "7.copy"))
        let copies = RemoteCopies(directory: folder)
        #expect(files == [])
        let failure = await #expect(throws: SourceFailure.self) {
            try await copies.lease(
                source, version(1, size: FileRoom.sizeLimit + 1), fetch: { [self] _ in version(1) }
            ) { _ in }
        }
        #expect(failure?.code == .fileTooLarge)
    }

    @Test("A copy is asked about after ten seconds; one that nobody can date is fetched again after sixty")
    func freshness() async throws {
        let clock = NIOLockedValueBox(ContinuousClock.now)
        let file = ScriptedFile("one", version(1))
        let place = RemotePlace(
            { ScriptedFile(like: file) }, of: source, copies: RemoteCopies(directory: folder),
            now: { clock.withLockedValue { $0 } })
        func counts() -> [Int] { file.state.withLockedValue { [$0.looks, $0.fetches] } }
        func pass(_ seconds: Int) { clock.withLockedValue { $0 += .seconds(seconds) } }
        func text() async throws -> String {
            try String(contentsOf: try await place.file(StageJournal()).url, encoding: .utf8)
        }
        #expect(try await text() == "one")
        pass(9)
        #expect(try await text() == "one")
        #expect(counts() == [1, 1])
        pass(1)
        #expect(try await text() == "one")
        #expect(counts() == [2, 1])
        file.state.withLockedValue { ($0.text, $0.version) = ("two", version(2)) }
        pass(10)
        #expect(try await text() == "two")
        #expect(counts() == [3, 2])
        file.state.withLockedValue { ($0.text, $0.version) = ("three", RemoteVersion(size: 5, modified: nil)) }
        pass(10)
        #expect(try await text() == "three")
        pass(59)
        #expect(try await text() == "three")
        #expect(counts() == [4, 3])
        pass(1)
        #expect(try await text() == "three")
        #expect(counts() == [5, 4])
        await place.close()
        try await eventually("nothing is left") { files.isEmpty }
    }

    @Test("Fetching goes on when the place whose caller has left is closed, and each way is closed in the end")
    func closing() async throws {
        let copies = RemoteCopies(directory: folder)
        let file = ScriptedFile("hello", version(1))
        file.state.withLockedValue { $0.isHeld = true }
        func place() -> RemotePlace { RemotePlace({ ScriptedFile(like: file) }, of: source, copies: copies) }
        let left = place()
        let impatient = Task { try await left.file(StageJournal()) }
        try await eventually("it is being fetched") { !files.isEmpty }
        impatient.cancel()
        await #expect(throws: SourceFailure.self) { _ = try await impatient.value }
        await left.close()
        file.state.withLockedValue { $0.isHeld = false }
        let again = place()
        let found = try await again.file(StageJournal())
        #expect(try String(contentsOf: found.url, encoding: .utf8) == "hello")
        #expect(file.state.withLockedValue { $0.fetches } == 1)
        await again.close()
        #expect(file.state.withLockedValue { $0.closes } == 3)
    }

    @Test("A sign of life counts as a look: the next call need not ask again")
    func signOfLife() async throws {
        let clock = NIOLockedValueBox(ContinuousClock.now)
        let file = ScriptedFile("one", version(1))
        let place = RemotePlace(
            { ScriptedFile(like: file) }, of: source, copies: RemoteCopies(directory: folder),
            now: { clock.withLockedValue { $0 } })
        _ = try await place.file(StageJournal())
        clock.withLockedValue { $0 += .seconds(9) }
        try await place.look()
        clock.withLockedValue { $0 += .seconds(9) }
        _ = try await place.file(StageJournal())
        let counts = file.state.withLockedValue { [$0.looks, $0.fetches] }
        #expect(counts == [2, 1])
        // A look that shows a change is no reason to go on with the copy.
        file.state.withLockedValue { ($0.text, $0.version) = ("two", version(2)) }
        try await place.look()
        clock.withLockedValue { $0 += .seconds(9) }
        let found = try await place.file(StageJournal())
        #expect(try String(contentsOf: found.url, encoding: .utf8) == "two")
        await place.close()
    }

    @Test("A file that comes as another one than was looked at is kept as what it is, not as what it was to be")
    func otherThanLookedAt() async throws {
        let clock = NIOLockedValueBox(ContinuousClock.now)
        let file = ScriptedFile("old", version(2))
        file.state.withLockedValue { $0.fetched = version(1) }
        let place = RemotePlace(
            { ScriptedFile(like: file) }, of: source, copies: RemoteCopies(directory: folder),
            now: { clock.withLockedValue { $0 } })
        let stale = try await place.file(StageJournal())
        #expect(stale.modified == version(1).modified)
        file.state.withLockedValue { ($0.text, $0.fetched) = ("new", nil) }
        clock.withLockedValue { $0 += .seconds(10) }
        let found = try await place.file(StageJournal())
        #expect(try String(contentsOf: found.url, encoding: .utf8) == "new")
        #expect(found.modified == version(2).modified)
        await place.close()
    }

    @Test("What only one of two answers tells is no difference between them")
    func corrected() {
        let head = RemoteVersion(size: 5, modified: nil, tag: "\"a\"")
        let day = Date(timeIntervalSince1970: 0)
        #expect(head.corrected(by: RemoteVersion(size: nil, modified: day, tag: "\"a\"")) == head)
        #expect(head.corrected(by: RemoteVersion(size: 5, modified: nil)) == head)
        for other in [
            RemoteVersion(size: 6, modified: nil, tag: "\"a\""), RemoteVersion(size: 5, modified: day, tag: "b"),
        ] {
            #expect(head.corrected(by: other) == other)
        }
    }
}

@Suite("Paths and dates of web files")
struct WebFileTests {
    @Test(
        "A path stands in a request as it was meant",
        arguments: [
            ("a.csv", "/a.csv"), ("/x/2026 ö.csv", "/x/2026%20%C3%B6.csv"), ("/e?from=1&to=#2", "/e?from=1&to=%232"),
            ("/a/../b.csv", "/b.csv"), ("/a%20b", "/a%20b"), ("/x\r\nHost: y", "/x%0D%0AHost:%20y"),
        ])
    func target(path: String, target: String) {
        #expect(WebFile.target(of: path) == target)
    }

    @Test("What GET gives is told by its own head, also where HEAD spoke of another file", arguments: [false, true])
    func otherThanHead(isOther: Bool) async throws {
        let lines = isOther ? ["location = /a.csv { if ($request_method = GET) { rewrite ^ /b.csv last; } }"] : []
        let server = try await HTTPServer.start(.init(lines: lines), files: ["a.csv": "a\n1\n", "b.csv": "bb\n22\n"])
        let source = DataSource(
            driver: .csv, endpoint: Endpoint(host: "127.0.0.1", port: server.port),
            login: SourceModel.Login(username: nil, password: nil), database: "a.csv", scheme: .direct(.plain),
            options: SourceOptions())
        let file = WebFile(source, route: .loopback)
        let looked = try await file.look(StageJournal())
        let text = NIOLockedValueBox("")
        let fetched = try await file.fetch { bytes in text.withLockedValue { $0 += String(buffer: bytes) } }
        #expect(looked.size == 4)
        #expect(text.withLockedValue { $0 } == (isOther ? "bb\n22\n" : "a\n1\n"))
        #expect(looked.corrected(by: fetched).size == (isOther ? 6 : 4))
        #expect((looked.corrected(by: fetched) == looked) != isOther)
        await file.close()
        await server.stop()
    }

    @Test("HTTP's dates are read, others are none")
    func dates() {
        #expect(HTTPDate.read("Sun, 06 Nov 1994 08:49:37 GMT") == Date(timeIntervalSince1970: 784_111_777))
        #expect(HTTPDate.read("yesterday") == nil)
        #expect(HTTPDate.read("") == nil)
    }
}
