/// One element of a document as it stands on the wire; valid no longer than the bytes that it points into.
public struct BSONElement {
    /// The value's type.
    public let type: BSONType
    /// The name without its zero.
    public let name: UnsafeRawBufferPointer
    /// The value's bytes without type and name, of a length that fits its type.
    public let value: UnsafeRawBufferPointer

    /// The bytes of a string, symbol or JavaScript, without length and zero.
    public var text: UnsafeRawBufferPointer {
        value.count < 5 ? .init(start: nil, count: 0) : .init(rebasing: value[4..<(value.count - 1)])
    }

    /// The name as text; what is not valid UTF-8 in it stands as U+FFFD.
    public var nameText: String { String(decoding: name, as: UTF8.self) }

    /// Whether the name is this one.
    public func isNamed(_ other: StaticString) -> Bool {
        name.count == other.utf8CodeUnitCount
            && name.elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
}

extension BSONElement {
    /// The number of an `int32`.
    public var int32: Int32 { value.int32(at: 0) }

    /// The number of an `int64`, or a date's milliseconds since 1970 in UTC.
    public var int64: Int64 { value.int64(at: 0) }

    /// The number of a `double`.
    public var double: Double { Double(bitPattern: UInt64(bitPattern: value.int64(at: 0))) }

    /// The number of a `decimal128`.
    public var decimal128: Decimal128 {
        Decimal128(high: UInt64(bitPattern: value.int64(at: 8)), low: UInt64(bitPattern: value.int64(at: 0)))
    }

    /// The identifier of an `objectID`.
    public var objectID: ObjectID { ObjectID(checked: value[...]) }

    /// The text of a UUID (binary of subtype 4, RFC 9562, section 4); nil for anything else.
    public var uuid: String? {
        guard type == .binary, value.count == 21, value[4] == 4 else { return nil }
        var text = Array(value[5...]).hexadecimal
        for place in [20, 16, 12, 8] { text.insert("-", at: text.utf8.index(text.startIndex, offsetBy: place)) }
        return text
    }
}

/// Walks the elements of one document and checks the form of each as it comes; what lies inside of a nested document is
/// not looked at.
public struct BSONWalker {
    private let bytes: UnsafeRawBufferPointer
    private var index: Int

    /// A walker of a document, its length in front and its zero at the end included.
    ///
    /// - Parameter position: where another walker of the same document stood; nil begins.
    public init(_ bytes: UnsafeRawBufferPointer, from position: Int? = nil) throws(BSONError) {
        guard bytes.count >= 5 else { throw .truncated }
        let length = Int(bytes.int32(at: 0))
        guard length == bytes.count else { throw length > bytes.count ? .truncated : .invalidLength(length) }
        guard bytes[length - 1] == 0 else { throw .missingTerminator }
        self.bytes = bytes
        index = max(4, position ?? 4)
    }

    /// Where the next element begins.
    public var position: Int { index }

    /// Whether no element is left.
    public var isAtEnd: Bool { index >= bytes.count - 1 }

    /// The next element, or nil at the document's end.
    public mutating func next() throws(BSONError) -> BSONElement? {
        // The last byte is the document's own zero: no value may reach into it.
        let end = bytes.count - 1
        guard index < end else { return nil }
        guard bytes[index] != 0 else { throw .missingTerminator }
        guard let type = BSONType(rawValue: bytes[index]) else { throw .unknownType(bytes[index]) }
        let start = index + 1
        let zero = try bytes.zero(from: start, to: end)
        let body = UnsafeRawBufferPointer(rebasing: bytes[(zero + 1)..<end])
        let length = try Self.length(of: type, in: body)
        guard length <= body.count else { throw .truncated }
        index = zero + 1 + length
        return BSONElement(
            type: type, name: UnsafeRawBufferPointer(rebasing: bytes[start..<zero]),
            value: UnsafeRawBufferPointer(rebasing: body[..<length]))
    }

