import Results
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("MySQL and MariaDB: values")
struct MySQLValueTests {
    /// A column's type, literals of SQL for it, and what the result shows: the type and the values in JSON.
    struct Case {
        let type: String
        var shown: String?
        let json: JSONType
        let values: [(literal: String, json: String)]

        init(_ type: String, shown: String? = nil, _ json: JSONType, _ values: [(String, String)]) {
            self.type = type
            self.shown = shown
            self.json = json
            self.values = values + [("null", "null")]
        }
    }

    static let numbers: [Case] = [
        Case("tinyint", .number, [("-128", "-128"), ("127", "127"), ("0", "0")]),
        Case("tinyint(1)", .number, [("true", "1"), ("false", "0")]),
        Case("tinyint unsigned", .number, [("0", "0"), ("255", "255")]),
        Case("smallint", .number, [("-32768", "-32768"), ("32767", "32767")]),
        Case("smallint unsigned", .number, [("65535", "65535")]),
        Case("mediumint", .number, [("-8388608", "-8388608"), ("8388607", "8388607")]),
        Case("mediumint unsigned", .number, [("16777215", "16777215")]),
        Case("int", .number, [("-2147483648", "-2147483648"), ("2147483647", "2147483647")]),
        Case("int unsigned", .number, [("4294967295", "4294967295")]),
        Case(
            "bigint", .string,
            [("-9223372036854775808", "\"-9223372036854775808\""), ("9223372036854775807", "\"9223372036854775807\"")]),
        Case("bigint unsigned", .string, [("18446744073709551615", "\"18446744073709551615\""), ("0", "\"0\"")]),
        Case(
            "decimal(65,30)", .string,
            [
                (
                    "-99999999999999999999999999999999999.999999999999999999999999999999",
                    "\"-99999999999999999999999999999999999.999999999999999999999999999999\""
                ), ("0.1", "\"0.100000000000000000000000000000\""),
            ]),
        Case("decimal(10,2)", .string, [("12.50", "\"12.50\""), ("-0.01", "\"-0.01\"")]),
        Case("decimal(5,0)", .string, [("99999", "\"99999\"")]),
        Case(
            "float", .number,
            [("0.1", "0.1"), ("-3.4028234e38", "-3.4028235e+38"), ("1", "1"), ("1.17549435e-38", "1.1754944e-38")]),
        Case(
            "double", .number,
            [
                ("0.1", "0.1"), ("1.7976931348623157e308", "1.7976931348623157e+308"), ("-2.5", "-2.5"), ("3", "3"),
                ("2.2250738585072014e-308", "2.2250738585072014e-308"), ("123456789012", "123456789012"),
            ]),
        Case("year", .number, [("1901", "1901"), ("2155", "2155"), ("0", "0")]),
    ]

    static let times: [Case] = [
        Case(
            "date", .string,
            [
                ("'1000-01-01'", "\"1000-01-01\""), ("'9999-12-31'", "\"9999-12-31\""),
                ("'0000-00-00'", "\"0000-00-00\""), ("'2024-02-00'", "\"2024-02-00\""),
            ]),
        Case(
            "datetime", .string,
            [
                ("'1000-01-01 00:00:00'", "\"1000-01-01T00:00:00\""),
                ("'9999-12-31 23:59:59'", "\"9999-12-31T23:59:59\""), ("'0000-00-00'", "\"0000-00-00T00:00:00\""),
            ]),
        Case(
            "datetime(6)", .string,
            [
                ("'2024-02-29 23:59:59.000001'", "\"2024-02-29T23:59:59.000001\""),
                ("'2024-02-29 00:00:00'", "\"2024-02-29T00:00:00.000000\""),
            ]),
        Case("datetime(3)", .string, [("'2024-02-29 23:59:59.120'", "\"2024-02-29T23:59:59.120\"")]),
        // Written in a session of +02:00.
        Case(
            "timestamp", .string,
            [
                ("'2024-03-31 02:30:00'", "\"2024-03-31T00:30:00Z\""),
                ("'1970-01-01 02:00:01'", "\"1970-01-01T00:00:01Z\""),
            ]
        ),
        Case("timestamp(6)", .string, [("'2024-02-29 01:00:00.5'", "\"2024-02-28T23:00:00.500000Z\"")]),
        Case(
            "time", .string,
            [
                ("'-838:59:59'", "\"-838:59:59\""), ("'838:59:59'", "\"838:59:59\""), ("'00:00:00'", "\"00:00:00\""),
                ("'-00:00:01'", "\"-00:00:01\""), ("'23:05:09'", "\"23:05:09\""),
            ]),
        Case("time(6)", .string, [("'-25:00:00.000001'", "\"-25:00:00.000001\""), ("'0'", "\"00:00:00.000000\"")]),
        Case("time(2)", .string, [("'01:02:03.45'", "\"01:02:03.45\"")]),
    ]

