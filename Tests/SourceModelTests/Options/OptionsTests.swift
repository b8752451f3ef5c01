import SourceModel
import Testing

@Suite("Options are read by the table")
struct OptionsTests {
    @Test("in their types, or as the texts of forms and XML")
    func good() throws {
        var expected = SourceOptions()
        (expected.poolMin, expected.poolMax, expected.applicationName) = (2, 8, "shop")
        let typed: [String: OptionValue] = [
            "poolMin": .number(2), "poolMax": .number(8), "applicationName": .text("shop"),
        ]
        let texts: [String: OptionValue] = [
            "poolMin": .text("2"), "poolMax": .text(" 8 "), "applicationName": .text("shop"),
        ]
        for options in [typed, texts] {
            #expect(try Sample.draft([.options: .options(options)]).validated().options == expected)
        }
    }

    static let refused: [(options: [String: OptionValue], code: FailureCode, field: String, says: String)] = [
        (["poolMax": .number(0)], .invalidField, "options.poolMax", "1 to 100"),
        (["poolMax": .text("eight")], .invalidField, "options.poolMax", "is \"eight\""),
        (["poolMax": .flag(true)], .invalidField, "options.poolMax", "is true"),
        (["poolMin": .number(101)], .invalidField, "options.poolMin", "1 to 100"),
        (["poolMin": .number(5)], .conflictingFields, "options.poolMin", "above poolMax, which is 4"),
        (["applicationName": .text(String(repeating: "ü", count: 32))], .invalidField, "options.applicationName", "63"),
        (["applicationName": .text("a\nb")], .invalidField, "options.applicationName", "control characters"),
        (["pool_max": .number(1)], .unknownField, "options.pool_max", "the nearest is poolMax"),
        (["sheet": .text("x")], .unknownField, "options.sheet", "There is no option \"sheet\"."),
    ]

    @Test("and what cannot be taken is named", arguments: refused)
    func bad(_ options: [String: OptionValue], _ code: FailureCode, _ field: String, _ says: String) throws {
        let failure = try #require(throws: SourceFailure.self) {
            try Sample.draft([.options: .options(options)]).validated()
        }
        #expect(failure.code == code)
        #expect(failure.fields.map(\.field) == [field])
        #expect(failure.message.contains(says), "\(failure.message)")
    }

    @Test("a file takes no option of a pool")
    func file() throws {
        let failure = try #require(throws: SourceFailure.self) {
            try DataSourceDraft(values: [
                .driver: .text("csv"), .database: .text("a.csv"), .options: .options(["poolMax": .number(1)]),
            ]).validated()
        }
        #expect(failure.message == "The driver csv takes no option poolMax.")
    }

    @Test("the table's defaults are the values' own", arguments: OptionSpec.all)
    func defaults(_ spec: OptionSpec) throws {
        #expect(spec.reading(spec.defaultValue) == spec.defaultValue)
        let read = try Sample.draft([.options: .options([spec.name: spec.defaultValue])]).validated().options
        #expect(read == SourceOptions())
    }
}
