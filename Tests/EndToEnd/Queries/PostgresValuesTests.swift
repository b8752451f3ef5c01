import Foundation
import Testbed
import Testing

@Suite("Values of PostgreSQL")
struct PostgresValuesTests {
    /// An expression, its type as the server names it, and the value in JSON and in CSV.
    static let values: [(sql: String, type: String, json: String, csv: String)] = [
        ("null::int", "integer", "null", ""),
        ("32767::smallint", "smallint", "32767", "32767"),
        ("(-2147483648)::int", "integer", "-2147483648", "-2147483648"),
        ("9223372036854775807::bigint", "bigint", #""9223372036854775807""#, "9223372036854775807"),
        (
            "12345678901234567890.123456789::numeric(29,9)", "numeric(29,9)", #""12345678901234567890.123456789""#,
            "12345678901234567890.123456789"
        ),
        ("'NaN'::numeric", "numeric", #""NaN""#, "NaN"), ("1e-7::numeric(5,-2)", "numeric(5,-2)", #""0""#, "0"),
        ("0.1::float8", "double precision", "0.1", "0.1"), ("1e300::float8", "double precision", "1e+300", "1e+300"),
        ("'-Infinity'::float8", "double precision", #""-Infinity""#, "-Infinity"),
        ("'NaN'::float4", "real", #""NaN""#, "NaN"), ("0.1::float4", "real", "0.1", "0.1"),
        ("true", "boolean", "true", "true"), ("false", "boolean", "false", "false"),
        ("''::text", "text", #""""#, #""""#), ("'a\"b,c'::text", "text", #""a\"b,c""#, #""a""b,c""#),
        ("'x'::varchar(5)", "character varying(5)", #""x""#, "x"), ("'x'::char(3)", "character(3)", #""x  ""#, "x  "),
        ("E'two\\nlines'", "text", #""two\nlines""#, "\"two\nlines\""),
        ("'\\x00ff'::bytea", "bytea", #""AP8=""#, "AP8="), ("''::bytea", "bytea", #""""#, #""""#),
        ("date '2024-02-29'", "date", #""2024-02-29""#, "2024-02-29"),
        ("date 'infinity'", "date", #""infinity""#, "infinity"),
        ("date '0044-03-15 BC'", "date", #""0044-03-15 BC""#, "0044-03-15 BC"),
        (
            "timestamp(3) '2024-02-29 23:59:59.5'", "timestamp(3) without time zone", #""2024-02-29T23:59:59.5""#,
            "2024-02-29T23:59:59.5"
        ),
        (
            "timestamptz '2024-02-29 23:59:59.000001+02'", "timestamp with time zone",
            #""2024-02-29T21:59:59.000001Z""#, "2024-02-29T21:59:59.000001Z"
        ),
        ("time '24:00'", "time without time zone", #""24:00:00""#, "24:00:00"),
        ("interval '1 year 2 days -3 hours'", "interval", #""P1Y2DT-3H""#, "P1Y2DT-3H"),
        ("'{\"a\": [1, null]}'::json", "json", #"{"a": [1, null]}"#, #""{""a"": [1, null]}""#),
        ("'{\"b\":1}'::jsonb", "jsonb", #"{"b": 1}"#, #""{""b"": 1}""#),
        ("array[1,null,3]", "integer[]", "[1,null,3]", #""{1,NULL,3}""#),
        ("array[[1.5,2],[3,4]]", "numeric[]", #"[["1.5","2"],["3","4"]]"#, #""{{1.5,2},{3,4}}""#),
        (
            "array['a b','\"',null,'NULL']", "text[]", #"["a b","\"",null,"NULL"]"#,
            #""{""a b"",""\"""",NULL,""NULL""}""#
        ),
        ("'{}'::text[]", "text[]", "[]", "{}"), ("array[';a', 'b;']", "text[]", #"[";a","b;"]"#, #""{;a,b;}""#),
        (
            "array[box '(1,2),(3,4)', box '(5,6),(7,8)']", "box[]", #"["(3,4),(1,2)","(7,8),(5,6)"]"#,
            #""{(3,4),(1,2);(7,8),(5,6)}""#
        ),
        ("int4range(1, 10)", "int4range", #""[1,10)""#, #""[1,10)""#),
        ("'happy'::mood", "mood", #""happy""#, "happy"),
        ("'{sad,happy}'::mood[]", "mood[]", #"["sad","happy"]"#, #""{sad,happy}""#),
        ("7::positive", "integer", "7", "7"), ("row(1, 'x')::pair", "pair", #""(1,x)""#, #""(1,x)""#),
        ("point(1.5, 2)", "point", #""(1.5,2)""#, #""(1.5,2)""#), ("inet '::1/128'", "inet", #""::1""#, "::1"),
        (
            "uuid '00000000-0000-0000-0000-000000000001'", "uuid", #""00000000-0000-0000-0000-000000000001""#,
            "00000000-0000-0000-0000-000000000001"
        ),
        ("B'101'::bit(3)", "bit(3)", #""101""#, "101"), ("xml '<a/>'", "xml", #""<a/>""#, "<a/>"),
    ]

    @Test("Every type has its form, and loses nothing")
    func types() async throws {
        let database = try await PostgresServer.start()
        try await database.admin(
            """
            create type mood as enum ('sad', 'happy'); create domain positive as int check (value > 0);
            create type pair as (a int, b text);
            alter role \(PostgresServer.Logins.readOnly.username) set datestyle = 'German'; \
            alter role \(PostgresServer.Logins.readOnly.username) set timezone = 'Asia/Tokyo'; \
            alter role \(PostgresServer.Logins.readOnly.username) set extra_float_digits = -3
            """)
        let service = try await WellheadService.start()
        let source = try await service.create(Database.postgres(database).body(as: PostgresServer.Logins.readOnly))
        for value in Self.values {
            let statement: JSON = ["statement": .text("select \(value.sql) as v")]
            let lines = try await service.query(source, statement, accept: "application/x-ndjson")
            #expect(lines.text == "{\"v\":\(value.json)}\n", "\(value.sql)")
            let csv = try await service.query(source, statement, accept: "text/csv")
            #expect(csv.text == "v\r\n\(value.csv)\r\n", "\(value.sql)")
            let json = try await service.query(source, statement)
            #expect(try json.json["columns"].list.first?["type"].text == value.type, "\(value.sql)")
            #expect(json.text.contains("\"rows\":[[\(value.json)]]"), "\(json.text)")
        }
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("Parameters go as they are, whatever they contain")
    func parameters() async throws {
        let service = try await WellheadService.start()
        let source = try await service.create(try await Database.Kind.postgres.shared().body)
        let rows = try await service.rows(
            source,
            "select $1::int + 1, $2::numeric, $3::text, $4::boolean, $5::text is null, $6::jsonb ->> 'a', $7::text",
            [
                41, .text("12345678901234567890.5"), "'; drop table orders; --", true, .null, ["a": "x"],
                .text("\u{1F511} \\ \" $1"),
            ])
        #expect(
            rows == [[42, "12345678901234567890.5", "'; drop table orders; --", true, true, "x", "\u{1F511} \\ \" $1"]])
        for (parameters, code) in [
            ([], "parameters_mismatch"), ([1, 2], "parameters_mismatch"), (["x"], "statement_refused"),
        ] as [([JSON], String)] {
            let answer = try await service.query(
                source, ["statement": "select $1::int", "parameters": .list(parameters)])
            #expect(answer.status == 422)
            #expect(try answer.json["error"]["code"].text == code)
        }
        #expect(await service.stop() == 0)
    }
}
