/// What a cell's number format says of the number: whether it is a moment (ECMA-376, part 1, sections 18.8.30 and
/// 18.8.31).
enum NumberFormat: Sendable, Hashable {
    case number
    /// A hundredth of what is shown.
    case percentage
    case date
    case time
    case timestamp
    /// A duration, such as `[h]:mm`.
    case elapsed

    /// A format that has a number and no code in the file. Some between 27 and 58 mean a date in one language and a time
    /// in another: the value itself tells the two apart, as a time has no days.
    init(builtIn id: Int) {
        switch id {
        case 9, 10: self = .percentage
        case 14...17, 27...31, 34...36, 50...58: self = .date
        case 18...21, 32, 33, 45, 47: self = .time
        case 22: self = .timestamp
        case 46: self = .elapsed
        default: self = .number
        }
    }

    /// A format by its code, such as `dd/mm/yyyy;@`: the first section counts.
    init(code: String) {
        var seen = Tokens()
        var scan = code.unicodeScalars[...]
        // A condition may stand for a section: what is looked at is the first that shows a number.
        while let scalar = scan.popFirst(), scalar != ";" {
            switch scalar {
            case "\"": scan = scan.drop { $0 != "\"" }.dropFirst()
            case "\\", "_", "*": _ = scan.popFirst()
            case "[":
                let inside = scan.prefix { $0 != "]" }
                scan = scan.dropFirst(inside.count + 1)
                seen.take(bracketed: String(String.UnicodeScalarView(inside)).lowercased())
            case "G", "g":
                let word = "eneral".unicodeScalars
                if scan.prefix(word.count).elementsEqual(word, by: { $0.value | 0x20 == $1.value }) {
                    scan = scan.dropFirst(word.count)
                } else {
                    seen.hasEra = true
                }
            case "A", "a":
                for mark in ["M/PM", "/P"] {
                    let mark = mark.unicodeScalars
                    guard scan.prefix(mark.count).elementsEqual(mark, by: { $0.value & 0xDF == $1.value & 0xDF })
                    else { continue }
                    scan = scan.dropFirst(mark.count)
                    seen.hasTime = true
                }
                // `aaa` is a day of the week in some languages.
                if scan.first == "a" { seen.hasEra = true }
            default: seen.take(scalar)
            }
        }
        self = seen.format
    }

    private struct Tokens {
        var hasDay = false
        var hasTime = false
        var hasM = false
        var hasEra = false
        private var hasDigit = false
        private var hasPercent = false
        private var isElapsed = false

        mutating func take(_ scalar: Unicode.Scalar) {
            switch scalar {
            case "y", "Y", "d", "D": hasDay = true
            case "h", "H", "s", "S": hasTime = true
            case "m", "M": hasM = true
            // A year of an era, or what stands before an exponent.
            case "e", "E", "b", "B": hasEra = true
            case "0", "#", "?": hasDigit = true
            case "%": hasPercent = true
            default: break
            }
        }

        mutating func take(bracketed word: String) {
            if let first = word.first, "hms".contains(first), word.allSatisfy({ $0 == first }) { isElapsed = true }
        }

        var format: NumberFormat {
            if isElapsed { return .elapsed }
            let isDate = hasDay || hasM && !hasTime || hasEra && !hasDigit && !hasPercent
            if isDate || hasTime { return isDate ? (hasTime ? .timestamp : .date) : .time }
            return hasPercent ? .percentage : .number
        }
    }
}
