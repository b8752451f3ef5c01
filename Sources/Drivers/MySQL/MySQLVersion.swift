/// A server's version as far as it decides which settings there are.
struct MySQLVersion: Comparable {
    private let parts: [Int]

    init(_ major: Int, _ minor: Int, _ patch: Int) { parts = [major, minor, patch] }

    /// Reads a text such as `10.11.6-MariaDB`; what is missing is 0.
    init(_ text: String) {
        let numbers = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }.split(separator: ".").prefix(3)
            .map { Int($0) ?? 0 }
        parts = numbers + Array(repeating: 0, count: 3 - numbers.count)
    }

    static func < (left: MySQLVersion, right: MySQLVersion) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }
}
