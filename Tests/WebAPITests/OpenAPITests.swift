import Foundation
import HTTPTypes
import SourceModel
import Testing

@testable import WebAPI

@Suite("The OpenAPI document")
struct OpenAPITests {
    let document: [String: Any]

    init() throws {
        document = try #require(
            try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.bytes)) as? [String: Any])
    }

    private func schema(_ name: String) throws -> [String: Any] {
        let components = try #require(document["components"] as? [String: Any])
        return try #require((components["schemas"] as? [String: Any])?[name] as? [String: Any])
    }

    private func properties(_ name: String) throws -> Set<String> {
        Set(try #require(try schema(name)["properties"] as? [String: Any]).keys)
    }

    private func values(_ name: String) throws -> Set<String> {
        Set(try #require(try schema(name)["enum"] as? [String]))
    }

    @Test("It describes every endpoint, and no other")
    func endpoints() throws {
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let described = paths.flatMap { path, item in
            item.keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
        }
        #expect(Set(described) == Set(Endpoint.allCases.map(\.rawValue)))
    }

    @Test("It says of every endpoint whether a token is needed")
    func security() throws {
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        for endpoint in Endpoint.allCases {
            let operation = paths[endpoint.path]?[endpoint.method.rawValue.lowercased()] as? [String: Any]
            #expect((operation?["security"] != nil) == endpoint.isOpen)
            #expect(operation?["operationId"] != nil)
        }
    }

    @Test("It names every field, every spelling and every read-only field")
    func fields() throws {
        let all = Set(Field.allCases.map(\.rawValue)).union(Field.readOnly)
        #expect(try properties("DataSource") == all)
        #expect(try properties("DataSourceInput") == all.union(Field.aliases.keys))
    }

    @Test("It names every stage, failure, warning, status and driver")
    func codes() throws {
        #expect(try values("StageName") == Set(Stage.allCases.map(\.rawValue)))
        #expect(try values("FailureCode") == Set(FailureCode.allCases.map(\.rawValue)))
        #expect(try values("WarningCode") == Set(Warning.Code.allCases.map(\.rawValue)))
        let record = try #require(try schema("DataSource")["properties"] as? [String: [String: Any]])
        #expect(Set(try #require(record["driver"]?["enum"] as? [String])) == Set(DriverKind.allCases.map(\.rawValue)))
    }

    @Test("It names every option, with its bounds and its default")
    func options() throws {
        let described = try #require(try schema("Options")["properties"] as? [String: [String: Any]])
        #expect(Set(described.keys) == Set(OptionSpec.all.map(\.name)))
        for spec in OptionSpec.all {
            let property = try #require(described[spec.name])
            #expect(property["description"] as? String == spec.meaning)
            switch (spec.kind, spec.defaultValue) {
            case (.number(let bounds), .number(let number)):
                #expect(property["minimum"] as? Int == bounds.lowerBound)
                #expect(property["maximum"] as? Int == bounds.upperBound)
                #expect(property["default"] as? Int == number)
            case (.text(let maximum), .text(let text)):
                #expect(property["maxLength"] as? Int == maximum)
                #expect(property["default"] as? String == text)
            case (.choice(let words), .text(let text)):
                #expect((property["enum"] as? [Any])?.compactMap { $0 as? String } == words)
                #expect(property["default"] as? String == text)
            case (.character(let words), .text(let text)):
                #expect(property["maxLength"] as? Int == words.map(\.count).max())
                #expect(property["default"] as? String == text)
            case (.flag, .flag(let flag)):
                #expect(property["type"] as? String == "boolean")
                #expect(property["default"] as? Bool == flag)
            default: Issue.record("The option \(spec.name) has a default of another kind")
            }
        }
    }

    @Test("What /drivers answers has the described shape, and every scheme and driver has its name")
    func drivers() throws {
        let text = JSONWriter.bytes(of: DriverCatalog.answer)
        let drivers = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [[String: Any]])
        #expect(!drivers.isEmpty)
        for driver in drivers {
            #expect(try Set(driver.keys) == properties("Driver"))
            for (part, name) in [("fields", "DriverField"), ("options", "DriverOption"), ("schemes", "DriverScheme")] {
                let described = try properties(name)
                for entry in try #require(driver[part] as? [[String: Any]]) { #expect(Set(entry.keys) == described) }
            }
        }
        let forms = try #require(try schema("Driver")["properties"] as? [String: [String: Any]])["statement"]
        let quoting = (forms?["properties"] as? [String: [String: Any]])?["quoting"]?["enum"] as? [String]
        #expect(quoting == StatementForm.Quoting.allCases.map(\.rawValue))
        for kind in DriverKind.allCases { #expect(StatementForm(kind).template.contains("{table}")) }
        func names(_ name: String, _ property: String) throws -> [String]? {
            (try schema(name)["properties"] as? [String: [String: Any]])?[property]?["enum"] as? [String]
        }
        #expect(try names("DriverScheme", "name") == SchemeName.allCases.map(\.rawValue))
        #expect(try names("Driver", "driver") == DriverKind.allCases.map(\.rawValue))
    }

    @Test("Every filter column is described")
    func columns() throws {
        let components = try #require(document["components"] as? [String: Any])
        let parameters = try #require(components["parameters"] as? [String: [String: Any]])
        let filters = try #require(parameters["filters"]?["schema"] as? [String: Any])
        let names = Set(try #require(filters["properties"] as? [String: Any]).keys)
        #expect(names == Set(Column.records.map(\.name)))
        let text = try #require(parameters["filters"]?["description"] as? String)
        for relation in RecordQuery.Filter.Relation.allCases where relation != .equal {
            #expect(text.contains(relation.rawValue))
        }
    }

    @Test("Every reference leads somewhere")
    func references() throws {
        var missing: [String] = []
        func walk(_ value: Any) {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String {
                    var target: Any? = document
                    for part in reference.dropFirst(2).split(separator: "/") {
                        target = (target as? [String: Any])?[String(part)]
                    }
                    if target == nil { missing.append(reference) }
                }
                object.values.forEach(walk)
            } else if let list = value as? [Any] {
                list.forEach(walk)
            }
        }
        walk(document)
        #expect(missing.isEmpty)
    }
}
