import MongoWire
import NIOCore
import Results
import Route
import SourceModel
import Testing

@testable import Drivers

@Suite("MongoDB's answers, read without a server")
struct MongoPiecesTests {
    @Test(
        "A login's power is read from its roles and privileges",
        arguments: [
            (#"{"authInfo": {"authenticatedUsers": []}}"#, MongoPrivileges.Power.unguarded),
            (
                #"{"authInfo": {"authenticatedUsers": [{"user": "a"}], "authenticatedUserRoles": [{"role": "read"}]}}"#,
                .reading
            ),
            (
                #"{"authInfo": {"authenticatedUsers": [{"user": "a"}], "authenticatedUserRoles": [{"role": "root"}]}}"#,
                .everything
            ),
            (
                #"{"authInfo": {"authenticatedUsers": [{"user": "a"}], "authenticatedUserRoles": [{"role": "readWrite"}]}}"#,
                .writing
            ),
            (
                #"{"authInfo": {"authenticatedUsers": [{"user": "a"}], "authenticatedUserPrivileges": [{"resource": {"db": "a", "collection": ""}, "actions": ["find", "insert"]}]}}"#,
                .writing
            ),
            (
                #"{"authInfo": {"authenticatedUsers": [{"user": "a"}], "authenticatedUserPrivileges": [{"resource": {"db": "a", "collection": "system.js"}, "actions": ["insert"]}, {"resource": {"db": "a", "collection": ""}, "actions": ["find"]}]}}"#,
                .reading
            ),
            (
                #"{"authInfo": {"authenticatedUsers": [{"user": "a"}], "authenticatedUserPrivileges": [{"resource": {"anyResource": true}, "actions": ["anyAction"]}]}}"#,
                .everything
            ),
        ])
    func power(status: String, power: MongoPrivileges.Power) throws {
        #expect(MongoPrivileges.power(in: try BSONDocument(extendedJSON: status)) == power)
    }

    private static let source = DataSource(
        driver: .mongo, endpoint: Endpoint(host: "db.test", port: 27017),
        login: SourceModel.Login(username: "ann", password: Secret("x")), database: "shop", scheme: .direct(.plain),
        options: SourceOptions())

    @Test(
        "A refusal of the login has its code",
        arguments: [
            (18, Stage.login, FailureCode.loginFailed), (8000, .login, .loginFailed), (11, .login, .loginFailed),
            (334, .login, .loginMethodUnsupported), (91, .login, .serverClosed), (11600, .login, .serverClosed),
            (10107, .login, .serverStarting), (13435, .login, .serverStarting), (13436, .login, .serverStarting),
            (189, .login, .serverStarting), (13, .login, .loginFailed), (4_711, .login, .loginFailed),
        ])
    func login(code: Int, stage: Stage, expected: FailureCode) {
        let failure = MongoFailures.login(
            MongoServerError(code: code, codeName: "Name", message: "text"), source: Self.source)
        #expect(failure.stage == stage)
        #expect(failure.code == expected)
        #expect(failure.server == ServerWords(code: "\(code) Name", text: "text"))
        #expect(failure.message.contains("db.test:27017"))
    }

    @Test(
        "A refusal of a statement has its code",
        arguments: [
            (50, FailureCode.statementTimeout), (11601, .statementCancelled), (13, .statementRefused),
            (2, .statementRefused), (43, .statementRefused), (91, .serverClosed), (13435, .serverClosed),
        ])
    func statement(code: Int, expected: FailureCode) {
        let error = MongoServerError(code: code, codeName: "Name", message: "text")
        #expect(MongoFailures.statement(error, in: .query, source: Self.source).code == expected)
    }

    @Test(
        "A refusal of a database has its code",
        arguments: [(13, FailureCode.databaseForbidden), (73, .databaseNotFound)])
    func database(code: Int, expected: FailureCode) {
        let failure = MongoFailures.database(
            MongoServerError(code: code, codeName: "", message: ""), "shop", source: Self.source)
        #expect(failure.stage == .database)
        #expect(failure.code == expected)
    }

    @Test("Fields are told with their types, their places and their share of presence")
    func sample() throws {
        var sample = MongoSample()
        for text in [
            #"{"_id": 1, "a": {"x": 1, "y": "s"}, "l": [{"k": 1}, {"k": "t"}, 5]}"#,
            #"{"_id": 2, "b": null, "a": {"z": true}}"#,
            #"{"_id": "three", "a": 5}"#,
        ] { sample.note(try BSONDocument(extendedJSON: text)) }
        let columns = sample.columns
        #expect(columns.map(\.name) == ["_id", "a", "a.x", "a.y", "a.z", "l", "l.k", "b"])
        #expect(
            columns.map(\.type) == [
                "int | string", "object | int", "int", "string", "bool", "array", "string | int", "null",
            ])
        #expect(columns.map(\.isNullable) == [false, false, true, true, true, true, true, true])
        #expect(columns[2].comment == "in 1 of 3 sampled documents")
        #expect(columns[0].jsonType == .any)
        #expect(columns[5].jsonType == .array)
    }

    private func batch(_ texts: [String]) throws -> BSONDocument {
        .list(try texts.map { .document(try BSONDocument(extendedJSON: $0)) })
    }

    private func encoded(
        _ rows: MongoRows, _ format: ResultFormat
    ) async throws -> (text: String, statistics: ResultStatistics) {
        var encoder = RowEncoder(format: format, columns: rows.columns)
        while try await rows.encodeNext(into: &encoder) {}
        return (String(buffer: encoder.take()), encoder.statistics)
    }

