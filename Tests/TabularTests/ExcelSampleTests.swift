import Foundation
import SourceModel
import Testing

@testable import Tabular

@Suite("Workbooks that other programs made are read as other libraries read them")
struct ExcelSampleTests {
    /// Workbooks, their sheets, and the sheets' rows as text, as openpyxl and xlrd read them.
    static let expected: [String: [String: [[String?]]]] = {
        guard let data = try? Data(contentsOf: Samples.url("expected.json")),
            let read = try? JSONDecoder().decode([String: [String: [[String?]]]].self, from: data)
        else { return [:] }
        return read
    }()

    @Test("There are expectations for every workbook")
    func complete() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Samples.url("").path)
        let workbooks = names.filter { $0.hasSuffix(".xlsx") || $0.hasSuffix(".xls") }
        #expect(Set(workbooks).subtracting(["encrypted.xlsx"]) == Set(Self.expected.keys))
        #expect(workbooks.count >= 8)
    }

    @Test("Value by value", arguments: expected.keys.sorted())
    func values(file: String) async throws {
        let sheets = try #require(Self.expected[file])
        let desk = try Desk()
        var options = ExcelOptions()
        // With their headers columns are of mixed kinds, and become text.
        options.header = false
        let reader = try await desk.reader(ofSample: file, options)
        #expect(Set(reader.lease.tables.map(\.name)) == Set(sheets.keys))
        for table in reader.lease.tables {
            let rows = try await reader.texts(of: table)
            let wanted = try #require(sheets[table.name])
            #expect(rows.count == wanted.count && table.rows == wanted.count)
            for (row, wanted) in zip(rows, wanted) where row != wanted {
                Issue.record("\(file), \(table.name): \(row) where \(wanted) is expected")
            }
        }
        await reader.close()
    }

    static let columns: [(file: String, sheet: String, columns: [String])] = [
        (
            "openpyxl.xlsx", "Orders",
            [
                "id integer", "code text", "price decimal", "paid boolean", "day date", "moment timestamp",
                "clock time", "took time", "share decimal (percentage: 0.125 is 12.5 %)", "note text?",
            ]
        ),
        (
            "libreoffice.xls", "Orders",
            [
                "id integer", "code text", "price decimal", "paid boolean", "day date", "moment timestamp",
                "clock time", "took time", "share decimal (percentage: 0.125 is 12.5 %)", "note text?",
            ]
        ),
        (
            "xlwt.xls", "Orders",
            [
                "id integer", "code text", "price decimal", "paid boolean", "day date", "moment timestamp",
                "clock time", "share decimal (percentage: 0.125 is 12.5 %)", "note text?",
            ]
        ),
        ("openpyxl.xlsx", "Wild things", ["name text?", "value text?", "column_3 text?", "late text?"]),
        ("openpyxl-1904.xlsx", "From 1904", ["column_1 integer", "column_2 date"]),
        ("xlsxwriter-stream.xlsx", "Sheet1", ["column_1 text", "column_2 integer", "column_3 decimal"]),
    ]

    @Test("Columns have names and types", arguments: columns.indices)
    func types(index: Int) async throws {
        let (file, sheet, columns) = Self.columns[index]
        let desk = try Desk()
        let lease = try await desk.lease(sample: file)
        let table = try #require(lease.tables.first { $0.name == sheet })
        let found = table.columns.map { column in
            "\(column.name) \(column.type.name)\(column.isNullable ? "?" : "")"
                + (column.comment.map { " (\($0))" } ?? "")
        }
        #expect(found == columns)
        #expect(table.kind == .sheet)
    }

    @Test("Sheets that are hidden, what is NULL, and what is left out is told")
    func notes() async throws {
        let desk = try Desk()
        let lease = try await desk.lease(sample: "openpyxl.xlsx")
        #expect(
            lease.tables.map { "\($0.name): \($0.comment ?? "")" } == [
                "Orders: ",
                "Wild things: an error value is NULL: #N/A in D10; a formula without a stored value is NULL: D11",
                "Hidden: hidden sheet", "Very hidden: very hidden sheet",
            ])
        #expect(lease.summary == "Excel workbook (.xlsx), 4 sheets, 1 empty sheet left out, dates from 1900")
        let old = try await desk.lease(sample: "xlwt.xls")
        #expect(old.tables.map(\.comment) == [nil, nil, "hidden sheet"])
        #expect(old.summary == "Excel 97-2003 workbook (.xls), 3 sheets, dates from 1900")
        let mac = try await desk.lease(sample: "openpyxl-1904.xlsx")
        #expect(mac.summary == "Excel workbook (.xlsx), 1 sheet, dates from 1904")
    }

    @Test("A statement may read and join every sheet of the file, and nothing else")
    func joins() async throws {
        let desk = try Desk()
        let reader = try await desk.reader(ofSample: "openpyxl.xlsx")
        let joined = try await reader.result(
            "SELECT o.code, h.a FROM Orders o JOIN hidden h ON h.a = o.id JOIN \"Wild things\" w ON w.value = 'TRUE'")
        #expect(joined.text == #"{"code":"001","a":1}"# + "\n")
        for refused in ["SELECT * FROM sqlite_master", "SELECT * FROM Empty", "DELETE FROM Orders"] {
            #expect(try await reader.failure(refused) != nil)
        }
        await reader.close()
    }

    @Test("One sheet alone is read by its name, capitals or not", arguments: ["hidden", "HIDDEN", "Hidden"])
    func oneSheet(name: String) async throws {
        let desk = try Desk()
        var options = ExcelOptions()
        options.sheet = name
        let lease = try await desk.lease(sample: "openpyxl.xlsx", options)
        #expect(lease.tables.map(\.name) == ["Hidden"])
        options.sheet = "Ordres"
        let failure = await #expect(throws: SourceFailure.self) {
            try await desk.lease(sample: "openpyxl.xlsx", options)
        }
        #expect(failure?.code == .fileNotFound)
        #expect(failure?.message == "openpyxl.xlsx has no sheet Ordres.")
        #expect(failure?.hint == "Set options.sheet to one of these: Orders, Wild things, Hidden, Very hidden, Empty.")
    }

    static let others: [(file: String, code: FailureCode, message: String)] = [
        ("encrypted.xlsx", .fileForbidden, "encrypted.xlsx is encrypted with a password."),
        ("libreoffice.ods", .fileMalformed, "libreoffice.ods is no Excel workbook but an OpenDocument file (.ods)."),
        ("expected.json", .fileMalformed, "expected.json is no Excel workbook but a text file, such as CSV."),
    ]

    @Test("What is no workbook is named by what it is", arguments: others.indices)
    func otherKinds(index: Int) async throws {
        let (file, code, message) = Self.others[index]
        let desk = try Desk()
        let failure = await #expect(throws: SourceFailure.self) { try await desk.lease(sample: file) }
        #expect(failure?.code == code)
        #expect(failure?.message == message)
        #expect(failure?.stage == .open)
    }
}
