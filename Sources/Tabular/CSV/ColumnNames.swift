import Foundation

/// Names of tables and columns that SQLite takes, from what a file has.
enum ColumnNames {
    /// A longer name is cut, in characters.
    private static let limit = 200

    /// A header's names without blanks around them; an empty one becomes `column_3` by its place, and one that was there
    /// before, capitals or not, gets a number: a second `a` is `a_2`.
    static func unique(_ header: [String]) -> [String] { unique(header, stem: "column") }

    private static func unique(_ header: [String], stem: String) -> [String] {
        // What the file itself says is taken first, so that a name that is made never takes its place.
        let said = header.map { String($0.trimmingCharacters(in: .whitespacesAndNewlines).prefix(limit)) }
        var taken = Set<String>()
        var names = said.map { name in
            // SQLite folds the capitals of ASCII only; to fold them all keeps names further apart, which does no harm.
            !name.isEmpty && taken.insert(name.lowercased()).inserted ? name : nil
        }
        for (index, name) in said.enumerated() where names[index] == nil {
            let stem = name.isEmpty ? stem : name
            var number = name.isEmpty ? index + 1 : 2
            while !taken.insert("\(stem)_\(number)".lowercased()).inserted { number += 1 }
            names[index] = "\(stem)_\(number)"
        }
        return names.compactMap { $0 }
    }

    /// The names of a workbook's sheets as tables: no two are the same but for their capitals.
    static func tables(ofSheets names: [String]) -> [String] {
        // SQLite keeps these names for itself.
        unique(names.map { $0.lowercased().hasPrefix("sqlite_") ? "_" + $0 : $0 }, stem: "sheet")
    }

    /// `orders` for `2026/orders.csv`, and for `2026/orders.csv.gz` too.
    static func table(ofPath path: String) -> String {
        let file = Compression.nameWithoutSuffix(path.split(separator: "/").last.map(String.init) ?? path)
        let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        let name = String(stem.trimmingCharacters(in: .whitespacesAndNewlines).prefix(limit))
        if name.isEmpty { return "data" }
        // SQLite keeps these names for itself.
        return name.lowercased().hasPrefix("sqlite_") ? "_" + name : name
    }

    /// A name as an identifier of SQL.
    static func quoted(_ name: String) -> String { "\"" + name.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
}