    static let texts: [Case] = [
        Case("char(5)", .string, [("'ab '", "\"ab\""), ("''", "\"\"")]),
        Case("varchar(20)", .string, [("'zwölf 🔑'", "\"zwölf 🔑\""), ("'a\"b\\\\c\\n'", "\"a\\\"b\\\\c\\n\"")]),
        Case(
            "varchar(20) character set latin1", shown: "varchar(20)", .string, [("'zwölf €'", "\"zwölf €\"")]),
        Case("tinytext", .string, [("'t'", "\"t\"")]), Case("text", .string, [("'t'", "\"t\"")]),
        Case("mediumtext", .string, [("'t'", "\"t\"")]), Case("longtext", .string, [("'t'", "\"t\"")]),
        Case("enum('small','lärge')", shown: "enum", .string, [("'lärge'", "\"lärge\""), ("1", "\"small\"")]),
        Case("set('a','b','c')", shown: "set", .string, [("'a,c'", "\"a,c\""), ("''", "\"\"")]),
        Case("binary(4)", .string, [("x'00ff'", "\"AP8AAA==\"")]),
        Case("varbinary(7)", .string, [("x'00ff10'", "\"AP8Q\""), ("''", "\"\"")]),
        Case("tinyblob", .string, [("x'c328'", "\"wyg=\"")]), Case("blob", .string, [("'abc'", "\"YWJj\"")]),
        Case("mediumblob", .string, [("'abc'", "\"YWJj\"")]), Case("longblob", .string, [("'abc'", "\"YWJj\"")]),
        Case("bit(1)", .string, [("b'1'", "\"AQ==\"")]),
        Case("bit(12)", .string, [("b'101010101010'", "\"Cqo=\"")]),
        Case(
            "bit(64)", .string,
            [("b'1111111111111111111111111111111111111111111111111111111111111111'", "\"//////////8=\"")]),
        Case(
            "json", .any,
            [
                ("'[1, 2.5, \"a\", null, true]'", "[1, 2.5, \"a\", null, true]"), ("'{}'", "{}"), ("'\"x\"'", "\"x\""),
                ("'null'", "null"),
            ]),
    ]

    /// MariaDB keeps the point as `point`; MySQL says `geometry` of each.
    static func further(_ server: MySQLBench) -> [Case] {
        // SRID 4326 in little-endian order, then WKB.
        let point = "\"5hAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==\""
        let made = "ST_GeomFromText('POINT(1 2)', 4326\(server == .mySQL ? ", 'axis-order=long-lat'" : ""))"
        let spatial = Case("point", shown: server == .mySQL ? "geometry" : "point", .string, [(made, point)])
        switch server {
        case .mySQL: return [spatial, Case("vector(2)", .string, [("to_vector('[1,2]')", "\"AACAPwAAAEA=\"")])]
        case .mariaDB:
            return [
                spatial, Case("inet6", .string, [("'2001:db8::1'", "\"2001:db8::1\"")]),
                Case("inet4", .string, [("'10.0.0.7'", "\"10.0.0.7\"")]),
                Case(
                    "uuid", .string,
                    [
                        (
                            "'123e4567-e89b-12d3-a456-426655440000'", "\"123e4567-e89b-12d3-a456-426655440000\""
                        )
                    ]),
            ]
        }
    }

