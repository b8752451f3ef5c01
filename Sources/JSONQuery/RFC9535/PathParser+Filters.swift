extension PathParser {
    /// What stands alone in a filter or in a function's brackets.
    private enum Primary {
        case literal(PathValue)
        case query(PathQuery)
        case function(PathFunction)
    }

    /// `logical-expr`.
    mutating func condition() throws(JSONPath.Malformed) -> PathCondition {
        try deeper { parser throws(JSONPath.Malformed) in
            var parts = [try parser.conjunction()]
            while parser.takeOperator("||") { parts.append(try parser.conjunction()) }
            return parts.count == 1 ? parts[0] : .any(parts)
        }
    }

    private mutating func conjunction() throws(JSONPath.Malformed) -> PathCondition {
        var parts = [try basic()]
        while takeOperator("&&") { parts.append(try basic()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    /// An operator with the blanks around it; without one, nothing is taken.
    private mutating func takeOperator(_ word: StaticString) -> Bool {
        let start = index
        skipBlanks()
        guard take(word) else {
            index = start
            return false
        }
        skipBlanks()
        return true
    }

    private mutating func basic() throws(JSONPath.Malformed) -> PathCondition {
        if take("!") {
            skipBlanks()
            if peek == UInt8(ascii: "(") { return .not(try parenthesised()) }
            return .not(try test(try primary()))
        }
        if peek == UInt8(ascii: "(") { return try parenthesised() }
        let start = index
        let left = try primary()
        let end = index
        skipBlanks()
        guard let comparison = takeComparison() else {
            index = end
            return try test(left, at: start)
        }
        skipBlanks()
        let right = try primary()
        return .comparison(try operand(left, at: start), comparison, try operand(right))
    }

    private mutating func parenthesised() throws(JSONPath.Malformed) -> PathCondition {
        _ = take("(")
        skipBlanks()
        let inner = try condition()
        skipBlanks()
        guard take(")") else { throw failure("A closing bracket is missing") }
        return inner
    }

    private mutating func takeComparison() -> PathComparison? {
        if take("==") { return .equal }
        if take("!=") { return .unequal }
        if take("<=") { return .atMost }
        if take(">=") { return .atLeast }
        if take("<") { return .less }
        return take(">") ? .greater : nil
    }

    private func test(_ primary: Primary, at place: Int? = nil) throws(JSONPath.Malformed) -> PathCondition {
        switch primary {
        case .query(let query): return .exists(query)
        case .function(let function) where !function.givesValue: return .test(function)
        case .function: throw failure("A function that gives a value has to be compared", at: place)
        case .literal: throw failure("A literal has to be compared", at: place)
        }
    }

    private func operand(_ primary: Primary, at place: Int? = nil) throws(JSONPath.Malformed) -> PathOperand {
        switch primary {
        case .literal(let value): return .literal(value)
        case .query(let query):
            guard query.isSingular else {
                throw failure("What is compared has to lead to one place at most", at: place)
            }
            return .query(query)
        case .function(let function):
            guard function.givesValue else {
                throw failure("A function that says yes or no cannot be compared", at: place)
            }
            return .function(function)
        }
    }

    // MARK: Literals, queries, functions

    private mutating func primary() throws(JSONPath.Malformed) -> Primary {
        switch peek {
        case UInt8(ascii: "@"), UInt8(ascii: "$"):
            let isRelative = peek == UInt8(ascii: "@")
            index += 1
            let segments = try deeper { parser throws(JSONPath.Malformed) in try parser.segments() }
            return .query(PathQuery(isRelative: isRelative, segments: segments))
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .literal(.text(try string()))
        case UInt8(ascii: "-"), .some(0x30...0x39): return .literal(.number(try number()))
        default: return try wordOrFunction()
        }
    }

    private mutating func number() throws(JSONPath.Malformed) -> JSONNumber {
        let start = index
        _ = take("-")
        let whole = index
        guard skipDigits(), bytes[whole] != 0x30 || index == whole + 1 else { throw failure("A number is malformed") }
        if take("."), !skipDigits() { throw failure("Digits are missing") }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard skipDigits() else { throw failure("Digits are missing") }
        }
        return JSONNumber(bytes[start..<index])
    }

    private mutating func skipDigits() -> Bool {
        let start = index
        while let byte = peek, (0x30...0x39).contains(byte) { index += 1 }
        return index > start
    }

    private mutating func wordOrFunction() throws(JSONPath.Malformed) -> Primary {
        let start = index
        while let byte = peek {
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            guard isLetter || index > start && (byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)) else {
                break
            }
            index += 1
        }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        if peek == UInt8(ascii: "(") {
            return .function(
                try deeper { parser throws(JSONPath.Malformed) in try parser.function(name, at: start) })
        }
        switch name {
        case "true": return .literal(.flag(true))
        case "false": return .literal(.flag(false))
        case "null": return .literal(.null)
        case "": throw failure("A query, a literal or a function is missing")
        default: throw failure("\(name) is neither a literal nor a function", at: start)
        }
    }

    private mutating func function(_ name: String, at start: Int) throws(JSONPath.Malformed) -> PathFunction {
        _ = take("(")
        skipBlanks()
        var arguments: [Primary] = []
        if peek != UInt8(ascii: ")") {
            repeat {
                skipBlanks()
                arguments.append(try primary())
                skipBlanks()
            } while take(",")
        }
        guard take(")") else { throw failure("A comma or a closing bracket is missing") }
        switch (name, arguments.count) {
        case ("length", 1): return .length(try operand(arguments[0], at: start))
        case ("count", 1): return .count(try nodes(arguments[0], at: start))
        case ("value", 1): return .value(try nodes(arguments[0], at: start))
        case ("match", 2), ("search", 2):
            var pattern: IRegexp?
            if case .literal(.text(let text)) = arguments[1] {
                pattern = IRegexp(String(decoding: text, as: UTF8.self)) ?? .never
            }
            return .match(
                try operand(arguments[0], at: start), try operand(arguments[1], at: start), pattern: pattern,
                whole: name == "match")
        case ("length", _), ("count", _), ("value", _):
            throw failure("\(name) takes one argument", at: start)
        case ("match", _), ("search", _): throw failure("\(name) takes two arguments", at: start)
        default: throw failure("There is no function \(name)", at: start)
        }
    }

    private func nodes(_ primary: Primary, at place: Int) throws(JSONPath.Malformed) -> PathQuery {
        if case .query(let query) = primary { return query }
        throw failure("The function takes a query", at: place)
    }
}
