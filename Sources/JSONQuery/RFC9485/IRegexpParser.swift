/// An expression as it was read.
indirect enum IRegexpTree {
    /// Nothing but the empty text. Stands in no sequence and is not repeated: repetitions of it within each other would
    /// cost what their numbers say, and mean nothing.
    case empty
    case character(IRegexp.CharacterSet)
    case beginning, end
    case sequence([IRegexpTree])
    case choice([IRegexpTree])
    /// Without `most` there is no bound.
    case repeated(IRegexpTree, least: Int, most: Int?)
}

/// Reads an expression by the grammar of RFC 9485, section 3.
struct IRegexpParser {
    private static let maximumDepth = 64

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    /// - Returns: nil for what is no expression.
    mutating func whole() -> IRegexpTree? {
        guard let tree = choice(), index == scalars.count else { return nil }
        return tree
    }

    private mutating func choice() -> IRegexpTree? {
        guard depth < Self.maximumDepth else { return nil }
        depth += 1
        defer { depth -= 1 }
        var branches: [IRegexpTree] = []
        repeat {
            guard let branch = branch() else { return nil }
            branches.append(branch)
        } while take("|")
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func branch() -> IRegexpTree? {
        var pieces: [IRegexpTree] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            guard let atom = atom(), let piece = quantified(atom) else { return nil }
            if case .empty = piece { continue }
            pieces.append(piece)
        }
        return pieces.isEmpty ? .empty : .sequence(pieces)
    }

    private mutating func quantified(_ atom: IRegexpTree) -> IRegexpTree? {
        func repeated(_ least: Int, _ most: Int?) -> IRegexpTree {
            if case .empty = atom { return .empty }
            return most == 0 ? .empty : .repeated(atom, least: least, most: most)
        }
        if take("*") { return repeated(0, nil) }
        if take("+") { return repeated(1, nil) }
        if take("?") { return repeated(0, 1) }
        guard take("{") else { return atom }
        guard let least = number() else { return nil }
        var most: Int? = least
        if take(",") {
            if peek == "}" {
                most = nil
            } else {
                guard let bound = number(), bound >= least else { return nil }
                most = bound
            }
        }
        return take("}") ? repeated(least, most) : nil
    }

    private mutating func number() -> Int? {
        let start = index
        while let scalar = peek, ("0"..."9").contains(scalar), index - start < 5 { index += 1 }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<index])
        guard let number = Int(String(text)), number <= IRegexp.limit else { return nil }
        return number
    }

    private mutating func atom() -> IRegexpTree? {
        guard let scalar = peek else { return nil }
        index += 1
        switch scalar {
        case "(":
            guard let inner = choice(), take(")") else { return nil }
            return inner
        case ".": return .character(.dot)
        case "^": return .beginning
        case "$": return .end
        case "\\": return escape().map { .character($0) }
        case "[": return classExpression().map { .character($0) }
        case ")", "*", "+", "?", "]", "{", "|", "}": return nil
        default: return .character(.range(scalar.value...scalar.value))
        }
    }

    /// What follows a backslash.
    private mutating func escape() -> IRegexp.CharacterSet? {
        guard let letter = peek else { return nil }
        if letter == "p" || letter == "P" {
            index += 1
            guard let category = category() else { return nil }
            return letter == "p" ? .category(category) : .not(.category(category))
        }
        return singleEscape().map { .range($0.value...$0.value) }
    }

    private mutating func singleEscape() -> Unicode.Scalar? {
        guard let letter = peek else { return nil }
        index += 1
        switch letter {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "(", ")", "*", "+", "-", ".", "?", "[", "\\", "]", "^", "{", "|", "}": return letter
        default: return nil
        }
    }

    private mutating func category() -> String? {
        guard take("{"), let major = peek, let minors = Self.categories[major] else { return nil }
        index += 1
        var name = String(major)
        if let minor = peek, minors.unicodeScalars.contains(minor) {
            name.unicodeScalars.append(minor)
            index += 1
        }
        return take("}") ? name : nil
    }

    private static let categories: [Unicode.Scalar: String] = [
        "L": "lmotu", "M": "cen", "N": "dlo", "P": "cdefios", "Z": "lps", "S": "ckmo", "C": "cfno",
    ]

    private mutating func classExpression() -> IRegexp.CharacterSet? {
        let isNegated = take("^")
        var sets: [IRegexp.CharacterSet] = []
        if take("-") { sets.append(.range(0x2D...0x2D)) }
        while let scalar = peek, scalar != "]" {
            if scalar == "-" {
                // One may stand at the end.
                index += 1
                guard peek == "]", !sets.isEmpty else { return nil }
                sets.append(.range(0x2D...0x2D))
                break
            }
            guard let set = classPart() else { return nil }
            sets.append(set)
        }
        guard !sets.isEmpty, take("]") else { return nil }
        return isNegated ? .not(.union(sets)) : .union(sets)
    }

    private mutating func classPart() -> IRegexp.CharacterSet? {
        if peek == "\\", index + 1 < scalars.count, scalars[index + 1] == "p" || scalars[index + 1] == "P" {
            index += 1
            return escape()
        }
        guard let first = classCharacter() else { return nil }
        guard peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
            return .range(first.value...first.value)
        }
        index += 1
        guard let last = classCharacter(), last.value >= first.value else { return nil }
        return .range(first.value...last.value)
    }

    private mutating func classCharacter() -> Unicode.Scalar? {
        guard let scalar = peek else { return nil }
        index += 1
        switch scalar {
        case "\\": return singleEscape()
        case "[", "]", "-": return nil
        default: return scalar
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        index += 1
        return true
    }
}
