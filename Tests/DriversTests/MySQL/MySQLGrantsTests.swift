import Testing

@testable import Drivers

@Suite("What SHOW GRANTS says")
struct MySQLGrantsTests {
    static let reading: [[String]] = [
        [], ["GRANT USAGE ON *.* TO `ann`@`%`"], ["GRANT SELECT ON `shop`.* TO `ann`@`%`"],
        [
            "GRANT USAGE ON *.* TO `ann`@`%` IDENTIFIED BY PASSWORD '*2470'",
            "GRANT SELECT, SHOW VIEW ON `shop`.* TO `ann`@`%`",
        ],
        ["GRANT SELECT (`insert`, `drop`) ON `shop`.`orders` TO `ann`@`%`"],
        ["GRANT SELECT (`a, INSERT`) ON `shop`.`orders` TO `ann`@`%`"],
        ["GRANT SELECT ON `INSERT ON *`.* TO `ann`@`%`"], ["GRANT `writer`@`%` TO `ann`@`%`"],
        ["GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION"],
        ["REVOKE INSERT ON `shop`.* FROM `ann`@`%`"], ["nonsense"], ["GRANT "], ["GRANT  ON  TO "],
    ]

    static let writing: [[String]] = [
        ["GRANT SELECT, INSERT ON `shop`.* TO `ann`@`%`"], ["GRANT ALL PRIVILEGES ON `shop`.* TO `ann`@`%`"],
        ["GRANT UPDATE (`total`) ON `shop`.`orders` TO `ann`@`%`"],
        ["GRANT SELECT (`id`, `total`), INSERT (`id`) ON `shop`.`orders` TO `ann`@`%`"],
        ["GRANT INSERT (`x ON y`) ON `shop`.`orders` TO `ann`@`%`"],
        ["GRANT SELECT (`a)b`), DELETE ON `shop`.`orders` TO `ann`@`%`"],
        ["GRANT USAGE ON *.* TO `ann`@`%`", "GRANT DROP ON `shop`.* TO `ann`@`%`"],
        ["GRANT DELETE ON *.* TO `ann`@`%`"], ["GRANT SELECT,  INSERT ON `shop`.* TO `ann`@`%`"],
        ["GRANT TRIGGER ON `shop`.* TO `ann`@`%`"],
    ]

    static let everything: [[String]] = [
        ["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"],
        ["GRANT SELECT, SUPER ON *.* TO `ann`@`%`", "GRANT SELECT ON `shop`.* TO `ann`@`%`"],
        ["GRANT INSERT ON `shop`.* TO `ann`@`%`", "GRANT ALL PRIVILEGES ON *.* TO `ann`@`%`"],
    ]

    @Test("of a login that only reads", arguments: reading)
    func reads(lines: [String]) { #expect(MySQLGrants.power(of: lines) == .reading) }

    @Test("of a login that writes", arguments: writing)
    func writes(lines: [String]) { #expect(MySQLGrants.power(of: lines) == .writing) }

    @Test("of a login that may do everything", arguments: everything)
    func all(lines: [String]) { #expect(MySQLGrants.power(of: lines) == .everything) }

    @Test("However a line is cut, it is read or left out", arguments: (writing + everything).flatMap { $0 })
    func cut(line: String) {
        for end in line.indices { _ = MySQLGrants.power(of: [String(line[..<end])]) }
    }
}
