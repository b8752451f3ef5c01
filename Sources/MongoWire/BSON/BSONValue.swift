import NIOCore

/// A value of BSON.
public enum BSONValue: Hashable, Sendable {
    case double(Double)
    case string(String)
    case document(BSONDocument)
    /// A document whose names are `0`, `1` and so on.
    case array(BSONDocument)
    case binary(subtype: UInt8, [UInt8])
    case undefined
    case objectID(ObjectID)
    case boolean(Bool)
    /// Milliseconds since 1970 in UTC.
    case date(Int64)
    case null
    /// Its options in the order of the alphabet.
    case regularExpression(pattern: String, options: String)
    case databasePointer(namespace: String, ObjectID)
    case javaScript(String)
    case symbol(String)
    case javaScriptWithScope(String, BSONDocument)
    case int32(Int32)
    /// MongoDB's own: seconds since 1970, and a counter within the second.
    case timestamp(seconds: UInt32, increment: UInt32)
    case int64(Int64)
    case decimal128(Decimal128)
    case minKey
    case maxKey

    /// The value's type.
    public var type: BSONType {
        switch self {
        case .double: .double
        case .string: .string
        case .document: .document
        case .array: .array
        case .binary: .binary
        case .undefined: .undefined
        case .objectID: .objectID
        case .boolean: .boolean
        case .date: .date
        case .null: .null
        case .regularExpression: .regularExpression
        case .databasePointer: .databasePointer
        case .javaScript: .javaScript
        case .symbol: .symbol
        case .javaScriptWithScope: .javaScriptWithScope
        case .int32: .int32
        case .timestamp: .timestamp
        case .int64: .int64
        case .decimal128: .decimal128
        case .minKey: .minKey
        case .maxKey: .maxKey
        }
    }

    /// Reads an element's value; its form has been checked, what is not valid UTF-8 stands as U+FFFD.
    public init(_ element: BSONElement) {
        let value = element.value
        func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String { String(decoding: bytes, as: UTF8.self) }
        switch element.type {
        case .double: self = .double(element.double)
        case .string: self = .string(String(decoding: element.text, as: UTF8.self))
        case .document: self = .document(BSONDocument(checked: value))
        case .array: self = .array(BSONDocument(checked: value))
        case .binary: self = .binary(subtype: value[4], Array(value[(value[4] == 2 ? 9 : 5)...]))
        case .undefined: self = .undefined
        case .objectID: self = .objectID(element.objectID)
        case .boolean: self = .boolean(value[0] == 1)
        case .date: self = .date(element.int64)
        case .null: self = .null
        case .regularExpression:
            let zero = value.firstIndex(of: 0) ?? 0
            self = .regularExpression(
                pattern: text(value[..<zero]), options: text(value[(zero + 1)..<(value.count - 1)]))
        case .databasePointer:
            let end = value.count - 12
            self = .databasePointer(namespace: text(value[4..<(end - 1)]), ObjectID(checked: value[end...]))
        case .javaScript: self = .javaScript(String(decoding: element.text, as: UTF8.self))
        case .symbol: self = .symbol(String(decoding: element.text, as: UTF8.self))
        case .javaScriptWithScope:
            let code = Int(value.int32(at: 4)) + 8
            self = .javaScriptWithScope(
                text(value[8..<(code - 1)]), BSONDocument(checked: UnsafeRawBufferPointer(rebasing: value[code...])))
        case .int32: self = .int32(element.int32)
        case .timestamp:
            self = .timestamp(
                seconds: UInt32(bitPattern: value.int32(at: 4)), increment: UInt32(bitPattern: value.int32(at: 0)))
        case .int64: self = .int64(element.int64)
        case .decimal128: self = .decimal128(element.decimal128)
        case .minKey: self = .minKey
        case .maxKey: self = .maxKey
        }
    }

    /// The text of a string.
    public var text: String? { if case .string(let text) = self { text } else { nil } }

    /// The document, where it is one and no array.
    public var document: BSONDocument? { if case .document(let document) = self { document } else { nil } }

    /// The values of an array.
    public var list: [BSONValue]? { if case .array(let array) = self { array.map(\.value) } else { nil } }

    /// A whole number of any numeric type, as far as it is one; MongoDB's answers use all of them.
    public var integer: Int? {
        switch self {
        case .int32(let number): Int(number)
        case .int64(let number): Int(exactly: number)
        case .double(let number): Int(exactly: number)
        default: nil
        }
    }

    /// Whether MongoDB takes the value for true: `true`, or a number that is not 0.
    public var isTrue: Bool {
        switch self {
        case .boolean(let flag): flag
        case .int32(let number): number != 0
        case .int64(let number): number != 0
        case .double(let number): number != 0
        default: false
        }
    }
}

/// The identifier that MongoDB gives to documents: twelve bytes.
public struct ObjectID: Hashable, Sendable, CustomStringConvertible {
    /// The twelve bytes.
    public let bytes: [UInt8]

    init(checked bytes: Slice<UnsafeRawBufferPointer>) { self.bytes = Array(bytes) }

    /// Reads 24 hexadecimal digits.
    public init?(_ text: String) {
        guard text.utf8.count == 24, let bytes = [UInt8](hexadecimal: text) else { return nil }
        self.bytes = bytes
    }

    /// 24 hexadecimal digits in lower case.
    public var description: String { bytes.hexadecimal }
}

extension [UInt8] {
    /// Reads pairs of hexadecimal digits; nil for anything else.
    init?(hexadecimal text: some StringProtocol) {
        self = []
        var high: UInt8?
        for digit in text.unicodeScalars {
            guard digit.isASCII, let value = Character(digit).hexDigitValue else { return nil }
            if let first = high {
                append(first << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        guard high == nil else { return nil }
    }

    /// Pairs of hexadecimal digits in lower case.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
