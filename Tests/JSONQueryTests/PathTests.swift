import Testing

@testable import JSONQuery

@Suite("Paths beyond the suite")
struct PathTests {
    private func select(_ path: String, _ text: String, limit: Int = 1_000_000) throws -> [String] {
        let document = try JSONDocument(Array(text.utf8))
        return try JSONPath(path).places(in: document, from: document.roots[0], limit: limit)
            .map { String(decoding: document.bytes[document.range(of: $0)], as: UTF8.self) }
    }

    @Test(
        "Numbers are compared by all of their digits",
        arguments: [
            ("9007199254740993", "9007199254740992", false), ("1", "1.0", true), ("100", "1e2", true),
            ("0.1", "1e-1", true), ("-0", "0", true), ("1e999999999999", "1e999999999998", false),
            ("123456789012345678901234567890", "123456789012345678901234567891", false),
        ])
    func exact(left: String, right: String, areEqual: Bool) throws {
        #expect(try select("$[?@ == \(right)]", "[\(left)]").count == (areEqual ? 1 : 0))
        #expect(try select("$[?@ <= \(right)]", "[\(left)]").count + select("$[?@ > \(right)]", "[\(left)]").count == 1)
    }

    @Test("The order of numbers is the order of their values")
    func order() throws {
        let ordered = ["-1e3", "-20", "-3", "-0.5", "0", "0.05", "0.5", "3", "20", "1e3", "9e99"]
        for (i, left) in ordered.enumerated() {
            for (j, right) in ordered.enumerated() {
                #expect(try select("$[?@ < \(right)]", "[\(left)]").isEmpty == (i >= j), "\(left) \(right)")
            }
        }
    }

    @Test("A query ends where it would select more than the limit")
    func limit() throws {
        #expect(throws: PathEvaluation.Stopped.tooMany(limit: 5)) { try select("$..*", "[[1,2,3],[4,5,6]]", limit: 5) }
        #expect(throws: PathEvaluation.Stopped.tooMany(limit: 100)) {
            try select("$[*,*,*,*,*,*][*,*,*,*,*]", "[[1,2,3],[4,5,6]]", limit: 100)
        }
    }

    @Test("A query ends soon when its task is cancelled, whatever it does")
    func cancelled() async throws {
        let row = "[" + (0..<2000).map { "{\"a\": \($0), \"b\": \"x\"}" }.joined(separator: ",") + "]"
        let document = try JSONDocument(Array(row.utf8))
        // Compares every row with all of them, and those again: without an end it would take hours.
        let path = try JSONPath("$[?count($[?count($[?@.a != 1]) > 0]) > 0]")
        let task = Task { try path.places(in: document, from: 0) }
        task.cancel()
        await #expect(throws: PathEvaluation.Stopped.cancelled) { try await task.value }
    }

    @Test("Nesting and length of a query are bounded")
    func bounds() {
        #expect(throws: JSONPath.Malformed.self) {
            try JSONPath("$[?" + String(repeating: "(", count: 100) + "@" + String(repeating: ")", count: 100) + "]")
        }
        #expect(throws: JSONPath.Malformed.self) { try JSONPath("$" + String(repeating: ".a", count: 5000)) }
    }

    @Test(
        "What is wrong is told with its place",
        arguments: [
            ("a", 1, "A path begins with $"), ("$.", 3, "A name or * is missing"),
            ("$['a'", 6, "A comma or ] is missing"),
            ("$[?@.a == 'ü' &&]", 17, "A query, a literal or a function is missing"),
            ("$[?foo(@)]", 4, "There is no function foo"), ("$ ", 2, "The path should end here, or go on with . or ["),
        ])
    func reasons(path: String, position: Int, reason: String) {
        #expect(throws: JSONPath.Malformed(position: position, reason: reason)) { try JSONPath(path) }
    }

    @Test(
        "Regular expressions are those of RFC 9485",
        arguments: [
            ("a{2,3}", "aa", true), ("a{2,3}", "a", false), ("a{2,}", "aaaa", true), ("a{2}", "aaa", false),
            ("(ab|c)+", "abcab", true), ("[a-c]*", "abcd", false), ("[^a-c]", "d", true),
            ("\\p{Lu}\\p{Ll}*", "Über", true),
            ("\\P{L}", "ü", false), ("[-a]+", "a-", true), ("[a-]+", "-a", true), ("\\.", ".", true),
            ("\\.", "x", false),
            ("^a$", "a", true), ("a|b", "b", true), ("", "", true), ("()", "", true), (".", "\n", false),
            ("\\d", "1", false), ("(?:a)", "a", false), ("a{1,0}", "a", false), ("[z-a]", "b", false),
            ("a**", "a", false),
        ])
    func expressions(expression: String, text: String, matches: Bool) {
        #expect((IRegexp(expression)?.matches(text, whole: true) { _ in } ?? false) == matches)
    }

    @Test(
        "A query ends soon when its task is cancelled, also where nothing fits what it selects",
        arguments: ["$..a", "$..[0]"])
    func watched(path: String) async throws {
        let text = "[" + String(repeating: "1,", count: 200_000) + "1]"
        let document = try JSONDocument(Array(text.utf8))
        let path = try JSONPath(path)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try path.places(in: document, from: 0)
        }
        await #expect(throws: PathEvaluation.Stopped.cancelled) { try await task.value }
    }

    @Test(
        "A query ends soon in expressions of many states, too, in one text or in many short ones",
        arguments: [(1, 500), (500, 1)])
    func states(texts: Int, length: Int) async throws {
        let text = "\"\(String(repeating: "a", count: length))\""
        let document = try JSONDocument(Array("[\(repeatElement(text, count: texts).joined(separator: ","))]".utf8))
        let path = try JSONPath("$[?match(@, '(a?){1500}')]")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try path.places(in: document, from: 0)
        }
        await #expect(throws: PathEvaluation.Stopped.cancelled) { try await task.value }
        #expect(try path.places(in: document, from: 0).count == texts)
    }

    @Test(
        "What is empty costs nothing, however often it is repeated",
        arguments: [
            "((((){4000}){4000}){4000}){4000}", "((a{0}){4096}){4096}", "(((){4000}){4000,}){4000}",
            "(()*()+()?){0,4000}",
            "(\(String(repeating: "()", count: 1000))b{0,1}){2000}",
        ])
    func empty(expression: String) throws {
        let read = try #require(IRegexp(expression))
        #expect(read.matches("", whole: true) { _ in })
        #expect(!read.matches("a", whole: true) { _ in })
    }

    @Test("An expression that makes others run for ever does not")
    func runaway() throws {
        let text = String(repeating: "a", count: 50_000) + "b"
        #expect(try #require(IRegexp("(a*)*(a|a)*(a?){40}c")).matches(text, whole: true) { _ in } == false)
        #expect(IRegexp("((a{100}){100}){100}") == nil)
        #expect(IRegexp(String(repeating: "(", count: 1000) + "a" + String(repeating: ")", count: 1000)) == nil)
    }
}
