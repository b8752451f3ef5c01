import Results
import SourceModel
import Testing

@testable import Tabular

@Suite("A column's type fits all of its values and changes none")
struct TypeTests {
    /// A column's fields, its type, and its values in JSON.
    static let columns: [(fields: [String], type: String, values: [String])] = [
        (["1", "-20", "0", ""], "integer", ["1", "-20", "0", "null"]),
        (["9007199254740992", "-9007199254740992"], "integer", ["9007199254740992", "-9007199254740992"]),
        (["9007199254740993", "1"], "integer", ["\"9007199254740993\"", "\"1\""]),
        (
            ["9223372036854775807", "-9223372036854775808"], "integer",
            ["\"9223372036854775807\"", "\"-9223372036854775808\""]
        ),
        (["9223372036854775808", "1"], "text", ["\"9223372036854775808\"", "\"1\""]),
        (["12345678901234567890"], "text", ["\"12345678901234567890\""]),
        (["007", "8"], "text", ["\"007\"", "\"8\""]), (["+1"], "text", ["\"+1\""]), (["-0"], "text", ["\"-0\""]),
        (["1234567"], "integer", ["1234567"]), (["0123456"], "text", ["\"0123456\""]), ([" 1"], "text", ["\" 1\""]),
        (["1,000"], "text", ["\"1,000\""]), (["1", "x"], "text", ["\"1\"", "\"x\""]),
        (["24.90", "5.00", "-0.05"], "decimal", ["\"24.90\"", "\"5.00\"", "\"-0.05\""]),
        (["24.9", "5", "0.125"], "decimal", ["\"24.9\"", "\"5\"", "\"0.125\""]),
        (["123456789012.345", "0.001"], "decimal", ["\"123456789012.345\"", "\"0.001\""]),
        (["0.1234567890123456"], "decimal", ["\"0.1234567890123456\""]),
        (["0.12345678901234567890"], "text", ["\"0.12345678901234567890\""]),
        (["1234567890.123456789"], "text", ["\"1234567890.123456789\""]),
        (["9999999999999.99", "0.01"], "decimal", ["\"9999999999999.99\"", "\"0.01\""]),
        (["1.5e3", "1e-7", "2.5E+2"], "decimal", ["\"1500\"", "\"0.0000001\"", "\"250\""]),
        (["1E10"], "text", ["\"1E10\""]), (["1e999"], "text", ["\"1e999\""]), (["1.0e999"], "text", ["\"1.0e999\""]),
        ([".5", "-.25"], "decimal", ["\"0.5\"", "\"-0.25\""]), (["5."], "text", ["\"5.\""]),
        (["00.5"], "text", ["\"00.5\""]), (["-0.0"], "text", ["\"-0.0\""]), (["0.0"], "decimal", ["\"0.0\""]),
        (["1.2.3"], "text", ["\"1.2.3\""]), (["-"], "text", ["\"-\""]), (["."], "text", ["\".\""]),
        (["NaN"], "text", ["\"NaN\""]), (["0x1F"], "text", ["\"0x1F\""]),
        (["9007199254740993", "0.5"], "text", ["\"9007199254740993\"", "\"0.5\""]),
        (["true", "FALSE", "True", ""], "boolean", ["true", "false", "true", "null"]),
        (["true", "1"], "text", ["\"true\"", "\"1\""]), (["tRUE"], "text", ["\"tRUE\""]),
        (["yes"], "text", ["\"yes\""]),
        (["2024-02-29", "1999-12-31"], "date", ["\"2024-02-29\"", "\"1999-12-31\""]),
        (["2023-02-29"], "text", ["\"2023-02-29\""]), (["2024-13-01"], "text", ["\"2024-13-01\""]),
        (["29.02.2024"], "text", ["\"29.02.2024\""]), (["2024-2-9"], "text", ["\"2024-2-9\""]),
        (
            ["2024-02-29 23:59:59", "2024-03-01 00:00:00.5"], "timestamp",
            ["\"2024-02-29T23:59:59\"", "\"2024-03-01T00:00:00.5\""]
        ),
        (
            ["2024-02-29T23:59:59Z", "2024-02-29T23:59:59+05:30"], "timestamp",
            ["\"2024-02-29T23:59:59Z\"", "\"2024-02-29T23:59:59+05:30\""]
        ),
        (
            ["2024-02-29T23:59:59", "2024-02-29 23:59:59"], "text",
            ["\"2024-02-29T23:59:59\"", "\"2024-02-29 23:59:59\""]
        ),
        (["2024-02-29", "2024-02-29 23:59:59"], "text", ["\"2024-02-29\"", "\"2024-02-29 23:59:59\""]),
        (["2024-02-29 24:00:00"], "text", ["\"2024-02-29 24:00:00\""]),
        (["2024-02-29 23:59"], "text", ["\"2024-02-29 23:59\""]),
        (["", ""], "text", ["null", "null"]), (["\"\"", "x"], "text", ["null", "\"x\""]),
        (["\"1\"", "\"2\""], "integer", ["1", "2"]),
    ]

