import Foundation
import Testbed
import Testing

@Suite struct ReportTableTests {
    @Test("The script prints the cells as a table, the last word of each, and why one is missing")
    func printed() async throws {
        let folder = Workspace.makeFolder(for: "reports")
        let table = ReportTable("Logins", in: folder)
        try table.record(row: "plain", column: "direct", .failed("first try"))
        try table.record(row: "plain", column: "direct", .passed())
        try table.record(row: "TLS", column: "by SSH", .notRun("needs\troot"))
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../scripts/report-tables").standardizedFileURL
        let printed = try await Command.check(["bash", script.path, folder.path])
        #expect(
            printed == """

                Logins
                       direct  by SSH
                plain  ok
                TLS            not run
                  not run: TLS, by SSH: needs root

                """)
    }
}
