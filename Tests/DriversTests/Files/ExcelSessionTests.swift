import Foundation
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("An Excel workbook as a data source")
struct ExcelSessionTests {
    /// A workbook that openpyxl made.
    private static let sample = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "TabularTests/Samples/openpyxl.xlsx")

    private func session(_ options: SourceOptions, journal: StageJournal) async throws -> any Session {
        let folder = Workspace.makeFolder(for: "excel")
        try FileManager.default.copyItem(at: Self.sample, to: folder.appending(path: "orders.xlsx"))
        let drivers = Drivers(route: .loopback, files: folder, cache: Workspace.makeFolder(for: "cache"))
        let source = DataSource(
            driver: .excel, endpoint: nil, login: SourceModel.Login(username: nil, password: nil),
            database: "orders.xlsx", scheme: .direct(.plain), options: options)
        return try await drivers.open(source, for: .test, journal: journal)
    }

    @Test("The report says what sheets are in it, and the schema what they hold")
    func sheets() async throws {
        let journal = StageJournal()
        let session = try await session(SourceOptions(), journal: journal)
        let report = journal.report()
        #expect(report.stages.map(\.stage) == [.open, .probe])
        #expect(report.stages[0].detail.contains("Excel workbook (.xlsx), 4 sheets, 1 empty sheet left out"))
        #expect(
            report.stages[1].detail == "4 tables: Orders (10 columns, 40 rows), Wild things (4 columns, 10 rows), "
                + "Hidden (1 columns, 1 rows), Very hidden (1 columns, 1 rows)")
        let tables = try await session.tables().tables
        #expect(tables.map(\.name) == ["Hidden", "Orders", "Very hidden", "Wild things"])
        #expect(tables.allSatisfy { $0.kind == .sheet })
        #expect(tables[0].comment == "hidden sheet")
        let details = try await session.details(of: tables)
        #expect(details[1].columns.map(\.type).prefix(5) == ["integer", "text", "decimal", "boolean", "date"])
        #expect(details[1].columns[8].comment == "percentage: 0.125 is 12.5 %")
        #expect(session.facts.serverVersion.hasPrefix("Excel, "))
        await session.close()
    }

    @Test("One sheet alone is read where the options name it")
    func oneSheet() async throws {
        var options = SourceOptions()
        options.excel.sheet = "Hidden"
        let session = try await session(options, journal: StageJournal())
        #expect(try await session.tables().tables.map(\.name) == ["Hidden"])
        await session.close()
    }
}