    @Test("in the schema, in the result and in JSON", arguments: columns.indices)
    func column(index: Int) async throws {
        let (fields, type, values) = Self.columns[index]
        let desk = try Desk()
        let text = "v;k\n" + fields.map { "\($0);x\n" }.joined()
        let options = dialect {
            $0.header = true
            $0.delimiter = UInt8(ascii: ";")
            $0.decimalMark = UInt8(ascii: ".")
        }
        let reader = try await desk.reader(of: text, "t.csv", options)
        let result = try await reader.result("SELECT v FROM t")
        #expect(result.text == values.map { "{\"v\":\($0)}\n" }.joined())
        #expect(result.columns.map(\.type) == [type])
        let column = reader.lease.tables[0].columns[0]
        #expect(column.type.name == type)
        #expect(result.columns.map(\.jsonType) == [column.type.jsonType])
        #expect(column.isNullable == values.contains("null"))
        await reader.close()
    }

    @Test("and a comma before the fraction is a point in the result")
    func comma() async throws {
        let desk = try Desk()
        let reader = try await desk.reader(of: "v;w\n1,50;a.5\n-2,25;x\n")
        let result = try await reader.result("SELECT v, v * 2 AS d, w FROM t ORDER BY v")
        #expect(result.text == "{\"v\":\"-2.25\",\"d\":-4.5,\"w\":\"x\"}\n{\"v\":\"1.50\",\"d\":3.0,\"w\":\"a.5\"}\n")
        #expect(result.columns.map(\.type) == ["decimal", "real", "text"])
        #expect(result.columns.map(\.jsonType) == [.string, .any, .string])
        await reader.close()
    }

    @Test("Numbers are compared, sorted and summed as numbers, dates as dates")
    func meaning() async throws {
        let desk = try Desk()
        let reader = try await desk.reader(
            of: "n,p,d,b\n10,9.50,2024-02-29,true\n9,10.25,2023-01-01,false\n,,,\n")
        #expect(try await reader.result("SELECT n FROM t WHERE p > 9.9").text == "{\"n\":9}\n")
        #expect(try await reader.result("SELECT max(n) AS m, sum(n) AS s FROM t").text == "{\"m\":10,\"s\":19}\n")
        #expect(try await reader.result("SELECT p FROM t WHERE b").text == "{\"p\":\"9.50\"}\n")
        #expect(try await reader.result("SELECT n / 4 AS q FROM t WHERE d < date('2024-01-01')").text == "{\"q\":2}\n")
        #expect(try await reader.result("SELECT count(*) AS c FROM t WHERE n IS NULL").text == "{\"c\":1}\n")
        await reader.close()
    }

    @Test("A decimal of many digits is read as the nearest double, and is exact where that is written with its digits")
    func manyDigits() throws {
        var random = Xorshift(seed: 5)
        func check(_ text: String) throws {
            let bytes = Array(text.utf8)
            let (double, isExact) = try bytes.withUnsafeBytes { bytes in
                let number = try #require(NumberText(bytes, decimalMark: UInt8(ascii: ".")))
                return (number.double(bytes), number.isExactAsDouble(bytes))
            }
            let expected = try #require(Double(text))
            #expect(double.bitPattern == expected.bitPattern, "\(text)")
            // Zeros at the end are none of the digits that count here.
            guard !text.hasSuffix("0") else { return }
            #expect(isExact == (expected.description == text), "\(text)")
        }
        for round in 0..<200_000 {
            // As a division leaves them, over the range that is written without an exponent.
            let value = Double(random.next() >> 11) / Double(random.next() >> (11 + UInt64(round) % 40) + 3)
            let text = value.description
            guard value < 1e15, value > 1e-3 else { continue }
            try check(text)
            for change in [-1, 1] {
                guard let last = text.last?.wholeNumberValue, (0...9).contains(last + change) else { continue }
                try check(text.dropLast() + "\(last + change)")
            }
            try check(text + "\(random.next() % 9 + 1)")
        }
        for _ in 0..<50_000 {
            let digits = String(random.next() % 10_000_000_000_000_000_000)
            let point = Int(random.next() % UInt64(digits.count))
            try check("\(point == 0 ? "0" : digits.prefix(point)).\(digits.dropFirst(point))")
        }
    }
}
