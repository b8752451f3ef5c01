extension PathEvaluation {
    mutating func holds(_ condition: PathCondition, at current: Int) throws(Stopped) -> Bool {
        switch condition {
        case .any(let parts):
            for part in parts where try holds(part, at: current) { return true }
            return false
        case .all(let parts):
            for part in parts where try !holds(part, at: current) { return false }
            return true
        case .not(let part): return try !holds(part, at: current)
        case .exists(let query): return try !nodes(of: query, from: current).isEmpty
        case .comparison(let left, let comparison, let right):
            return try compare(try value(of: left, at: current), comparison, try value(of: right, at: current))
        case .test(.match(let text, let expression, let pattern, let whole)):
            return try matches(text, expression, pattern, whole: whole, at: current)
        case .test(.length), .test(.count), .test(.value):
            // The parser lets these be compared only.
            return false
        }
    }

    private mutating func value(of operand: PathOperand, at current: Int) throws(Stopped) -> PathValue {
        switch operand {
        case .literal(let value): return value
        case .query(let query): return try nodes(of: query, from: current).first.map(value(at:)) ?? .nothing
        case .function(.length(let operand)):
            switch try value(of: operand, at: current) {
            case .text(let text):
                // Every byte but those that continue one begins a character.
                return Self.number(text.count { $0 & 0xC0 != 0x80 })
            case .container(let offset):
                try spend(1 + document.range(of: offset).count >> 6)
                return Self.number(document.count(of: offset))
            case .nothing, .null, .flag, .number: return .nothing
            }
        case .function(.count(let query)): return Self.number(try nodes(of: query, from: current).count)
        case .function(.value(let query)):
            let found = try nodes(of: query, from: current)
            return found.count == 1 ? value(at: found[0]) : .nothing
        case .function(.match):
            // The parser lets this be tested only.
            return .nothing
        }
    }

    private static func number(_ count: Int) -> PathValue { .number(JSONNumber(String(count).utf8)) }

    private func value(at offset: Int) -> PathValue {
        switch document.kind(at: offset) {
        case .object, .array: .container(offset)
        case .string: .text(document.text(at: offset))
        case .number: .number(JSONNumber(document.bytes[document.range(of: offset)]))
        case .flag: .flag(document.isTrue(at: offset))
        case .null: .null
        }
    }

    private mutating func matches(
        _ text: PathOperand, _ expression: PathOperand, _ pattern: IRegexp?, whole: Bool, at current: Int
    ) throws(Stopped) -> Bool {
        guard case .text(let text) = try value(of: text, at: current) else { return false }
        var compiled = pattern
        if compiled == nil, case .text(let expression) = try value(of: expression, at: current) {
            try spend(expression.count + IRegexp.limit)
            compiled = IRegexp(String(decoding: expression, as: UTF8.self))
        }
        guard let compiled else { return false }
        return try compiled.matches(String(decoding: text, as: UTF8.self), whole: whole) { effort throws(Stopped) in
            try spend(effort)
        }
    }

    // MARK: Comparisons (section 2.3.5.2.2)

    private mutating func compare(
        _ left: PathValue, _ comparison: PathComparison, _ right: PathValue
    ) throws(Stopped) -> Bool {
        switch comparison {
        case .equal: return try areEqual(left, right)
        case .unequal: return try !areEqual(left, right)
        case .less: return Self.precedes(left, right)
        case .greater: return Self.precedes(right, left)
        case .atMost:
            if Self.precedes(left, right) { return true }
            return try areEqual(left, right)
        case .atLeast:
            if Self.precedes(right, left) { return true }
            return try areEqual(left, right)
        }
    }

    private static func precedes(_ left: PathValue, _ right: PathValue) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left < right
        // The order of UTF-8 is the order of the characters' numbers.
        case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
        case (.nothing, _), (.null, _), (.flag, _), (.number, _), (.text, _), (.container, _): false
        }
    }

    private mutating func areEqual(_ left: PathValue, _ right: PathValue) throws(Stopped) -> Bool {
        try spend(1)
        switch (left, right) {
        case (.nothing, .nothing), (.null, .null): return true
        case (.flag(let left), .flag(let right)): return left == right
        case (.number(let left), .number(let right)): return left == right
        case (.text(let left), .text(let right)): return left == right
        case (.container(let left), .container(let right)): return try areEqual(left, right)
        case (.nothing, _), (.null, _), (.flag, _), (.number, _), (.text, _), (.container, _): return false
        }
    }

    private mutating func areEqual(_ left: Int, _ right: Int) throws(Stopped) -> Bool {
        guard document.kind(at: left) == document.kind(at: right) else { return false }
        if document.kind(at: left) == .array {
            var others = document.elements(of: right)
            for element in document.elements(of: left) {
                guard let other = others.next(), try areEqual(value(at: element), value(at: other)) else {
                    return false
                }
            }
            return others.next() == nil
        }
        guard document.count(of: left) == document.count(of: right) else { return false }
        for member in document.members(of: left) {
            try spend(1 + document.range(of: right).count >> 6)
            guard let other = document.member(document.text(at: member.name), of: right),
                try areEqual(value(at: member.value), value(at: other))
            else { return false }
        }
        return true
    }
}
