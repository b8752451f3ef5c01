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
