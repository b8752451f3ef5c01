import Foundation
import SourceModel
import Testing

@testable import WebAPI

/// What is written in `docs/` for people and what the code knows must not drift apart.
@Suite("The documentation")
struct DocumentationTests {
    private static func page(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/\(name).md"), encoding: .utf8)
    }

    /// The cells of the tables in a page, row by row.
    private static func rows(_ page: String) -> [[String]] {
        page.split(separator: "\n").filter { $0.hasPrefix("| ") }
            .map { row in
                row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces.union(["`"])) }
            }
    }

    @Test("errors.md has every code, with a stage that there is, and no other")
    func errors() throws {
        let rows = Self.rows(try Self.page("errors")).filter { $0.count == 4 && $0[0] != "stage" }
        #expect(Set(rows.map { $0[1] }) == Set(FailureCode.allCases.map(\.rawValue)))
        #expect(Set(rows.map { $0[0] }) == Set(Stage.allCases.map(\.rawValue)).union(["any"]))
    }

    @Test("errors.md has every warning, and no other")
    func warnings() throws {
        let rows = Self.rows(try Self.page("errors")).filter { $0.count == 2 && $0[0] != "code" }
        #expect(Set(rows.map { $0[0] }) == Set(Warning.Code.allCases.map(\.rawValue)))
    }

    @Test("contract.md has every field and every endpoint")
    func contract() throws {
        let page = try Self.page("contract")
        for name in Field.allCases.map(\.rawValue) + Field.readOnly + Field.aliases.keys {
            #expect(page.contains("`\(name)`"), "\(name)")
        }
        for endpoint in Endpoint.allCases { #expect(page.contains("`\(endpoint.rawValue)`"), "\(endpoint)") }
        for relation in RecordQuery.Filter.Relation.allCases where relation != .equal {
            #expect(page.contains(relation.rawValue), "\(relation)")
        }
    }
}