    @Test("Fields that come after the first batch stand in the last column")
    func lateFields() async throws {
        let second = try batch([#"{"b": 2, "a": 3}"#, #"{"c": {"d": 1}, "e": {"$numberLong": "9007199254740993"}}"#])
        let rows = MongoRows(
            batch: try batch([#"{"a": 1}"#, #"{"b": "x"}"#]), cursor: .init(id: 5, namespace: "db.c.d"),
            statement: Statement("", rowLimit: 10)
        ) { (cursor) async throws(SourceFailure) in
            #expect(cursor.database == "db")
            #expect(cursor.collection == "c.d")
            return (second, nil)
        }
        #expect(rows.columns.map(\.name) == ["a", "b", "$rest"])
        #expect(rows.columns.map(\.type) == ["int", "string", "object"])
        #expect(rows.columns.map(\.jsonType) == [.any, .any, .any])
        #expect(
            try await encoded(rows, .ndjson).text == """
                {"a":1,"b":null,"$rest":null}
                {"a":null,"b":"x","$rest":null}
                {"a":3,"b":2,"$rest":null}
                {"a":null,"b":null,"$rest":{"c":{"d":1},"e":{"$numberLong":"9007199254740993"}}}

                """)
    }

    @Test(
        "A whole result has exact columns, and a limit is told", arguments: [(3, nil), (2, ResultStatistics.Cut.rows)])
    func limits(limit: Int, cut: ResultStatistics.Cut?) async throws {
        let rows = MongoRows(
            batch: try batch([#"{"a": 1}"#, #"{"a": 2}"#, #"{"a": null}"#]), cursor: nil,
            statement: Statement("", rowLimit: limit), fetch: { _ in (BSONDocument(), nil) })
        #expect(rows.columns == [ResultColumn(name: "a", type: "int", jsonType: .number)])
        let (_, statistics) = try await encoded(rows, .json)
        #expect(statistics.rows == limit)
        #expect(statistics.cut == cut)
    }

    @Test("Where the limit ends within the first batch the columns are exact, though the cursor has more")
    func limitedBatch() async throws {
        let rows = MongoRows(
            batch: try batch([#"{"a": 1}"#, #"{"a": 2}"#]), cursor: .init(id: 5, namespace: "db.c"),
            statement: Statement("", rowLimit: 1), fetch: { _ in (BSONDocument(), nil) })
        #expect(rows.columns == [ResultColumn(name: "a", type: "int", jsonType: .number)])
        let (text, statistics) = try await encoded(rows, .ndjson)
        #expect(text == "{\"a\":1}\n")
        #expect(statistics.cut == .rows)
    }

    @Test("More fields than there are columns for go into the last one")
    func manyFields() async throws {
        let fields = (0...MongoColumns.maximum).map { "\"f\($0)\": \($0)" }.joined(separator: ",")
        let rows = MongoRows(
            batch: try batch(["{\(fields)}"]), cursor: nil, statement: Statement(""),
            fetch: { _ in (BSONDocument(), nil) })
        #expect(rows.columns.count == MongoColumns.maximum + 1)
        #expect(
            try await encoded(rows, .ndjson).text.hasSuffix(
                "\"$rest\":{\"f\(MongoColumns.maximum)\":\(MongoColumns.maximum)}}\n"))
    }

    @Test("Texts that are not UTF-8 are repaired and counted, also within documents")
    func invalidTexts() async throws {
        let inner: [UInt8] = [15, 0, 0, 0, 0x02, 0x61, 0, 3, 0, 0, 0, 0xC3, 0x28, 0, 0]
        let bad = try BSONDocument(ByteBuffer(bytes: inner), strictTexts: false)
        // The text is repaired once it is a value, so the bytes are put together here.
        let row: [UInt8] = [UInt8(inner.count + 8), 0, 0, 0, 0x03, 0x64, 0] + inner + [0]
        let list: [UInt8] =
            [UInt8(row.count + inner.count + 11), 0, 0, 0, 0x03, 0x30, 0] + row + [0x03, 0x31, 0] + inner + [0]
        let rows = MongoRows(
            batch: try BSONDocument(ByteBuffer(bytes: list), strictTexts: false), cursor: nil, statement: Statement(""),
            fetch: { _ in (BSONDocument(), nil) })
        let (text, statistics) = try await encoded(rows, .ndjson)
        #expect(text == "{\"d\":{\"a\":\"\u{FFFD}(\"},\"a\":null}\n{\"d\":null,\"a\":\"\u{FFFD}(\"}\n")
        #expect(statistics.invalidTexts == 2)
        #expect(bad["a"] == .string("\u{FFFD}("))
    }

    @Test("A service's records become members, and its text options")
    func service() throws {
        var source = Self.source
        source.endpoint = Endpoint(host: "cluster.example.com", port: 27017)
        source.options.mongo.isServiceName = true
        source.scheme = .direct(.tls(ServerTrust(mode: .verifyFull, anchors: nil, serverName: "cluster.example.com")))
        let records = ["a", "b"].map {
            ServiceRecord(priority: 0, weight: 0, port: 27018, target: "\($0).example.com")
        }
        let found = try MongoService.apply(
            ServiceAnswer(records: records, texts: ["authSource=users&replicaSet=rs"]), to: source)
        #expect(found.endpoint == Endpoint(host: "a.example.com", port: 27018))
        #expect(found.scheme.encryption.trust?.serverName == "a.example.com")
        #expect(found.options.mongo.seeds == [Endpoint(host: "b.example.com", port: 27018)])
        #expect(found.options.mongo.authSource == "users")
        #expect(found.options.mongo.replicaSet == "rs")
        for text in ["tls=false", "authSource", "loadBalanced=true"] {
            #expect(throws: SourceFailure.self) {
                try MongoService.apply(ServiceAnswer(records: records, texts: [text]), to: source)
            }
        }
    }
}
