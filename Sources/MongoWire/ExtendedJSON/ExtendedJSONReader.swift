import Foundation
import NIOCore

extension BSONDocument {
    /// Reads a document of Extended JSON (version 2), canonical, relaxed or both.
    ///
    /// - Throws: `notJSON`, `tooDeep`, `invalidExtendedJSON`, `containsZero`, `tooLong`.
    public init(extendedJSON text: String) throws(BSONError) {
        try self.init(extendedJSON: try JSONNode(text))
    }

    /// Reads a document of Extended JSON from its parsed form.
    ///
    /// - Throws: `notJSON` where it is no object, `invalidExtendedJSON`, `containsZero`, `tooLong`.
    public init(extendedJSON node: JSONNode) throws(BSONError) {
        guard case .document(let document) = try ExtendedJSONReader.value(node) else { throw .notJSON(at: 0) }
        self = document
    }
}

/// Reads values of Extended JSON.
enum ExtendedJSONReader {
    static func value(_ node: JSONNode) throws(BSONError) -> BSONValue {
        switch node {
        case .null: return .null
        case .boolean(let flag): return .boolean(flag)
        case .string(let text): return .string(text)
        case .number(let digits): return try number(digits)
        case .array(let nodes):
            var values: [BSONValue] = []
            for node in nodes { values.append(try value(node)) }
            return .array(try bounded(.list(values)))
        case .object(let members):
            for member in members where wrappers.contains(member.name) {
                guard let value = try wrapped(member.name, member.value, members) else {
                    throw .invalidExtendedJSON(member.name)
                }
                return value
            }
            return .document(try document(members))
        }
    }

    /// The members that make an object a value of another type.
    private static let wrappers: Set<String> = [
        "$oid", "$symbol", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$binary", "$uuid", "$code",
        "$timestamp", "$regularExpression", "$dbPointer", "$date", "$minKey", "$maxKey", "$undefined",
    ]

    private static func document(_ members: [JSONNode.Member]) throws(BSONError) -> BSONDocument {
        var writer = BSONWriter()
        for member in members {
            guard !member.name.utf8.contains(0) else { throw .containsZero }
            writer.append(member.name, try value(member.value))
        }
        return try bounded(writer.finished())
    }

    private static func bounded(_ document: BSONDocument) throws(BSONError) -> BSONDocument {
        let size = document.bytes.readableBytes
        guard size <= BSONLimits.documentSize else { throw .tooLong(size, limit: BSONLimits.documentSize) }
        return document
    }

    /// A whole number in the smallest type that holds it, any other as a double.
    private static func number(_ digits: String) throws(BSONError) -> BSONValue {
        if let number = Int32(digits) { return .int32(number) }
        if let number = Int64(digits) { return .int64(number) }
        guard let number = Double(digits) else { throw .invalidExtendedJSON(String(digits.prefix(64))) }
        return .double(number)
    }

    /// The value that an object of this key is; nil where the object does not have the key's form.
    private static func wrapped(
        _ key: String, _ node: JSONNode, _ members: [JSONNode.Member]
    ) throws(BSONError) -> BSONValue? {
        if key == "$code" { return try code(node, members) }
        guard members.count == 1 else { return nil }
        switch (key, node) {
        case ("$oid", .string(let text)): return ObjectID(text).map { .objectID($0) }
        case ("$symbol", .string(let text)): return .symbol(text)
        case ("$numberInt", .string(let text)): return Int32(text).map { .int32($0) }
        case ("$numberLong", .string(let text)): return Int64(text).map { .int64($0) }
        case ("$numberDouble", .string(let text)): return double(text).map { .double($0) }
        case ("$numberDecimal", .string(let text)): return Decimal128(text).map { .decimal128($0) }
        case ("$uuid", .string(let text)): return uuid(text).map { .binary(subtype: 4, $0) }
        case ("$binary", _): return binary(node)
        case ("$timestamp", _): return timestamp(node)
        case ("$regularExpression", _): return try regularExpression(node)
        case ("$dbPointer", _): return databasePointer(node)
        case ("$date", _): return try date(node)
        case ("$minKey", .number("1")): return .minKey
        case ("$maxKey", .number("1")): return .maxKey
        case ("$undefined", .boolean(true)): return .undefined
        default: return nil
        }
    }

    private static func code(_ node: JSONNode, _ members: [JSONNode.Member]) throws(BSONError) -> BSONValue? {
        guard case .string(let code) = node else { return nil }
        if members.count == 1 { return .javaScript(code) }
        guard members.count == 2, let scope = members.first(where: { $0.name == "$scope" }),
            case .object(let inside) = scope.value
        else { return nil }
        return .javaScriptWithScope(code, try document(inside))
    }

    /// The members' values by these names, where there are no others.
    private static func exactly(_ names: [String], of node: JSONNode) -> [JSONNode]? {
        guard case .object(let members) = node, members.count == names.count else { return nil }
        let values = names.compactMap { node[$0] }
        return values.count == names.count ? values : nil
    }

    private static func double(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        // Swift would read "nan", "inf" and hexadecimal digits, too.
        default: text.utf8.allSatisfy { "+-.eE0123456789".utf8.contains($0) } ? Double(text) : nil
        }
    }

    private static func binary(_ node: JSONNode) -> BSONValue? {
        guard let values = exactly(["base64", "subType"], of: node), case .string(let content) = values[0],
            case .string(let type) = values[1], (1...2).contains(type.utf8.count), let subtype = UInt8(type, radix: 16),
            let data = Data(base64Encoded: content)
        else { return nil }
        return .binary(subtype: subtype, Array(data))
    }

    private static func uuid(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        return [UInt8](hexadecimal: parts.joined())
    }

    private static func timestamp(_ node: JSONNode) -> BSONValue? {
        guard let values = exactly(["t", "i"], of: node), case .number(let seconds) = values[0],
            case .number(let increment) = values[1], let seconds = UInt32(seconds), let increment = UInt32(increment)
        else { return nil }
        return .timestamp(seconds: seconds, increment: increment)
    }

    private static func regularExpression(_ node: JSONNode) throws(BSONError) -> BSONValue? {
        guard let values = exactly(["pattern", "options"], of: node), case .string(let pattern) = values[0],
            case .string(let options) = values[1]
        else { return nil }
        guard !pattern.utf8.contains(0), !options.utf8.contains(0) else { throw .containsZero }
        return .regularExpression(pattern: pattern, options: String(options.sorted()))
    }

    private static func databasePointer(_ node: JSONNode) -> BSONValue? {
        guard let values = exactly(["$ref", "$id"], of: node), case .string(let namespace) = values[0],
            let id = exactly(["$oid"], of: values[1]), case .string(let text) = id[0], let id = ObjectID(text)
        else { return nil }
        return .databasePointer(namespace: namespace, id)
    }

    /// RFC 3339, or milliseconds since 1970 as `$numberLong`.
    private static func date(_ node: JSONNode) throws(BSONError) -> BSONValue? {
        switch node {
        case .string(let text): return DateText.milliseconds(text).map { .date($0) }
        case .object:
            switch try value(node) {
            case .int64(let number): return .date(number)
            case .int32(let number): return .date(Int64(number))
            default: return nil
            }
        case .array, .boolean, .null, .number: return nil
        }
    }
}
