import SourceModel
import Testing

@Suite("The catalogue says what is true")
struct DriverCatalogTests {
    @Test("every driver that it lists connects, and no other", arguments: DriverKind.allCases)
    func drivers(_ kind: DriverKind) {
        var draft = Sample.draft([.driver: .text(kind.rawValue)])
        if !kind.isServer { draft.values = [.driver: .text(kind.rawValue), .database: .text("a.csv")] }
        let connects = (try? draft.validated()) != nil
        #expect(connects == DriverCatalog.drivers.contains { $0.driver == kind })
    }

    @Test("required fields are those whose absence is refused", arguments: DriverCatalog.drivers)
    func required(_ driver: DriverDescription) throws {
        var examples: [Field: FieldValue] = [:]
        for field in driver.fields where field.isRequired { examples[field.field] = field.example.map { .text($0) } }
        _ = try DataSourceDraft(values: examples).validated()
        for field in examples.keys {
            let failure = try #require(throws: SourceFailure.self) {
                try DataSourceDraft(values: examples.filter { $0.key != field }).validated()
            }
            #expect(failure.code == .missingField)
            #expect(failure.fields.map(\.field) == [field.rawValue])
        }
    }

    @Test("fields are told once, with their meaning", arguments: DriverCatalog.drivers)
    func fields(_ driver: DriverDescription) {
        #expect(Set(driver.fields.map(\.field)).count == driver.fields.count)
        for field in driver.fields {
            #expect(field.meaning.hasSuffix("."))
            #expect(!field.isSecret || field.example == nil)
        }
        #expect(driver.options == OptionSpec.all(of: driver.driver))
        #expect(!driver.schemes.isEmpty)
    }

    @Test(
        "the nearest name is found by its letters whatever their case, or by the fewest edits",
        arguments: [
            ("HOST", "host"), ("sslca", "sslCA"), ("hsot", "host"), ("usernam", "username"), ("", nil), ("xyz", nil),
        ])
    func nearest(_ name: String, _ expected: String?) {
        #expect(NearestName.to(name, among: ["host", "sslCA", "username", "password"]) == expected)
    }
}
