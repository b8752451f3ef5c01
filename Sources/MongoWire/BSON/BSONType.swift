/// The types of BSON (bsonspec.org, version 1.1), by their number on the wire.
public enum BSONType: UInt8, CaseIterable, Sendable, Hashable {
    case double = 0x01
    case string = 0x02
    case document = 0x03
    case array = 0x04
    case binary = 0x05
    /// Deprecated; read, never sent.
    case undefined = 0x06
    case objectID = 0x07
    case boolean = 0x08
    case date = 0x09
    case null = 0x0A
    case regularExpression = 0x0B
    /// Deprecated; read, never sent.
    case databasePointer = 0x0C
    case javaScript = 0x0D
    /// Deprecated; read, never sent.
    case symbol = 0x0E
    /// Deprecated; read, never sent.
    case javaScriptWithScope = 0x0F
    case int32 = 0x10
    case timestamp = 0x11
    case int64 = 0x12
    case decimal128 = 0x13
    case maxKey = 0x7F
    case minKey = 0xFF

    /// The name by which MongoDB's `$type` knows it.
    public var alias: String {
        switch self {
        case .double: "double"
        case .string: "string"
        case .document: "object"
        case .array: "array"
        case .binary: "binData"
        case .undefined: "undefined"
        case .objectID: "objectId"
        case .boolean: "bool"
        case .date: "date"
        case .null: "null"
        case .regularExpression: "regex"
        case .databasePointer: "dbPointer"
        case .javaScript: "javascript"
        case .symbol: "symbol"
        case .javaScriptWithScope: "javascriptWithScope"
        case .int32: "int"
        case .timestamp: "timestamp"
        case .int64: "long"
        case .decimal128: "decimal"
        case .minKey: "minKey"
        case .maxKey: "maxKey"
        }
    }
}
