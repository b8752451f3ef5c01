import MongoWire
import SourceModel

/// What the documents of a sample have in common: their fields, also those of documents within them, with the types that
/// were met and how often.
struct MongoSample {
    /// Fields within fields that are looked at; deeper ones count as part of theirs.
    static let maximumDepth = 3
    /// The most fields that are told.
    static let maximumFields = 500

    private struct Field {
        var types: [BSONType: Int] = [:]
        /// Documents of the sample that have the field.
        var documents = 0
        var lastSeen = -1
    }

    private var fields: [String: Field] = [:]
    private var order: [String] = []
    private var count = 0

    /// Looks at one document.
    mutating func note(_ document: BSONDocument) {
        walk(document, below: "", depth: 1)
        count += 1
    }

    private mutating func walk(_ document: BSONDocument, below path: String, depth: Int) {
        for (name, value) in document {
            let place = path.isEmpty ? name : "\(path).\(name)"
            note(place, value.type)
            guard depth < Self.maximumDepth else { continue }
            switch value {
            case .document(let inside): walk(inside, below: place, depth: depth + 1)
            case .array(let values):
                // MongoDB reaches into lists by the same path.
                for case .document(let inside) in values.map(\.value) { walk(inside, below: place, depth: depth + 1) }
            default: break
            }
        }
    }

    private mutating func note(_ place: String, _ type: BSONType) {
        if fields[place] == nil {
            guard order.count < Self.maximumFields else { return }
            order.append(place)
            fields[place] = Field()
        }
        fields[place]?.types[type, default: 0] += 1
        if fields[place]?.lastSeen != count {
            fields[place]?.lastSeen = count
            fields[place]?.documents += 1
        }
    }

    /// The fields in the order in which they were met, those within others behind them.
    var columns: [TableColumn] {
        let paths = order.map { $0.split(separator: ".", omittingEmptySubsequences: false) }
        let ranks = Dictionary(zip(order, order.indices)) { first, _ in first }
        func rank(_ path: [Substring]) -> [Int] {
            path.indices.map { ranks[path[...$0].joined(separator: ".")] ?? order.count }
        }
        let sorted = zip(order, paths).map { (name: $0, rank: rank($1)) }
            .sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
        return sorted.compactMap { entry in fields[entry.name].map { column(entry.name, $0) } }
    }

    private func column(_ name: String, _ field: Field) -> TableColumn {
        let known = field.types.keys.filter { $0 != .null && $0 != .undefined }
            .sorted { (field.types[$1] ?? 0, $0.rawValue) < (field.types[$0] ?? 0, $1.rawValue) }
        let json = Set(known.map(\.jsonType))
        let hasNull = field.types.count > known.count
        return TableColumn(
            name: name, type: known.isEmpty ? "null" : known.map(\.alias).joined(separator: " | "),
            jsonType: json.count == 1 ? json.first ?? .any : .any, isNullable: hasNull || field.documents < count,
            comment: "in \(field.documents) of \(count) sampled documents")
    }
}
