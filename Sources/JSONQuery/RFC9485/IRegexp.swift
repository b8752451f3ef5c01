/// An interoperable regular expression (RFC 9485), run as a set of states: its time grows with the text's length and the
/// expression's, whatever both say.
///
/// Beyond the RFC, where they would stand for themselves, `^` and `$` are the text's beginning and end: so everybody means
/// them, and so the compliance test suite of RFC 9535 has them.
struct IRegexp: Sendable {
    /// What a state waits for.
    enum Step: Sendable {
        case character(CharacterSet)
        /// Goes on at both.
        case split(Int, Int)
        case jump(Int)
        /// Goes on at the beginning of the text only.
        case beginning
        /// Goes on at the end of the text only.
        case end
        case accept
    }

    /// A set of characters.
    indirect enum CharacterSet: Sendable {
        case range(ClosedRange<UInt32>)
        /// Everything but line feed and carriage return.
        case dot
        /// A general category's letters, such as `L` or `Lu`.
        case category(String)
        case union([CharacterSet])
        case not(CharacterSet)

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .range(let range): range.contains(scalar.value)
            case .dot: scalar.value != 0x0A && scalar.value != 0x0D
            case .category(let letters): scalar.properties.generalCategory.letters.hasPrefix(letters)
            case .union(let sets): sets.contains { $0.contains(scalar) }
            case .not(let set): !set.contains(scalar)
            }
        }
    }

    /// States at most: repetitions are written out.
    static let limit = 4096

    private let steps: [Step]

    /// Matches nothing.
    static let never = IRegexp(steps: [.character(.union([])), .accept])

    private init(steps: [Step]) { self.steps = steps }

    /// - Returns: nil where the text is no expression, or has more than `limit` states.
    init?(_ text: String) {
        var parser = IRegexpParser(text)
        guard let tree = parser.whole() else { return nil }
        var steps: [Step] = []
        guard Self.write(tree, to: &steps) else { return nil }
        steps.append(.accept)
        self.steps = steps
    }

    /// Whether the text, or with `whole` false a part of it, is matched.
    ///
    /// - Parameter spend: is told what the expression costs, and then each character: one for each state. Throws to give up.
    func matches<Failure: Error>(
        _ text: String, whole: Bool, spend: (Int) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        try spend(steps.count)
        var states = StateSet(count: steps.count)
        var next = StateSet(count: steps.count)
        enter(0, &states, isBeginning: true)
        var read = 0
        for scalar in text.unicodeScalars {
            if !whole, states.contains(steps.count - 1) { return true }
            read += 1
            try spend(1 + states.members.count)
            next.removeAll()
            for state in states.members {
                if case .character(let set) = steps[state], set.contains(scalar) { enter(state + 1, &next) }
            }
            if !whole { enter(0, &next) }
            swap(&states, &next)
            if whole, states.members.isEmpty { return false }
        }
        for state in states.members {
            if case .end = steps[state] { enter(state + 1, &states, isBeginning: read == 0, isEnd: true) }
        }
        return states.contains(steps.count - 1)
    }

    /// Adds a state and those that follow without a character.
    private func enter(
        _ start: Int, _ states: inout StateSet, isBeginning: Bool = false, isEnd: Bool = false
    ) {
        var waiting = [start]
        while let state = waiting.popLast() {
            guard states.insert(state) else { continue }
            switch steps[state] {
            case .split(let first, let second): waiting += [second, first]
            case .jump(let target): waiting.append(target)
            case .beginning: if isBeginning { waiting.append(state + 1) }
            case .end: if isEnd { waiting.append(state + 1) }
            case .character, .accept: break
            }
        }
    }

    /// A set of small numbers that is emptied at once.
    private struct StateSet {
        private(set) var members: [Int] = []
        private var marks: [Int]
        private var generation = 1

        init(count: Int) { marks = Array(repeating: 0, count: count) }

        func contains(_ state: Int) -> Bool { marks[state] == generation }

        mutating func insert(_ state: Int) -> Bool {
            guard marks[state] != generation else { return false }
            marks[state] = generation
            members.append(state)
            return true
        }

        mutating func removeAll() {
            members.removeAll(keepingCapacity: true)
            generation += 1
        }
    }

    // MARK: Writing

    /// - Returns: false where there are too many states.
    private static func write(_ tree: IRegexpTree, to steps: inout [Step]) -> Bool {
        guard steps.count < limit else { return false }
        switch tree {
        case .empty: break
        case .character(let set): steps.append(.character(set))
        case .beginning: steps.append(.beginning)
        case .end: steps.append(.end)
        case .sequence(let parts): for part in parts where !write(part, to: &steps) { return false }
        case .choice(let branches):
            var ends: [Int] = []
            for (number, branch) in branches.enumerated() {
                let isLast = number == branches.count - 1
                let split = steps.count
                if !isLast { steps.append(.jump(0)) }
                guard write(branch, to: &steps) else { return false }
                if !isLast {
                    ends.append(steps.count)
                    steps.append(.jump(0))
                    steps[split] = .split(split + 1, steps.count)
                }
            }
            for end in ends { steps[end] = .jump(steps.count) }
        case .repeated(let part, let least, let most):
            // Each writes a step at least: the parser leaves out what is empty.
            for _ in 0..<least where !write(part, to: &steps) { return false }
            guard let most else {
                let split = steps.count
                steps.append(.jump(0))
                guard write(part, to: &steps) else { return false }
                steps.append(.jump(split))
                steps[split] = .split(split + 1, steps.count)
                return steps.count < limit
            }
            var splits: [Int] = []
            for _ in least..<max(most, least) {
                splits.append(steps.count)
                steps.append(.jump(0))
                guard write(part, to: &steps) else { return false }
            }
            for split in splits { steps[split] = .split(split + 1, steps.count) }
        }
        return steps.count < limit
    }
}

extension Unicode.GeneralCategory {
    /// The category's abbreviation.
    var letters: String {
        switch self {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
