import Foundation
import Testing

@testable import JSONQuery

/// The compliance test suite of the JSONPath working group's members, as they publish it.
@Suite("RFC 9535 by its compliance test suite")
struct ComplianceTests {
    struct Example: Sendable, CustomStringConvertible {
        var description: String
        var selector: String
        var document: Data?
        /// The results that are right: one, or several where the order is free.
        var results: [Data] = []
        var isInvalid = false
    }

    static let examples: [Example] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "ComplianceSuite/cts.json")
        guard let data = try? Data(contentsOf: file),
            let suite = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let tests = suite["tests"] as? [[String: Any]]
        else { return [] }
        func encoded(_ value: Any) -> Data? {
            try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed])
        }
        return tests.compactMap { test in
            guard let name = test["name"] as? String, let selector = test["selector"] as? String else { return nil }
            var example = Example(description: name, selector: selector)
            example.isInvalid = test["invalid_selector"] as? Bool ?? false
            example.document = test["document"].flatMap(encoded)
            let results = test["results"] as? [Any] ?? test["result"].map { [$0] } ?? []
            example.results = results.compactMap(encoded)
            return example
        }
    }()

    @Test("The suite is there, and whole")
    func suite() { #expect(Self.examples.count == 703) }

    @Test("Each selector selects what it should, or is refused", arguments: examples)
    func example(_ example: Example) throws {
        if example.isInvalid {
            #expect(throws: JSONPath.Malformed.self) { try JSONPath(example.selector) }
            return
        }
        let path = try JSONPath(example.selector)
        let document = try JSONDocument(Array(try #require(example.document)))
        let places = try path.places(in: document, from: document.roots[0])
        let texts = places.map { String(decoding: document.bytes[document.range(of: $0)], as: UTF8.self) }
        let selected = try JSONSerialization.jsonObject(with: Data("[\(texts.joined(separator: ","))]".utf8))
        let right = try example.results.map { try JSONSerialization.jsonObject(with: $0) as? NSArray }
        #expect(right.contains(selected as? NSArray), "\(example.selector) selected \(texts)")
    }
}
