import MySQLWire
import SourceModel

extension MySQLSession {
    func tables() async throws(SourceFailure) -> TableList {
        let database = meaning.source.database
        let rows = try await catalogue(
            """
            SELECT table_schema, table_name, table_type, table_comment, table_rows FROM information_schema.tables
            WHERE \(database == nil ? MySQLSession.isUsers : "table_schema = ?")
            ORDER BY table_schema, table_name LIMIT \(TableList.limit + 1)
            """,
            database.map { [.text($0)] } ?? [])
        let headings = rows.prefix(TableList.limit).map { row in
            // The comment of a view says `VIEW`, or what is wrong with it.
            let isView = row[2]?.hasSuffix("VIEW") == true
            return TableHeading(
                schema: row[0], name: row[1] ?? "", kind: isView ? .view : .table,
                comment: isView ? nil : row[3].flatMap { $0.isEmpty ? nil : $0 },
                rowEstimate: isView ? nil : row[4].flatMap { Int($0) })
        }
        return TableList(tables: headings, isCut: rows.count > TableList.limit)
    }

    func details(of tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails] {
        guard !tables.isEmpty else { return [] }
        let page = SchemaPage(tables)
        var gathered = MySQLDetails(page)
        let isMariaDB = connection.flavour == .mariaDB
        let hasExpressions = !isMariaDB && MySQLVersion(connection.serverVersion) >= MySQLVersion(8, 0, 13)
        for row in try await catalogue(
            """
            SELECT table_schema, table_name, column_name, column_type, data_type, is_nullable, column_default, extra,
            column_comment FROM information_schema.columns WHERE \(page.condition)
            ORDER BY table_schema, table_name, ordinal_position
            """, page.parameters)
        {
            gathered.addColumn(row, isMariaDB: isMariaDB)
        }
        for row in try await catalogue(
            """
            SELECT table_schema, table_name, index_name, non_unique, column_name,
            \(hasExpressions ? "expression" : "NULL") FROM information_schema.statistics WHERE \(page.condition)
            ORDER BY table_schema, table_name, index_name, seq_in_index
            """, page.parameters)
        {
            gathered.addIndexPart(row)
        }
        for row in try await catalogue(
            """
            SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema,
            referenced_table_name, referenced_column_name FROM information_schema.key_column_usage
            WHERE \(page.condition) AND referenced_table_name IS NOT NULL
            ORDER BY table_schema, table_name, constraint_name, ordinal_position
            """, page.parameters)
        {
            gathered.addForeignKeyPart(row)
        }
        if isMariaDB, !gathered.longTexts.isEmpty { try await findJSON(in: gathered.longTexts, &gathered) }
        return gathered.details
    }

    /// MariaDB's JSON is a text with a check that it is JSON; results then come as JSON.
    private func findJSON(
        in tables: Set<TableHeading>, _ gathered: inout MySQLDetails
    ) async throws(SourceFailure) {
        guard MySQLVersion(connection.serverVersion) >= MySQLVersion(10, 5, 10) else { return }
        let page = SchemaPage(Array(tables))
        for row in try await catalogue(
            """
            SELECT constraint_schema, table_name, constraint_name FROM information_schema.check_constraints
            WHERE \(page.checkCondition) AND level = 'Column'
            AND check_clause = CONCAT('json_valid(`', REPLACE(constraint_name, '`', '``'), '`)')
            """, page.parameters)
        {
            gathered.markJSON(row)
        }
    }

    /// Whether a table's schema is not one of the server's own.
    private static let isUsers =
        "table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')"

    /// Reads rows of the server's catalogue as texts. The session's character set is set again: a session that was reset
    /// has the server's.
    private func catalogue(
        _ sql: String, _ parameters: [MySQLParameter]
    ) async throws(SourceFailure) -> [[String?]] {
        do throws(MySQLWireError) {
            _ = try await connection.simpleQuery("SET NAMES utf8mb4")
            var rows: [[String?]] = []
            for try await row in try await connection.execute(sql, parameters) { rows.append(try row.texts()) }
            return rows
        } catch {
            throw meaning.failure(for: error, in: .schema)
        }
    }
}

/// The tables whose details are asked for, as a condition on the server's catalogue.
///
/// All schemas and all names, each once: a few queries whatever the number of tables. What belongs to none of the tables,
/// a name of one schema that is also in another, is left out afterwards.
struct SchemaPage {
    let tables: [TableHeading]
    let condition: String
    /// The same for the catalogue of checks, which calls the schema otherwise.
    let checkCondition: String
    let parameters: [MySQLParameter]

    init(_ tables: [TableHeading]) {
        self.tables = tables
        let schemas = Array(Set(tables.map { $0.schema ?? "" })).sorted()
        let names = Array(Set(tables.map(\.name))).sorted()
        let places = { (count: Int) in Array(repeating: "?", count: count).joined(separator: ", ") }
        // With one schema the server looks into that one only.
        let isOne = schemas.count == 1 ? "= ?" : "IN (\(places(schemas.count)))"
        condition = "table_schema \(isOne) AND table_name IN (\(places(names.count)))"
        checkCondition = "constraint_schema \(isOne) AND table_name IN (\(places(names.count)))"
        parameters = (schemas + names).map { .text($0) }
    }
}
