import Foundation
import Logging
import NIOPosix
import Route
import SourceModel
import Synchronization
import Testbed
import Testing

@testable import Drivers

@Suite("A CSV file as a data source")
struct FileSessionTests {
    private func drivers(_ folder: URL) -> Drivers {
        Drivers(
            route: .loopback, files: folder, cache: Workspace.makeFolder(for: "cache"))
    }

    private func source(_ path: String) -> DataSource {
        DataSource(
            driver: .csv, endpoint: nil, login: SourceModel.Login(username: nil, password: nil), database: path,
            scheme: .direct(.plain), options: SourceOptions())
    }

    @Test("The report says what is in it")
    func report() async throws {
        let folder = Workspace.makeFolder(for: "csv")
        try Workspace.write("a,b,c,d,e,f,g,h,i\n1,2,3,4,5,6,7,8,9\n", to: folder.appending(path: "x.csv"))
        let journal = StageJournal()
        let session = try await drivers(folder).open(source("x.csv"), for: .test, journal: journal)
        let report = journal.report()
        #expect(report.stages.map(\.stage) == [.open, .probe])
        #expect(report.stages[0].detail.hasPrefix("36 bytes, "))
        let columns = ["a", "b", "c", "d", "e", "f", "g", "h"].map { "\($0) integer" }.joined(separator: ", ")
        #expect(report.stages[1].detail == "9 columns, 1 rows: \(columns), …")
        #expect(session.facts.serverVersion.hasPrefix("CSV, 36 bytes, changed 20"))
        await session.close()
    }

    @Test("It lives as long as the file is there")
    func ping() async throws {
        let folder = Workspace.makeFolder(for: "csv")
        let file = try Workspace.write("a\n1\n", to: folder.appending(path: "x.csv"))
        let session = try await drivers(folder).open(source("x.csv"), for: .pool, journal: StageJournal())
        try await session.ping()
        try FileManager.default.removeItem(at: file)
        let failure = await #expect(throws: SourceFailure.self) { try await session.ping() }
        #expect(failure?.code == .fileNotFound)
        await session.close()
    }

    @Test("A fault in it is told with line and column, past the first piece that is read", arguments: [1, 60_000])
    func fault(rows: Int) async throws {
        let folder = Workspace.makeFolder(for: "csv")
        let text = "id,name\n" + String(repeating: "1,nobody\n", count: rows) + "2\n"
        try Workspace.write(text, to: folder.appending(path: "x.csv"))
        let failure = await #expect(throws: SourceFailure.self) {
            try await drivers(folder).open(source("x.csv"), for: .test, journal: StageJournal())
        }
        #expect(failure?.code == .fileMalformed)
        #expect(failure?.message.contains("line \(rows + 2)") == true, "\(failure?.message ?? "")")
    }

    @Test("A reading that is cancelled ends")
    func cancelled() async throws {
        let folder = Workspace.makeFolder(for: "csv")
        try Workspace.write("a\n1\n", to: folder.appending(path: "x.csv"))
        let task = Task { [self] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await drivers(folder).open(source("x.csv"), for: .test, journal: StageJournal())
        }
        let failure = await #expect(throws: SourceFailure.self) { try await task.value }
        #expect(failure?.code == .deadlineExceeded)
    }
}
