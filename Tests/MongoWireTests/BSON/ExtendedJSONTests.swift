import Testing

@testable import MongoWire

@Suite("Extended JSON")
struct ExtendedJSONTests {
    @Test(
        "Relaxed and exact forms are written",
        arguments: [
            (BSONValue.int32(5), "5", "5"), (.int64(5), "5", "5"),
            (.int64(9_007_199_254_740_993), "9007199254740993", #"{"$numberLong":"9007199254740993"}"#),
            (.double(2), "2.0", "2.0"), (.double(.nan), #"{"$numberDouble":"NaN"}"#, #"{"$numberDouble":"NaN"}"#),
            (
                .date(1_356_351_330_501), #"{"$date":"2012-12-24T12:15:30.501Z"}"#,
                #"{"$date":"2012-12-24T12:15:30.501Z"}"#
            ),
            (.date(-1), #"{"$date":{"$numberLong":"-1"}}"#, #"{"$date":{"$numberLong":"-1"}}"#),
            (.string("a\"\\\n\u{1}é"), #""a\"\\\n\u0001é""#, #""a\"\\\n\u0001é""#),
        ])
    func forms(value: BSONValue, relaxed: String, exact: String) {
        #expect((["a": value] as BSONDocument).extendedJSON(.relaxed) == #"{"a":\#(relaxed)}"#)
        #expect((["a": value] as BSONDocument).extendedJSON(.exact) == #"{"a":\#(exact)}"#)
    }

    @Test(
        "What people write is read",
        arguments: [
            ("1", BSONValue.int32(1)), ("2147483648", .int64(2_147_483_648)), ("1.0", .double(1)),
            ("1e2", .double(100)),
            (#""\ud83d\ude00""#, .string("😀")), (#"{"$date":"1970-01-01T00:00:00.1+01:00"}"#, .date(-3_599_900)),
            (#"{"$date":{"$numberLong":"7"}}"#, .date(7)),
            (
                #"{"$uuid":"73ffd264-44b3-4c69-90e8-e7d1dfc035d4"}"#,
                .binary(
                    subtype: 4,
                    [0x73, 0xFF, 0xD2, 0x64, 0x44, 0xB3, 0x4C, 0x69, 0x90, 0xE8, 0xE7, 0xD1, 0xDF, 0xC0, 0x35, 0xD4])
            ),
            (#"{"$regex":"a","$options":"i"}"#, .document(["$regex": "a", "$options": "i"])),
            (#"{"$gt":{"$numberDecimal":"1.50"}}"#, .document(["$gt": .decimal128(Decimal128("1.50")!)])),
            (#"{"$ref":"c","$id":1}"#, .document(["$ref": "c", "$id": 1])),
        ])
    func reading(text: String, value: BSONValue) throws {
        #expect(try BSONDocument(extendedJSON: #"{"a": \#(text)}"#) == ["a": value])
    }

    @Test(
        "What is not JSON, or no value of its type, is refused",
        arguments: [
            "", "[]", "1", "{", #"{"a" 1}"#, #"{"a":1,}"#, #"{"a":01}"#, #"{"a":"\ud800"}"#, #"{"a":"\x"}"#,
            "{\"a\":\"\n\"}",
            #"{"a":1} x"#, #"{"a":{"$oid":"12"}}"#, #"{"a":{"$oid":1}}"#, #"{"a":{"$numberInt":"1","b":1}}"#,
            #"{"a":{"$numberLong":1}}"#, #"{"a":{"$numberDouble":"nan"}}"#, #"{"a":{"$date":"yesterday"}}"#,
            #"{"a":{"$date":"2023-02-30T00:00:00Z"}}"#, #"{"a":{"$binary":{"base64":"!","subType":"00"}}}"#,
            #"{"a":{"$timestamp":{"t":-1,"i":0}}}"#, #"{"a\u0000b":1}"#, #"{"a":{"$minKey":2}}"#,
            #"{"a":{"$code":"x","b":1}}"#, #"{"a":{"$regularExpression":{"pattern":"a"}}}"#, #"{"a":NaN}"#,
        ])
    func refused(text: String) {
        #expect(throws: BSONError.self) { try BSONDocument(extendedJSON: text) }
    }

    @Test("Values within values are bounded")
    func depth() throws {
        let deep = { (count: Int) in
            String(repeating: #"{"a":"#, count: count) + "1" + String(repeating: "}", count: count)
        }
        _ = try BSONDocument(extendedJSON: deep(BSONLimits.depth - 1))
        #expect(throws: BSONError.tooDeep(limit: BSONLimits.depth)) {
            try BSONDocument(extendedJSON: deep(BSONLimits.depth + 1))
        }
        #expect(throws: BSONError.tooDeep(limit: BSONLimits.depth)) {
            try JSONNode(String(repeating: "[", count: 1_000_000))
        }
    }

    @Test(
        "Dates are written and read over the whole calendar",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z"), (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00Z"), (1_709_251_199_500, "2024-02-29T23:59:59.500Z"),
        ])
    func dates(milliseconds: Int64, text: String) {
        #expect(DateText.rfc3339(milliseconds) == text)
        #expect(DateText.milliseconds(text) == milliseconds)
    }

    @Test("Years that RFC 3339 cannot say are not said")
    func farDates() {
        #expect(DateText.rfc3339(253_402_300_800_000) == nil)
        #expect(DateText.rfc3339(.min) == nil)
    }
}
