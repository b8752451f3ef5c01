import MongoWire
import Results
import SourceModel

/// The columns of documents: the top-level fields of the first batch in the order in which they were met, and a last one
/// for whatever comes later.
struct MongoColumns {
    /// The most fields that become columns; further ones go into the last column.
    static let maximum = 500
    /// The column of the fields that have none of their own. No field of MongoDB's is called so.
    static let rest = "$rest"

    private(set) var columns: [ResultColumn]
    /// The columns' names as bytes, without the last one's.
    let names: [[UInt8]]
    private let indexes: [[UInt8]: Int]
    /// Whether there is a column for the rest.
    let hasRest: Bool

    /// - Parameters:
    ///   - batch: an array of documents.
    ///   - isLast: whether no other batch follows.
    ///   - rowLimit: the most documents that are wanted; where the batch has as many, none of another one is.
    init(of batch: BSONDocument, isLast: Bool, rowLimit: Int) {
        var count = 0
        var fields: [(name: [UInt8], types: Set<BSONType>)] = []
        var indexes: [[UInt8]: Int] = [:]
        var isCut = false
        batch.walk { row in
            count += 1
            guard row.type == .document, var walker = try? BSONWalker(row.value) else { return true }
            while let element = try? walker.next() {
                let name = Array(element.name)
                if let index = indexes[name] {
                    fields[index].types.insert(element.type)
                } else if fields.count < Self.maximum {
                    indexes[name] = fields.count
                    fields.append((name, [element.type]))
                } else {
                    isCut = true
                }
            }
            return true
        }
        let isWhole = isLast || count >= rowLimit
        self.indexes = indexes
        names = fields.map(\.name)
        hasRest = isCut || !isWhole
        columns = fields.map { field in
            Self.column(String(decoding: field.name, as: UTF8.self), field.types, isWhole: isWhole)
        }
        if hasRest { columns.append(ResultColumn(name: Self.rest, type: "object", jsonType: .any)) }
    }

    /// One column of values that are no documents.
    init(_ name: String, valuesOf batch: BSONDocument) {
        var types: Set<BSONType> = []
        batch.walk { element in
            types.insert(element.type)
            return true
        }
        names = [Array(name.utf8)]
        indexes = [:]
        hasRest = false
        columns = [Self.column(name, types, isWhole: true)]
    }

    private static func column(_ name: String, _ types: Set<BSONType>, isWhole: Bool) -> ResultColumn {
        let known = types.subtracting([.null, .undefined]).sorted { $0.rawValue < $1.rawValue }
        let json = Set(known.map(\.jsonType))
        return ResultColumn(
            name: name, type: known.isEmpty ? "null" : known.map(\.alias).joined(separator: " | "),
            jsonType: isWhole && json.count == 1 ? json.first ?? .any : .any)
    }

    /// The column of a field; documents mostly have their fields in one order, so the next one is tried first.
    func index(of name: UnsafeRawBufferPointer, expected: Int) -> Int? {
        if expected < names.count, name.elementsEqual(names[expected]) { return expected }
        return indexes[Array(name)]
    }
}

extension BSONType {
    /// How values of the type look in JSON results.
    var jsonType: JSONType {
        switch self {
        case .int32, .double: .number
        case .boolean: .boolean
        case .array: .array
        case .string, .int64, .decimal128, .date, .objectID, .binary, .symbol: .string
        case .document, .undefined, .null, .regularExpression, .databasePointer, .javaScript, .javaScriptWithScope,
            .timestamp, .minKey, .maxKey:
            .any
        }
    }
}
