/// Reads what `SHOW GRANTS` says of a login. Rights that come by a role alone are listed by MariaDB and not by MySQL.
enum MySQLGrants {
    /// How much a login may do.
    enum Power: Equatable {
        case reading
        case writing
        case everything
    }

    /// - Parameter lines: such as ``GRANT SELECT, INSERT ON `shop`.* TO `reader`@`%` ``.
    static func power(of lines: [String]) -> Power {
        var power = Power.reading
        for line in lines {
            guard let (privileges, scope) = parse(line) else { continue }
            if scope == "*.*", !privileges.isDisjoint(with: ["ALL PRIVILEGES", "SUPER"]) { return .everything }
            if !privileges.isDisjoint(with: writing) { power = .writing }
        }
        return power
    }

    private static let writing: Set<String> = [
        "ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "TRIGGER",
    ]

    /// The privileges without their columns, and what they are on; nil for a line that grants a role.
    private static func parse(_ line: String) -> (privileges: Set<String>, scope: String)? {
        let words = "GRANT "
        guard line.hasPrefix(words) else { return nil }
        let bare = withoutNames(line.dropFirst(words.count))
        guard let on = bare.firstRange(of: " ON "), let to = bare[on.upperBound...].firstRange(of: " TO ") else {
            return nil
        }
        let privileges = bare[..<on.lowerBound].split(separator: ",").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        return (Set(privileges), String(bare[on.upperBound..<to.lowerBound]))
    }

    /// A line without what is quoted and without lists of columns: names may hold any word.
    private static func withoutNames(_ line: Substring) -> String {
        var bare = ""
        var quote: Character?
        var depth = 0
        for character in line {
            switch character {
            case let mark where mark == quote: quote = nil
            case _ where quote != nil: break
            case "`", "'", "\"": quote = character
            case "(": depth += 1
            case ")": depth -= 1
            default: if depth == 0 { bare.append(character) }
            }
        }
        return bare
    }
}
