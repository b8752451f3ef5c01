import SourceModel

/// Puts rows of `information_schema` together to what tables are made of.
struct MySQLDetails {
    private struct Key: Hashable {
        var schema: String
        var name: String
    }

    private let tables: [TableHeading]
    private var places: [Key: Int] = [:]
    /// The tables with a column of LONGTEXT, which at MariaDB can be JSON.
    private(set) var longTexts: Set<TableHeading> = []
    /// In the order of the tables asked for.
    private(set) var details: [TableDetails]

    init(_ page: SchemaPage) {
        tables = page.tables
        details = page.tables.map { _ in TableDetails() }
        for (index, table) in page.tables.enumerated() {
            places[Key(schema: table.schema ?? "", name: table.name)] = index
        }
    }

    private func place(_ row: [String?]) -> Int? { places[Key(schema: row[0] ?? "", name: row[1] ?? "")] }

    /// - Parameter row: schema, table, column, full type, type, nullable, default, extra, comment.
    mutating func addColumn(_ row: [String?], isMariaDB: Bool) {
        guard let place = place(row) else { return }
        let type = row[4] ?? ""
        if type == "longtext" { longTexts.insert(tables[place]) }
        details[place].columns.append(
            TableColumn(
                name: row[2] ?? "", type: row[3] ?? "", jsonType: MySQLTypes.jsonType(named: type),
                isNullable: row[5] == "YES",
                defaultValue: isMariaDB
                    ? row[6].flatMap { $0 == "NULL" ? nil : $0 }
                    : Self.expression(row[6], of: type, extra: row[7] ?? ""),
                comment: row[8].flatMap { $0.isEmpty ? nil : $0 }))
    }

    /// MySQL tells a literal without its quotes, and marks expressions.
    private static func expression(_ value: String?, of type: String, extra: String) -> String? {
        guard let value else { return nil }
        switch type.lowercased() {
        case "tinyint", "smallint", "mediumint", "int", "bigint", "float", "double", "decimal", "year", "bit":
            return value
        default:
            // CURRENT_TIMESTAMP was no expression before 8.0.13, and is a keyword.
            if extra.contains("DEFAULT_GENERATED") || value.hasPrefix("CURRENT_TIMESTAMP") { return value }
            return "'" + value.replacing("'", with: "''") + "'"
        }
    }

    /// - Parameter row: schema, table, index, 0 where it is unique, column, expression.
    mutating func addIndexPart(_ row: [String?]) {
        guard let place = place(row), let name = row[2] else { return }
        details[place].addIndexPart(
            name, isPrimary: name == "PRIMARY", isUnique: row[3] == "0", column: row[4] ?? row[5] ?? "")
    }

    /// - Parameter row: schema, table, constraint, column, schema, table and column referred to.
    mutating func addForeignKeyPart(_ row: [String?]) {
        guard let place = place(row), let name = row[2], let column = row[3] else { return }
        details[place].addForeignKeyPart(
            name, column: column, schema: row[4], table: row[5] ?? "", referenced: row[6] ?? "")
    }

    /// - Parameter row: schema, table and column of a text that is JSON.
    mutating func markJSON(_ row: [String?]) {
        guard let place = place(row), let index = details[place].columns.firstIndex(where: { $0.name == row[2] })
        else { return }
        details[place].columns[index].type = "json"
        details[place].columns[index].jsonType = .any
    }
}
