import SourceModel

extension RecordQuery {
    /// The rows for which every filter holds.
    func matching(_ rows: [AnswerNode]) -> [AnswerNode] {
        rows.filter { row in filters.allSatisfy { $0.holds(for: row) } }
    }

    /// The rows in the order asked for, from `_start`, at most `_limit`. Null comes last, whatever the direction.
    func page(of rows: [AnswerNode]) -> [AnswerNode] {
        var rows = rows
        if !order.isEmpty {
            // The position decides between equals: the standard library does not promise a stable sort.
            let keyed = rows.enumerated().map { (position: $0.offset, row: $0.element) }
            rows = keyed.sorted { left, right in
                for (column, descending) in order {
                    let a = column.value(in: left.row), b = column.value(in: right.row)
                    switch (a, b) {
                    case (nil, nil): continue
                    case (nil, _): return false
                    case (_, nil): return true
                    case (let a?, let b?):
                        if a < b { return !descending }
                        if b < a { return descending }
                    }
                }
                return left.position < right.position
            }.map(\.row)
        }
        return Array(rows.dropFirst(start).prefix(limit))
    }
}

extension RecordQuery.Filter {
    func holds(for row: AnswerNode) -> Bool {
        let value = column.value(in: row)
        switch relation {
        case .equal, .among: return value.map(operands.contains) ?? false
        case .notEqual, .notAmong: return value.map { !operands.contains($0) } ?? true
        case .less: return compare(value) { $0 < $1 }
        case .lessOrEqual: return compare(value) { $0 <= $1 }
        case .greater: return compare(value) { $0 > $1 }
        case .greaterOrEqual: return compare(value) { $0 >= $1 }
        case .contains: return value.map { $0.searchable.lowercased().containsText(text) } ?? false
        case .containsExactly: return value.map { $0.searchable.containsText(text) } ?? false
        case .null: return operands == [.flag(value == nil)]
        }
    }

    private func compare(_ value: ColumnValue?, _ relation: (ColumnValue, ColumnValue) -> Bool) -> Bool {
        guard let value, let operand = operands.first else { return false }
        return relation(value, operand)
    }
}

extension String {
    /// Whether the other text stands somewhere in this one; an empty text stands everywhere.
    fileprivate func containsText(_ other: String) -> Bool { other.isEmpty || firstRange(of: other) != nil }
}