    /// How many bytes a value takes; may be more than there are.
    private static func length(of type: BSONType, in body: UnsafeRawBufferPointer) throws(BSONError) -> Int {
        switch type {
        case .undefined, .null, .minKey, .maxKey: return 0
        case .boolean:
            guard let byte = body.first else { throw .truncated }
            guard byte <= 1 else { throw .invalidBoolean(byte) }
            return 1
        case .int32: return 4
        case .double, .date, .timestamp, .int64: return 8
        case .objectID: return 12
        case .decimal128: return 16
        case .string, .javaScript, .symbol: return try textLength(body)
        case .document, .array: return try length(body, atLeast: 5)
        case .binary:
            let count = try length(body, atLeast: 0)
            guard body.count - 5 >= count else { throw .truncated }
            // The old binary has its length a second time inside.
            if body[4] == 2, count < 4 || body.int32(at: 5) != Int32(count - 4) { throw .invalidLength(count) }
            return count + 5
        case .regularExpression:
            let pattern = try body.zero(from: 0, to: body.count)
            return try body.zero(from: pattern + 1, to: body.count) + 1
        case .databasePointer: return try textLength(body) + 12
        case .javaScriptWithScope:
            let whole = try length(body, atLeast: 14)
            guard whole <= body.count else { throw .truncated }
            let inside = UnsafeRawBufferPointer(rebasing: body[4..<whole])
            let code = try textLength(inside)
            guard code <= inside.count else { throw .truncated }
            let scope = UnsafeRawBufferPointer(rebasing: inside[code...])
            guard try length(scope, atLeast: 5) == scope.count else { throw .invalidLength(whole) }
            return whole
        }
    }

    private static func length(_ body: UnsafeRawBufferPointer, atLeast minimum: Int) throws(BSONError) -> Int {
        guard body.count >= 4 else { throw .truncated }
        let length = Int(body.int32(at: 0))
        guard length >= minimum else { throw .invalidLength(length) }
        return length
    }

    /// A text's length, its own four bytes and its zero included.
    private static func textLength(_ body: UnsafeRawBufferPointer) throws(BSONError) -> Int {
        let count = try length(body, atLeast: 1)
        guard body.count - 4 >= count else { throw .truncated }
        guard body[3 + count] == 0 else { throw .missingTerminator }
        return count + 4
    }
}

extension BSONWalker {
    /// Checks a whole document: every length, type and zero, and every text, at any depth.
    ///
    /// - Parameter strictTexts: whether texts that are not valid UTF-8 are refused.
    static func check(
        _ bytes: UnsafeRawBufferPointer, strictTexts: Bool, depth: Int = 1
    ) throws(BSONError) {
        guard depth <= BSONLimits.depth else { throw .tooDeep(limit: BSONLimits.depth) }
        var walker = try BSONWalker(bytes)
        while let element = try walker.next() {
            if strictTexts { try checkTexts(element) }
            switch element.type {
            case .document, .array: try check(element.value, strictTexts: strictTexts, depth: depth + 1)
            case .javaScriptWithScope:
                let code = Int(element.value.int32(at: 4)) + 8
                if strictTexts { try checkText(.init(rebasing: element.value[8..<(code - 1)])) }
                try check(.init(rebasing: element.value[code...]), strictTexts: strictTexts, depth: depth + 1)
            case .double, .string, .binary, .undefined, .objectID, .boolean, .date, .null, .regularExpression,
                .databasePointer, .javaScript, .symbol, .int32, .timestamp, .int64, .decimal128, .maxKey, .minKey:
                break
            }
        }
    }

    private static func checkTexts(_ element: BSONElement) throws(BSONError) {
        try checkText(element.name)
        switch element.type {
        case .string, .javaScript, .symbol: try checkText(element.text)
        case .regularExpression: try checkText(element.value)
        case .databasePointer: try checkText(.init(rebasing: element.value[4..<(element.value.count - 13)]))
        case .double, .document, .array, .binary, .undefined, .objectID, .boolean, .date, .null, .javaScriptWithScope,
            .int32, .timestamp, .int64, .decimal128, .maxKey, .minKey:
            break
        }
    }

    private static func checkText(_ bytes: UnsafeRawBufferPointer) throws(BSONError) {
        guard !bytes.contains(where: { $0 >= 0x80 }) || String(validating: bytes, as: UTF8.self) != nil else {
            throw .invalidText
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Little endian, as all of BSON is; the four bytes have to be there.
    func int32(at offset: Int) -> Int32 { Int32(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int32.self)) }

    /// Little endian; the eight bytes have to be there.
    func int64(at offset: Int) -> Int64 { Int64(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int64.self)) }

    /// Where the next zero stands.
    fileprivate func zero(from start: Int, to end: Int) throws(BSONError) -> Int {
        guard start < end, let found = self[start..<end].firstIndex(of: 0) else { throw .missingTerminator }
        return found
    }
}
