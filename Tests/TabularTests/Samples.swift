import Foundation
import SourceModel

@testable import Tabular

/// The workbooks in `Samples/`, whose README says what made them.
enum Samples {
    static func url(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Samples").appending(path: name)
    }

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }
}

extension Desk {
    func lease(sample name: String, _ options: ExcelOptions = ExcelOptions()) async throws(SourceFailure)
        -> TabularLease
    {
        try await cache.lease(Samples.url(name).path, named: name, as: .excel(options))
    }

    func reader(ofSample name: String, _ options: ExcelOptions = ExcelOptions()) async throws -> TabularReader {
        let reader = TabularReader(try await lease(sample: name, options))
        try await reader.open()
        return reader
    }

    /// The tables of a workbook with these bytes.
    func lease(workbook bytes: [UInt8], _ options: ExcelOptions = ExcelOptions()) async throws -> TabularLease {
        try write(bytes, to: "t.xlsx")
        return try await cache.lease(path("t.xlsx"), named: "t.xlsx", as: .excel(options))
    }
}

extension TabularReader {
    /// A table's rows, each value as the text that it would be in a column of text, up to the last that is there.
    nonisolated func texts(of table: TabularTable) async throws -> [[String?]] {
        let answer = try await result("SELECT * FROM \(ColumnNames.quoted(table.name))").text
        return try answer.split(separator: "\n").map { line in
            // Names may not be in an order that a dictionary keeps: each value is looked up by its column's.
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            var texts = table.columns.map { column -> String? in
                switch object[column.name] {
                case let text as String where column.type == .timestamp: text.replacing("T", with: " ")
                case let text as String where text.count > 1000:
                    "\(text.prefix(1)) and so on, \(text.count) characters"
                case let text as String: text
                case let flag as Bool where column.type == .boolean: flag ? "TRUE" : "FALSE"
                case let number as NSNumber: number.stringValue
                default: nil
                }
            }
            while let last = texts.last, last == nil { texts.removeLast() }
            return texts
        }
    }
}