    @Test("Every type comes exact, with the server's name of it", arguments: MySQLBench.here)
    func everyType(server: MySQLBench) async throws {
        let cases = Self.numbers + Self.times + Self.texts + Self.further(server)
        try await server.withDatabase { database in
            var sql = "set sql_mode = 'ALLOW_INVALID_DATES'; set time_zone = '+02:00'; use \(database);\n"
            for (index, item) in cases.enumerated() {
                sql += "create table c\(index) (id int auto_increment primary key, v \(item.type) null);\n"
                sql += "insert into c\(index) (v) values "
                sql += item.values.map { "(\($0.literal))" }.joined(separator: ", ") + ";\n"
            }
            try await server.admin(sql)
            let session = try await server.open(database: database)
            for (index, item) in cases.enumerated() {
                let outcome = try await session.run("select v from c\(index) order by id")
                #expect(outcome.lines == item.values.map { "{\"v\":\($0.json)}" }, "\(item.type)")
                #expect(
                    outcome.columns == [ResultColumn(name: "v", type: item.shown ?? item.type, jsonType: item.json)])
            }
            await session.close()
        }
    }

    @Test("The same in CSV and JSON", arguments: MySQLBench.here)
    func formats(server: MySQLBench) async throws {
        let session = try await server.open()
        let sql =
            "select 18446744073709551615 as a, 1.50 as b, null as c, '' as d, 'x,\"y' as e, x'00ff' as f, "
            + "timestamp('2024-02-29 01:02:03') as g, 0.25e0 as h"
        let csv = try await session.run(sql, as: .csv).text
        #expect(
            csv == "a,b,c,d,e,f,g,h\r\n18446744073709551615,1.50,,\"\",\"x,\"\"y\",AP8=,2024-02-29T01:02:03,0.25\r\n")
        let json = try await session.run(sql, as: .json)
        #expect(
            json.text.hasSuffix(
                "[\"18446744073709551615\",\"1.50\",null,\"\",\"x,\\\"y\",\"AP8=\",\"2024-02-29T01:02:03\",0.25]"))
        await session.close()
    }

    @Test("Texts of every character set come as UTF-8, bytes as they are", arguments: MySQLBench.here)
    func characterSets(server: MySQLBench) async throws {
        let session = try await server.open()
        let outcome = try await session.run(
            "select x'61c328' as a, _latin1 x'e4' as b, _ucs2 x'01f600e4' as c, cast(x'c3a4' as char) as d")
        #expect(outcome.text == "{\"a\":\"YcMo\",\"b\":\"ä\",\"c\":\"Ƕä\",\"d\":\"ä\"}\n")
        #expect(outcome.statistics.invalidTexts == 0)
        await session.close()
    }

    @Test("Results are the same whatever the server's own character set and time zone")
    func otherDefaults() async throws {
        let server = try await MariaDBBench.latin1()
        let session = try await MySQLBench.open(server, MySQLBench.mariaDB.superuser)
        for _ in 0..<2 {
            // The second time after a reset, by which a session takes on the server's defaults.
            let outcome = try await session.run(
                "select 'zwölf 🔑' as a, ? as b, from_unixtime(0) as c", [.text("zwölf 🔑")])
            #expect(outcome.text == "{\"a\":\"zwölf 🔑\",\"b\":\"zwölf 🔑\",\"c\":\"1970-01-01T00:00:00\"}\n")
            #expect(outcome.columns.map(\.type) == ["varchar(7)", "varchar(7)", "datetime"])
        }
        #expect(try await session.tables().tables.map(\.name).contains("größe"))
        await session.close()
        await server.stop()
    }
}
