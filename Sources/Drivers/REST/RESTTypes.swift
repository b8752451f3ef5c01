import JSONQuery
import Results
import SourceModel

/// The types that the values of a column have.
enum RESTType: String, Sendable {
    /// Whole numbers of at most 53 bits.
    case integer
    /// Any other numbers: strings in JSON, so that no digit is lost.
    case number
    case string, boolean, object, array
    /// Values of several types, or none at all.
    case any

    var jsonType: JSONType {
        switch self {
        case .integer: .number
        case .number, .string: .string
        case .boolean: .boolean
        case .array: .array
        case .object, .any: .any
        }
    }

    /// The type of one value; nil for null, which fits every type.
    init?(of offset: Int, in document: JSONDocument) {
        switch document.kind(at: offset) {
        case .null: return nil
        case .flag: self = .boolean
        case .string: self = .string
        case .object: self = .object
        case .array: self = .array
        case .number: self = RESTType.isShort(document.bytes[document.range(of: offset)]) ? .integer : .number
        }
    }

    /// The type that both fit.
    func joined(_ other: RESTType) -> RESTType {
        if self == other { return self }
        return [self, other].allSatisfy { $0 == .integer || $0 == .number } ? .number : .any
    }

    /// Whether a number is a whole one of at most 53 bits, written with digits alone.
    private static func isShort(_ digits: ArraySlice<UInt8>) -> Bool {
        guard digits.count <= 17, digits.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D }),
            let value = Int64(String(decoding: digits, as: UTF8.self))
        else { return false }
        return abs(value) < 1 << 53
    }
}

/// How the rows of the first page that has any look: what the columns are, and how the values of each are written.
struct RESTColumns: Sendable {
    /// Columns at most.
    static let limit = 2000

    private enum Shape: Sendable {
        /// Objects: a column for each name.
        case objects
        /// Arrays: a column for each place.
        case arrays
        /// Anything else: one column.
        case values
    }

    let columns: [ResultColumn]
    /// Whether a value is missing or null on the first page, by column.
    let areNullable: [Bool]
    private let shape: Shape
    private let names: [[UInt8]]
    private let indices: [[UInt8]: Int]
    private let types: [RESTType]

    /// - Parameter stage: where failures belong.
    init(_ rows: [Int], in document: JSONDocument, stage: Stage) throws(SourceFailure) {
        let kinds = Set(rows.map { document.kind(at: $0) })
        shape = rows.isEmpty || kinds == [.object] ? .objects : kinds == [.array] ? .arrays : .values
        var names: [[UInt8]] = []
        var indices: [[UInt8]: Int] = [:]
        var types: [RESTType?] = []
        var counts: [Int] = []
        func note(_ column: Int, _ value: Int) throws(SourceFailure) {
            // Before anything is kept of it: one row can have millions.
            guard column < Self.limit else {
                throw RESTFailures.answer(
                    "The rows have more than \(Self.limit) columns.", "Select rows with fewer fields.", stage: stage)
            }
            while types.count <= column {
                types.append(nil)
                counts.append(0)
            }
            guard let type = RESTType(of: value, in: document) else { return }
            counts[column] += 1
            types[column] = types[column].map { $0.joined(type) } ?? type
        }
        for row in rows {
            switch shape {
            case .objects:
                for member in document.members(of: row) {
                    let name = document.text(at: member.name)
                    if indices[name] == nil {
                        indices[name] = names.count
                        names.append(name)
                    }
                    try note(indices[name] ?? 0, member.value)
                }
            case .arrays: for (column, value) in document.elements(of: row).enumerated() { try note(column, value) }
            case .values: try note(0, row)
            }
        }
        self.names = names
        self.indices = indices
        self.types = types.map { $0 ?? .any }
        areNullable = counts.map { $0 < rows.count }
        columns = self.types.enumerated().map { [shape] index, type in
            let name =
                switch shape {
                case .objects: String(decoding: names[index], as: UTF8.self)
                case .arrays: "column_\(index + 1)"
                case .values: "value"
                }
            return ResultColumn(name: name, type: type.rawValue, jsonType: type.jsonType)
        }
    }

    // MARK: Writing

    /// Writes a row. Values that have no column are counted.
    ///
    /// - Throws: where the row is of another shape than those of the first page.
    func write(_ row: Int, of document: JSONDocument, to encoder: inout RowEncoder) throws(SourceFailure) {
        var cells: [Int?] = Array(repeating: nil, count: types.count)
        switch (shape, document.kind(at: row)) {
        case (.values, _): cells[0] = row
        case (.arrays, .array):
            for (column, value) in document.elements(of: row).enumerated() {
                if column < cells.count { cells[column] = value } else { encoder.leaveOut() }
            }
        case (.objects, .object):
            // Most objects of an answer have their members in one order.
            var expected = 0
            for member in document.members(of: row) {
                var column = Optional<Int>.none
                if expected < names.count, document.text(at: member.name, is: names[expected]) {
                    column = expected
                } else {
                    column = indices[document.text(at: member.name)]
                }
                guard let column else {
                    encoder.leaveOut()
                    continue
                }
                cells[column] = member.value
                expected = column + 1
            }
        case (.objects, _), (.arrays, _):
            throw RESTFailures.answer(
                "A row of a later page is no \(shape == .objects ? "object" : "array"), as those of the first page are.",
                "Select rows of one kind.", stage: .query)
        }
        encoder.beginRow()
        for (cell, type) in zip(cells, types) {
            if let cell { write(cell, type, document, &encoder) } else { encoder.writeNull() }
        }
        encoder.endRow()
    }

    private func write(_ cell: Int, _ type: RESTType, _ document: JSONDocument, _ encoder: inout RowEncoder) {
        guard let own = RESTType(of: cell, in: document) else { return encoder.writeNull() }
        switch own {
        case .string:
            document.text(at: cell).withUnsafeBytes { encoder.write($0, as: .text) }
        case .integer, .number, .boolean, .object, .array, .any:
            let form: CellForm =
                switch own {
                case .integer: type == .integer || type == .any ? .number : .text
                case .boolean: type == .boolean || type == .any ? .boolean : .text
                case .object, .array, .any: .json
                case .number, .string: .text
                }
            document.bytes[document.range(of: cell)].withUnsafeBytes { encoder.write($0, as: form) }
        }
    }
}
