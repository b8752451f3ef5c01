import Foundation
import Testbed
import Testing

/// Workbooks among the samples of the tests of tables; their README says what made them.
enum SampleWorkbook: String {
    case openpyxl = "openpyxl.xlsx"
    case xlwt = "xlwt.xls"
    case encrypted = "encrypted.xlsx"

    var bytes: Data {
        get throws {
            try Data(
                contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                    .deletingLastPathComponent().appending(path: "TabularTests/Samples/\(rawValue)"))
        }
    }
}

@Suite("An Excel workbook answers SQL")
struct ExcelQueryTests {
    @Test("A workbook is created, shown and queried through the service", arguments: [SampleWorkbook.openpyxl, .xlwt])
    func whole(sample: SampleWorkbook) async throws {
        let service = try await WellheadService.start()
        try sample.bytes.write(to: service.data.appending(path: "files/\(sample.rawValue)"))
        let source = try await service.create(["driver": "excel", "database": .text(sample.rawValue)])
        #expect(source["status"].text == "connected")
        let schema = try await service.call("GET /datasources/\(source["id"].text ?? "")/schema").json
        let orders = try #require(schema["tables"].list.first { $0["name"].text == "Orders" })
        #expect(orders["columns"].list.first { $0["name"].text == "day" }?["type"].text == "date")
        #expect(
            try await service.rows(source, "select id, code, price, day from Orders where id = ?", [3])
                == [[3, "003", "3.75", "2024-03-03"]])
        let one = try await service.create([
            "driver": "excel", "database": .text(sample.rawValue), "options": ["sheet": "orders"],
        ])
        let only = try await service.call("GET /datasources/\(one["id"].text ?? "")/schema").json
        #expect(only["tables"].list.map { $0["name"].text } == ["Orders"])
        #expect(await service.stop() == 0)
    }
}
