import Foundation

/// Whether a sheet's first row names its columns.
enum SheetHeader {
    /// Where a column holds text in the first row and none below, the row is a header; otherwise it is one if it holds
    /// nothing but text. These are the rules that text files have, with kinds that cells know of themselves.
    static func isThere(in rows: [SheetRow]) -> Bool {
        guard let first = rows.first else { return false }
        var below: [Int: FieldKinds] = [:]
        for row in rows.dropFirst() {
            for cell in row.cells { below[cell.column, default: []].formUnion(cell.value.kind) }
        }
        for cell in first.cells where cell.value.kind == .text {
            if let kinds = below[cell.column], !kinds.contains(.text) { return true }
        }
        return first.cells.allSatisfy { $0.value.kind == .text }
    }
}

extension SheetRow {
    /// A cell of a header as a column's name.
    func heading(_ cell: Cell) -> String {
        switch cell.value {
        case .stable, .text: string(cell.value) ?? ""
        case .integer(let value): String(value)
        case .decimal(let value): String(decoding: DecimalText.bytes(value, scale: nil), as: UTF8.self)
        case .boolean(let flag): flag ? "TRUE" : "FALSE"
        case .date(let day): MomentText(day: day).string
        case .timestamp(let day, let milliseconds): MomentText(day: day, milliseconds: milliseconds).string
        case .time(let milliseconds): MomentText(milliseconds: milliseconds).string
        }
    }
}

extension MomentText {
    var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
