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
        (["shelf": .text("x")], .unknownField, "options.shelf", "There is no option \"shelf\"."),
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

    static let dialects: [(options: [String: OptionValue], read: DialectOptions)] = {
        func dialect(_ change: (inout DialectOptions) -> Void) -> DialectOptions {
            var dialect = DialectOptions()
            change(&dialect)
            return dialect
        }
        return [
            ([:], DialectOptions()),
            (["delimiter": .text("auto"), "header": .text(" AUTO ")], DialectOptions()),
            (["delimiter": .text(";")], dialect { $0.delimiter = UInt8(ascii: ";") }),
            (["delimiter": .text("tab")], dialect { $0.delimiter = UInt8(ascii: "\t") }),
            (["delimiter": .text("\t")], dialect { $0.delimiter = UInt8(ascii: "\t") }),
            (["quote": .text("none")], dialect { $0.quote = DialectOptions.Quote.none }),
            (["quote": .text("'")], dialect { $0.quote = .character(UInt8(ascii: "'")) }),
            (["encoding": .text("Windows-1252")], dialect { $0.encoding = .windows1252 }),
            (["header": .flag(false)], dialect { $0.header = false }),
            (["header": .text("true")], dialect { $0.header = true }),
            (["decimal": .text(",")], dialect { $0.decimalMark = UInt8(ascii: ",") }),
        ]
    }()

    @Test("how a text file is to be read", arguments: dialects.indices)
    func dialect(index: Int) throws {
        let (options, dialect) = Self.dialects[index]
        #expect(try Self.file(options).validated().options.dialect == dialect)
    }

    static let refusedDialects: [(options: [String: OptionValue], code: FailureCode, says: String)] = [
        (["delimiter": .text("ab")], .invalidField, "one character"),
        (["delimiter": .text("x")], .invalidField, "one character"),
        (["delimiter": .text("€")], .invalidField, "auto or tab"),
        (["delimiter": .number(1)], .invalidField, "one character"),
        (["delimiter": .text("|"), "quote": .text("|")], .conflictingFields, "same character"),
        (["encoding": .text("ebcdic")], .invalidField, "utf-16be or windows-1252"),
        (["header": .text("perhaps")], .invalidField, "auto, true or false"),
        (["decimal": .text("'")], .invalidField, "auto, . or ,"),
    ]

    @Test("and what no text file has is refused", arguments: refusedDialects)
    func badDialect(_ options: [String: OptionValue], _ code: FailureCode, _ says: String) throws {
        let failure = try #require(throws: SourceFailure.self) { try Self.file(options).validated() }
        #expect(failure.code == code)
        #expect(failure.message.contains(says), "\(failure.message)")
    }

    @Test(
        "how a workbook is to be read",
        arguments: [
            (["sheet": OptionValue.text("*")], nil, nil), (["sheet": .text("Q1 *")], "Q1 *", nil),
            (["sheet": .number(2024)], "2024", nil), (["header": .flag(false)], nil, false),
            (["header": .text("auto")], nil, nil),
        ] as [([String: OptionValue], String?, Bool?)])
    func workbook(options: [String: OptionValue], sheet: String?, header: Bool?) throws {
        let draft = DataSourceDraft(
            values: [.driver: .text("excel"), .database: .text("a.xlsx"), .options: .options(options)])
        let excel = try draft.validated().options.excel
        #expect(excel.sheet == sheet)
        #expect(excel.header == header)
    }

    private static func file(_ options: [String: OptionValue]) -> DataSourceDraft {
        DataSourceDraft(values: [.driver: .text("csv"), .database: .text("a.csv"), .options: .options(options)])
    }

    @Test("the table's defaults are the values' own", arguments: OptionSpec.all)
    func defaults(_ spec: OptionSpec) throws {
        #expect(spec.reading(spec.defaultValue) == spec.defaultValue)
        for driver in spec.drivers {
            let options: [Field: FieldValue] = [.options: .options([spec.name: spec.defaultValue])]
            var draft = Sample.draft(options.merging([.driver: .text(driver.rawValue)]) { $1 })
            if !driver.isServer {
                draft.values = options.merging([.driver: .text(driver.rawValue), .database: .text("a.csv")]) { $1 }
            }
            #expect(try draft.validated().options == SourceOptions())
        }
    }
}
