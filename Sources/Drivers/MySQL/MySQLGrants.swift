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
        guard line.hasPrefix("GRANT "), let on = line.firstRange(of: " ON "),
            let to = line[on.upperBound...].firstRange(of: " TO ")
        else { return nil }
        var privileges: Set<String> = []
        var name = ""
        var depth = 0
        for character in line[line.index(line.startIndex, offsetBy: 6)..<on.lowerBound] + "," {
            switch character {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                privileges.insert(name.split(separator: " ").joined(separator: " "))
                name = ""
            default:
                if depth == 0 { name.append(character) }
            }
        }
        return (privileges, String(line[on.upperBound..<to.lowerBound]))
    }
}
