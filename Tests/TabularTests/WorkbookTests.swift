import Foundation
import SourceModel
import Testing

@testable import Tabular

@Suite("A workbook's cells become rows with types")
struct WorkbookTests {
    private static func result(
        _ workbook: WorkbookText, header: Bool? = nil, sql: String = "SELECT * FROM S"
    ) async throws -> (rows: String, columns: [String], comment: String?) {
        let desk = try Desk()
        var options = ExcelOptions()
        options.header = header
        let reader = TabularReader(try await desk.lease(workbook: workbook.bytes(), options))
        try await reader.open()
        let rows = try await reader.result(sql).text.split(separator: "\n").joined(separator: " ")
        await reader.close()
        let table = reader.lease.tables[0]
        return (rows, table.columns.map { "\($0.name) \($0.type.name)" }, table.comment)
    }

    private static func row(_ number: Int, _ cells: String) -> String { "<row r='\(number)'>\(cells)</row>" }
    private static func text(_ place: String, _ text: String) -> String {
        "<c r='\(place)' t='inlineStr'><is><t>\(text)</t></is></c>"
    }

    static let cells: [(cell: String, json: String, type: String)] = [
        ("<v>7</v>", "7", "integer"), ("<v>-7</v>", "-7", "integer"), ("<v>5.0</v>", "5", "integer"),
        ("<v>0.1</v>", #""0.1""#, "decimal"), ("<v>0.10000000000000001</v>", #""0.1""#, "decimal"),
        ("<v>1E-3</v>", #""0.001""#, "decimal"), ("<v>1.5E+20</v>", #""150000000000000000000""#, "decimal"),
        ("<v>9007199254740993</v>", #""9007199254740993""#, "integer"),
        ("<v>12345678901234567890</v>", #""12345678901234567890""#, "text"),
        ("<v>0.1234567890123456789</v>", #""0.1234567890123456789""#, "text"), ("<v>-0</v>", "0", "integer"),
    ]

    @Test("Numbers keep what the file says", arguments: cells.indices)
    func numbers(index: Int) async throws {
        let (cell, json, type) = Self.cells[index]
        let result = try await Self.result(WorkbookText(Self.row(1, "<c r='A1'>\(cell)</c>")), header: false)
        #expect(result.rows == "{\"column_1\":\(json)}")
        #expect(result.columns == ["column_1 \(type)"])
    }

    static let moments: [(format: String, value: String, json: String)] = [
        ("14", "45351", #""2024-02-29""#), ("14", "1", #""1900-01-01""#), ("14", "59", #""1900-02-28""#),
        ("14", "60", "60"), ("14", "61", #""1900-03-01""#), ("14", "0", #""1899-12-31""#),
        ("14", "2958465", #""9999-12-31""#), ("14", "2958466", "2958466"), ("14", "-1", "-1"),
        ("22", "45351.75", #""2024-02-29T18:00:00""#), ("14", "45351.75", #""2024-02-29T18:00:00""#),
        ("22", "45351.999999999", #""2024-03-01T00:00:00""#), ("22", "45351.0000000116", #""2024-02-29T00:00:00.001""#),
        ("18", "0.75", #""18:00:00""#), ("20", "0", #""00:00:00""#), ("47", "0.000011574", #""00:00:01""#),
        ("46", "1.0625", #""25:30:00""#), ("46", "100.5", #""2412:00:00""#),
        ("18", "45351.75", #""2024-02-29T18:00:00""#),
        ("9", "0.125", #""0.125""#), ("27", "45351", #""2024-02-29""#), ("34", "0.5", #""12:00:00""#),
        ("52", "45351", #""2024-02-29""#), ("yyyy\\-mm\\-dd", "45351", #""2024-02-29""#),
        ("[$-409]d\\.\\ mmmm\\ yyyy;@", "45351", #""2024-02-29""#), ("&quot;day &quot;0", "45351", "45351"),
        ("0.00E+00", "45351", "45351"), ("[Red]0", "45351", "45351"), ("General", "45351", "45351"),
        ("GENERAL&quot;d&quot;", "45351", "45351"), ("h:mm AM/PM", "0.5", #""12:00:00""#),
        ("mm:ss", "0.5", #""12:00:00""#),
        ("mmm", "45351", #""2024-02-29""#), ("ggge&quot;年&quot;", "45351", #""2024-02-29""#),
        ("[hh]", "2", #""48:00:00""#),
        ("0;yyyy", "45351", "45351"), ("_(* #,##0_);_(@_)", "45351", "45351"), ("#,##0\\ &quot;h&quot;", "3", "3"),
    ]

    @Test("Number formats tell dates, times and durations", arguments: moments.indices)
    func formats(index: Int) async throws {
        let (format, value, json) = Self.moments[index]
        var workbook = WorkbookText(Self.row(1, "<c r='A1' s='0'><v>\(value)</v></c>"))
        workbook.formats = [format]
        let result = try await Self.result(workbook, header: false)
        #expect(result.rows == "{\"column_1\":\(json)}", "\(format)")
    }

    @Test("Days are counted from 1904 where the workbook says so", arguments: ["1", "true"])
    func from1904(flag: String) async throws {
        var workbook = WorkbookText(
            Self.row(1, "<c r='A1' s='0'><v>0</v></c>") + Self.row(2, "<c r='A2' s='0'><v>43889</v></c>"))
        workbook.formats = ["14"]
        workbook.workbookProperties = "<workbookPr date1904='\(flag)'/>"
        let result = try await Self.result(workbook, header: false)
        #expect(result.rows == #"{"column_1":"1904-01-01"} {"column_1":"2024-02-29"}"#)
    }

    @Test("Texts are shared, inline, rich, or a formula's, escaped, and without what is to be read aloud")
    func texts() async throws {
        var workbook = WorkbookText(
            Self.row(
                1,
                "<c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v>1</v></c><c r='C1' t='str'><f>X</f><v>a&amp;b</v></c>"
                    + "<c r='D1' t='inlineStr'><is><r><t>x</t></r><r><t xml:space='preserve'> y</t></r></is></c>"
                    + "<c r='E1' t='s'><v>2</v></c>"))
        workbook.strings = [
            "<r><t>ri</t></r><r><rPr/><t>ch</t></r><rPh><t>aloud</t></rPh>",
            "<t>a_x0041__x005F_x0041_ _xZZZZ_ _x0000_</t>", "<t/>",
        ]
        let result = try await Self.result(workbook, header: false)
        #expect(
            result.rows
                == ##"{"column_1":"rich","column_2":"aA_x0041_ _xZZZZ_ _x0000_","column_3":"a&b","column_4":"x y"}"##)
    }

    @Test("A text that is told in many pieces is one, however long", arguments: [1, 100, 1_000, 40_000])
    func longText(count: Int) async throws {
        let piece = "x_x0041_&lt;\n"
        let text = String(repeating: piece, count: count)
        var workbook = WorkbookText(
            Self.row(
                1,
                "<c r='A1' t='s'><v>0</v></c><c r='B1' t='inlineStr'><is><t>\(text)</t></is></c><c r='C1'><v>7</v></c>")
        )
        workbook.strings = ["<t>\(text)</t>"]
        let result = try await Self.result(
            workbook, header: false,
            sql:
                "SELECT length(column_1) AS n, column_1 = column_2 AS e, replace(column_1, 'xA<' || char(10), '') AS r, "
                + "column_3 AS k FROM S")
        #expect(result.rows == #"{"n":\#(4 * count),"e":1,"r":"","k":7}"#)
    }

    @Test("Truth values, errors, and formulas that nobody has worked out")
    func others() async throws {
        let workbook = WorkbookText(
            Self.row(1, "<c r='A1' t='b'><v>1</v></c><c r='B1'><v>1</v></c><c r='C1' t='d'><v>2024-02-29</v></c>")
                + Self.row(
                    2,
                    "<c r='A2' t='b'><v>0</v></c><c r='B2' t='e'><v>#DIV/0!</v></c><c r='C2' t='d'><v>2024-02-29T01:02:03.5</v></c>"
                )
                + Self.row(3, "<c r='A3'><f>TRUE()</f></c><c r='B3' t='e'><v>#N/A</v></c>"))
        let result = try await Self.result(workbook, header: false)
        #expect(result.columns == ["column_1 boolean", "column_2 integer", "column_3 timestamp"])
        #expect(
            result.rows == #"{"column_1":true,"column_2":1,"column_3":"2024-02-29T00:00:00"} "#
                + #"{"column_1":false,"column_2":null,"column_3":"2024-02-29T01:02:03.500"}"#)
        #expect(
            result.comment == "2 error values are NULL, the first is #DIV/0! in B2; "
                + "a formula without a stored value is NULL: A3")
    }

    @Test("A column of mixed kinds is text from its first row on, and no value changes")
    func mixed() async throws {
        var workbook = WorkbookText(
            Self.row(
                1,
                "<c r='A1'><v>1</v></c><c r='B1' t='b'><v>1</v></c><c r='C1' s='1'><v>45351</v></c><c r='D1'><v>1</v></c>"
            )
                + Self.row(
                    2, "<c r='A2'><v>0.5</v></c><c r='B2'><v>1</v></c><c r='C2'><v>7</v></c><c r='D2'><v>1.5</v></c>")
                + Self.row(3, Self.text("A3", "n/a") + "<c r='D3'><v>2</v></c>")
                + Self.row(4, "<c r='A4'><v>1E+20</v></c><c r='B4' t='b'><v>0</v></c>"))
        workbook.formats = ["0", "14"]
        let result = try await Self.result(workbook, header: false)
        #expect(result.columns == ["column_1 text", "column_2 text", "column_3 text", "column_4 decimal"])
        #expect(
            result.rows == #"{"column_1":"1","column_2":"TRUE","column_3":"2024-02-29","column_4":"1"} "#
                + #"{"column_1":"0.5","column_2":"1","column_3":"7","column_4":"1.5"} "#
                + #"{"column_1":"n/a","column_2":null,"column_3":null,"column_4":"2"} "#
                + #"{"column_1":"100000000000000000000","column_2":"FALSE","column_3":null,"column_4":null}"#)
    }

    static let headers: [(rows: [String], header: Bool?, columns: [String], count: Int)] = [
        ([text("B3", "id") + text("C3", "id"), "<c r='B4'><v>1</v></c>"], nil, ["id integer", "id_2 text"], 1),
        (["<c r='B3'><v>1</v></c>", "<c r='B4'><v>2</v></c>"], nil, ["column_1 integer"], 2),
        (["<c r='B3'><v>2023</v></c>", "<c r='B4'><v>2</v></c>"], true, ["2023 integer"], 1),
        ([text("B3", "a"), text("B4", "b")], nil, ["a text"], 1),
        ([text("B3", "a"), text("B4", "b")], false, ["column_1 text"], 2),
        (
            [text("B3", "total"), "<c r='B4'><v>1</v></c><c r='D4'><v>1</v></c>"], nil,
            ["total integer", "column_2 text", "column_3 integer"], 1
        ),
        ([text("B3", "a")], nil, ["a text"], 0),
    ]

    @Test(
        "The first row that is not empty is the header, or is not; what is empty around the table is left out",
        arguments: headers.indices)
    func header(index: Int) async throws {
        let (rows, header, columns, count) = Self.headers[index]
        let data = rows.enumerated().map { Self.row($0.offset + 3, $0.element) }.joined()
        let result = try await Self.result(
            WorkbookText(Self.row(1, "") + "<row r='2'><c r='A2' s='1'/></row>" + data), header: header)
        #expect(result.columns == columns)
        #expect(result.rows.split(separator: "}").count == count)
    }

    @Test("Columns may begin further left, and end further right, than the first rows show")
    func late() async throws {
        var data = ""
        for number in 1...300 { data += Self.row(number, "<c r='C\(number)'><v>\(number)</v></c>") }
        data +=
            Self.row(301, "<c r='A301'><v>1</v></c><c r='F301'><v>2</v></c>")
            + Self.row(400, "<c r='B400'><v>3</v></c>")
        let sql =
            "SELECT count(*) AS n, sum(column_1) AS a, sum(column_2) AS b, sum(column_3) AS c, sum(column_6) AS f FROM S"
        let result = try await Self.result(WorkbookText(data), header: false, sql: sql)
        #expect(result.rows == #"{"n":302,"a":1,"b":3,"c":45150,"f":2}"#)
        #expect(result.columns.count == 6)
    }

    @Test("Merged areas are found where the sheet has gaps between its rows", arguments: 1...5)
    func mergedWithGaps(area: Int) async throws {
        let numbers = [1, 4, 5, 20, 21, 40]
        let data = numbers.map { Self.row($0, "<c r='A\($0)'><v>\($0)</v></c><c r='B\($0)'><v>0</v></c>") }.joined()
        // Each has its second row, and no other, with a value that is covered.
        let rows = (numbers[area - 1], numbers[area])
        let result = try await Self.result(
            WorkbookText(data, after: "<mergeCells><mergeCell ref='A\(rows.0):A\(rows.1)'/></mergeCells>"),
            header: false,
            sql: "SELECT column_1 FROM S")
        let expected = numbers.map { "{\"column_1\":\($0 == rows.1 ? "null" : String($0))}" }
        #expect(result.rows == expected.joined(separator: " "))
    }

    @Test("Cells that areas cover are taken out, whichever way the areas lie")
    func sweep() throws {
        var random = Xorshift(seed: 11)
        func next(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        let sheet = SheetFacts(file: "t.xlsx", name: "S", visibility: .visible)
        for _ in 0..<200 {
            let areas = (0..<next(12)).compactMap { _ in
                let first = CellPlace(row: 1 + next(8), column: next(8))
                return MergedArea(first, CellPlace(row: first.row + next(4), column: first.column + next(4)))
            }
            var sweep = MergedSweep(areas)
            for number in 1...12 where next(4) > 0 {
                var row = SheetRow()
                row.begin(number)
                for column in 0..<12 where next(4) > 0 { row.add(.integer(1), at: column) }
                let expected = row.cells.map(\.column).filter { column in
                    !areas.contains { $0.covers(row: number, column: column) }
                }
                try sweep.clear(&row, of: sheet)
                #expect(row.cells.map(\.column) == expected, "row \(number) in \(areas)")
            }
        }
    }

    @Test("What merged areas cover is NULL, in the header too, even where the file still has values")
    func merged() async throws {
        let data =
            Self.row(1, Self.text("A1", "a") + Self.text("B1", "b") + Self.text("C1", "c"))
            + Self.row(2, "<c r='A2'><v>1</v></c><c r='B2'><v>2</v></c><c r='C2'><v>3</v></c>")
            + Self.row(5, "<c r='A5'><v>4</v></c><c r='B5'><v>5</v></c>" + Self.text("C5", "six"))
        let after =
            "<mergeCells><mergeCell ref='B1:C1'/><mergeCell ref='A2:A5'/><mergeCell ref='C5:D9'/><mergeCell ref='B2'/></mergeCells>"
        let result = try await Self.result(WorkbookText(data, after: after))
        #expect(result.columns == ["a integer", "b integer", "column_3 text"])
        #expect(result.rows == #"{"a":1,"b":2,"column_3":"3"} {"a":null,"b":5,"column_3":"six"}"#)
    }

    @Test("Places that are not written follow one another, and prefixes are whoever's they are")
    func bare() async throws {
        var workbook = WorkbookText("")
        workbook.parts["xl/worksheets/0.xml"] =
            "<x:worksheet xmlns:x='u'><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c t='n'><x:v>2</x:v></x:c></x:row>"
            + "<x:row><x:c/><x:c><x:v>3</x:v></x:c></x:row></x:sheetData></x:worksheet>"
        let result = try await Self.result(workbook, header: false)
        #expect(result.rows == #"{"column_1":1,"column_2":2} {"column_1":null,"column_2":3}"#)
    }

    @Test("Sheets whose names are the same but for capitals, or SQLite's own, have names of their own")
    func names() async throws {
        var workbook = WorkbookText(Self.row(1, "<c><v>1</v></c>"), named: "Data")
        for name in ["DATA", "sqlite_master", " ", "a &quot;b&quot;"] {
            workbook.sheets.append((name, Self.row(1, "<c><v>2</v></c>"), ""))
        }
        let desk = try Desk()
        let lease = try await desk.lease(workbook: workbook.bytes())
        #expect(lease.tables.map(\.name) == ["Data", "DATA_2", "_sqlite_master", "sheet_4", "a \"b\""])
    }
}
