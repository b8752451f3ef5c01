import MongoWire
import SourceModel
import Testing

@testable import Drivers

@Suite("A statement of MongoDB, before anything is sent")
struct MongoCommandTests {
    private func failure(_ text: String, _ parameters: [StatementParameter] = []) -> SourceFailure? {
        do throws(SourceFailure) {
            _ = try MongoCommand(Statement(text, parameters: parameters))
            return nil
        } catch {
            return error
        }
    }

    private func filled(_ text: String, _ parameters: [StatementParameter]) throws -> BSONDocument {
        try MongoCommand(Statement(text, parameters: parameters, rowLimit: 5)).document
    }

    @Test(
        "What writes is refused at any depth",
        arguments: [
            #"{"aggregate": "a", "pipeline": [{"$out": "b"}]}"#,
            #"{"aggregate": "a", "pipeline": [{"$match": {}}, {"$merge": {"into": "b"}}]}"#,
            #"{"aggregate": "a", "pipeline": [{"$facet": {"x": [{"$merge": "b"}]}}]}"#,
            #"{"aggregate": "a", "pipeline": [{"$lookup": {"from": "b", "pipeline": [{"$unionWith": {"coll": "c", "pipeline": [{"$out": "d"}]}}], "as": "x"}}]}"#,
            "{\"aggregate\": \"a\", \"pipeline\": [{\"\\u0024out\": \"b\"}]}",
            #"{"find": "a", "filter": {"x": [[[{"$merge": 1}]]]}}"#,
        ])
    func writes(text: String) {
        #expect(failure(text)?.code == .statementWrites)
    }

    @Test(
        "What runs JavaScript at the server is refused at any depth",
        arguments: [
            #"{"find": "a", "filter": {"$where": "sleep(1000)"}}"#,
            #"{"find": "a", "filter": {"$and": [{"b": {"$elemMatch": {"$where": "1"}}}]}}"#,
            #"{"find": "a", "filter": {"$expr": {"$function": {"body": "f", "args": [], "lang": "js"}}}}"#,
            #"{"aggregate": "a", "pipeline": [{"$group": {"_id": 1, "x": {"$accumulator": {}}}}]}"#,
            #"{"find": "a", "filter": {"b": {"$code": "1"}}}"#,
            #"{"find": "a", "filter": {"b": {"$code": "1", "$scope": {}}}}"#,
            #"{"count": "a", "query": {"$where": "1"}}"#,
        ])
    func scripts(text: String) {
        #expect(failure(text)?.code == .statementRefused)
        #expect(failure(text)?.message.contains("JavaScript") == true)
    }

    @Test(
        "Other commands, other fields and what is no command are refused",
        arguments: [
            #"{"insert": "a", "documents": []}"#, #"{"mapReduce": "a"}"#, #"{"eval": "1"}"#, #"{"drop": "a"}"#,
            #"{"FIND": "a"}"#, #"{"filter": {}, "find": "a"}"#, "[]", "select 1", "", "{}",
            #"{"find": "a", "$db": "admin"}"#, #"{"find": "a", "lsid": {}}"#, #"{"find": "a", "tailable": true}"#,
            #"{"aggregate": "a", "pipeline": [], "explain": true}"#, #"{"find": "a", "writeConcern": {}}"#,
            #"{"aggregate": "a", "pipeline": [], "bypassDocumentValidation": true}"#,
            #"{"find": "a", "maxTimeMS": 0}"#, #"{"find": "a", "filter": {"b": {"$oid": "1"}}}"#,
            #"{"find": "a", "txnNumber": 1, "startTransaction": true}"#, #"{"getMore": 5, "collection": "a"}"#,
        ])
    func refused(text: String) {
        #expect(failure(text)?.stage == .query)
        #expect(failure(text)?.code == .statementRefused)
    }

    @Test("No more documents are asked for than tell whether there are more")
    func batches() throws {
        #expect(try filled(#"{"find": "a"}"#, [])["batchSize"] == 6)
        #expect(try filled(#"{"find": "a", "batchSize": 2}"#, [])["batchSize"] == 2)
        #expect(try filled(#"{"aggregate": "a", "pipeline": []}"#, [])["cursor"] == .document(["batchSize": 6]))
        let many = try MongoCommand(Statement(#"{"find": "a"}"#, rowLimit: 1_000_000))
        #expect(many.document["batchSize"] == .int32(Int32(MongoCommand.batchSize)))
        #expect(try filled(#"{"count": "a"}"#, []) == ["count": "a"])
    }

    @Test(
        "A parameter is one value, whatever is in it",
        arguments: [
            (StatementParameter.text(#"{"$ne": null}"#), BSONValue.string(#"{"$ne": null}"#)),
            (.text("$where"), .string("$where")), (.number("5"), .int32(5)), (.number("5.0"), .double(5)),
            (.number("9007199254740993"), .int64(9_007_199_254_740_993)), (.flag(true), .boolean(true)), (.null, .null),
            (.text(#"", "$where": "1"#), .string(#"", "$where": "1"#)),
        ])
    func values(parameter: StatementParameter, value: BSONValue) throws {
        let document = try filled(#"{"find": "a", "filter": {"b": {"$param": 1}}}"#, [parameter])
        #expect(document["filter"] == .document(["b": value]))
    }

    @Test("Parameters take the type of the Extended JSON around them")
    func typed() throws {
        let text =
            #"{"find": "a", "filter": {"_id": {"$oid": {"$param": 1}}, "n": {"$gt": {"$numberDecimal": {"$param": 2}}}, "t": {"$date": {"$param": 3}}}}"#
        let filter = try filled(
            text, [.text("56e1fc72e0c917e9c4714161"), .number("1.50"), .text("1970-01-01T00:00:01Z")])["filter"]?
            .document
        #expect(filter?["_id"]?.type == .objectID)
        #expect(filter?["n"] == .document(["$gt": .decimal128(try #require(Decimal128("1.50")))]))
        #expect(filter?["t"] == .date(1000))
        #expect(failure(text, [.text("x"), .number("1"), .text("y")])?.code == .statementRefused)
    }

    @Test("A text that begins with $ is no field's path in an expression, and as it is elsewhere")
    func literals() throws {
        let text =
            #"{"aggregate": "a", "pipeline": [{"$match": {"p": {"$param": 1}, "$expr": {"$eq": ["$b", {"$param": 1}]}}}, {"$project": {"x": {"$param": 1}, "y": {"$literal": {"$param": 1}}}}]}"#
        let document = try filled(text, [.text("$secret")])
        #expect(
            document.extendedJSON(.relaxed).hasPrefix(
                #"{"aggregate":"a","pipeline":[{"$match":{"p":"$secret","$expr":{"$eq":["$b",{"$literal":"$secret"}]}}},{"$project":{"x":{"$literal":"$secret"},"y":{"$literal":"$secret"}}}]"#
            ))
    }

    /// Where `{"$param": 1}` stands, and whether a text that begins with `$` has to be marked as a text there.
    @Test(
        "The names of a command's members mean nothing deeper down",
        arguments: [
            (#"{"aggregate": "a", "pipeline": [{"$project": {"filter": {"$param": 1}}}]}"#, true),
            (#"{"aggregate": "a", "pipeline": [{"$project": {"query": {"$concat": [{"$param": 1}]}}}]}"#, true),
            (#"{"aggregate": "a", "pipeline": [{"$group": {"_id": {"query": {"filter": {"$param": 1}}}}}]}"#, true),
            (#"{"aggregate": "a", "pipeline": [{"$lookup": {"let": {"v": {"$param": 1}}}}]}"#, true),
            (#"{"aggregate": "a", "pipeline": [{"$lookup": {"pipeline": [{"$set": {"x": {"$param": 1}}}]}}]}"#, true),
            (
                #"{"aggregate": "a", "pipeline": [{"$lookup": {"pipeline": [{"$match": {"x": {"$param": 1}}}]}}]}"#,
                false
            ),
            (#"{"aggregate": "a", "pipeline": [{"$geoNear": {"query": {"x": {"$param": 1}}}}]}"#, false),
            (#"{"aggregate": "a", "pipeline": [{"$graphLookup": {"startWith": {"$param": 1}}}]}"#, true),
            (
                #"{"aggregate": "a", "pipeline": [{"$graphLookup": {"restrictSearchWithMatch": {"x": {"$param": 1}}}}]}"#,
                false
            ),
            (#"{"aggregate": "a", "pipeline": [{"$match": {"let": {"pipeline": {"$param": 1}}}}]}"#, false),
            (#"{"aggregate": "a", "pipeline": [], "let": {"query": {"$param": 1}}}"#, true),
            (#"{"find": "a", "projection": {"filter": {"$param": 1}}}"#, true),
            (#"{"find": "a", "let": {"filter": {"$param": 1}}}"#, true),
            (#"{"find": "a", "filter": {"let": {"$param": 1}}}"#, false),
            (#"{"find": "a", "filter": {"projection": {"pipeline": {"$param": 1}}}}"#, false),
            (#"{"find": "a", "filter": {"$expr": {"$eq": ["$b", {"filter": {"$param": 1}}]}}}"#, true),
            (#"{"count": "a", "query": {"let": {"$param": 1}}}"#, false),
            (#"{"distinct": "a", "key": "b", "query": {"$or": [{"pipeline": {"$param": 1}}]}}"#, false),
        ], ["$secret", "$\u{301}secret", "$$ROOT"])
    func places(place: (String, Bool), text: String) throws {
        let document = try filled(place.0, [.text(text)])
        #expect(document.extendedJSON(.relaxed).contains("{\"$literal\":\"\(text)\"}") == place.1)
        #expect(document.extendedJSON(.relaxed).contains("\"\(text)\""))
    }

    @Test(
        "What is the server's own is refused at any depth",
        arguments: [
            #"{"aggregate": "a", "pipeline": [{"$_internalApplyOplogUpdate": {}}]}"#,
            #"{"aggregate": "a", "pipeline": [{"$project": {"x": {"$_internalJsEmit": {}}}}]}"#,
            "{\"find\": \"a\", \"filter\": {\"$expr\": {\"$_internal\u{301}X\": 1}}}",
        ])
    func reserved(text: String) {
        #expect(failure(text)?.code == .statementRefused)
        #expect(failure(text)?.message.contains("the server's own") == true)
    }

    @Test(
        "Placeholders and parameters have to fit",
        arguments: [
            (#"{"find": "a", "filter": {"b": {"$param": 1}}}"#, 0, FailureCode.parametersMismatch),
            (#"{"find": "a", "filter": {"b": {"$param": 2}}}"#, 2, .parametersMismatch),
            (#"{"find": "a"}"#, 1, .parametersMismatch),
            (#"{"find": "a", "filter": {"b": {"$param": 0}}}"#, 1, .statementRefused),
            (#"{"find": "a", "filter": {"b": {"$param": "1"}}}"#, 1, .statementRefused),
            (#"{"find": "a", "filter": {"b": {"$param": 1, "$ne": 2}}}"#, 1, .statementRefused),
        ])
    func mismatch(text: String, count: Int, code: FailureCode) {
        #expect(failure(text, Array(repeating: .number("1"), count: count))?.code == code)
    }
}
