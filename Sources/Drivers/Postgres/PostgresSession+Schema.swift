import Foundation
import PostgresWire
import Results
import SourceModel

extension PostgresSession {
    func tables() async throws(SourceFailure) -> TableList {
        let rows = try await ask(PostgresCatalog.tables, [])
        let catalog = meaning.source.database ?? meaning.source.login.username
        let tables = rows.compactMap { row -> TableHeading? in
            guard row.count == 5, let schema = row[0], let name = row[1] else { return nil }
            return TableHeading(
                catalog: catalog, schema: schema, name: name, kind: Self.kind(row[2] ?? ""), comment: row[3],
                rowEstimate: row[4].flatMap { Int($0) })
        }
        return TableList(tables: Array(tables.prefix(TableList.limit)), isCut: tables.count > TableList.limit)
    }

    func details(of tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails] {
        var details = tables.map { _ in TableDetails() }
        let wanted = [
            PostgresParameter.text(Self.arrayLiteral(tables.map { $0.schema ?? "" })),
            PostgresParameter.text(Self.arrayLiteral(tables.map(\.name))),
        ]
        for row in try await ask(PostgresCatalog.columns, wanted) {
            guard let index = Self.index(row, in: details), let name = row[1], let type = row[2] else { continue }
            let known = PostgresType(oid: row[3].flatMap { UInt32($0) } ?? 0, modifier: -1)
            details[index].columns.append(
                TableColumn(
                    name: name, type: type, jsonType: known?.jsonType ?? (type.hasSuffix("[]") ? .array : .string),
                    isNullable: row[4] == "t", defaultValue: row[5], comment: row[6]))
        }
        for row in try await ask(PostgresCatalog.constraints, wanted) {
            guard let index = Self.index(row, in: details), let name = row[2] else { continue }
            if row[1] == "p" {
                details[index].primaryKey = Self.names(row[3])
            } else if let table = row[5] {
                details[index].foreignKeys.append(
                    ForeignKey(
                        name: name, columns: Self.names(row[3]), referencedSchema: row[4], referencedTable: table,
                        referencedColumns: Self.names(row[6])))
            }
        }
        for row in try await ask(PostgresCatalog.indexes, wanted) {
            guard let index = Self.index(row, in: details), let name = row[1] else { continue }
            details[index].indexes.append(
                TableIndex(name: name, columns: Self.names(row[3]), isUnique: row[2] == "t"))
        }
        return details
    }

    /// Asks the catalogue; every row has its columns as text.
    private func ask(_ sql: String, _ parameters: [PostgresParameter]) async throws(SourceFailure) -> [[String?]] {
        do throws(PostgresWireError) {
            var rows: [[String?]] = []
            for try await row in try await connection.query(sql, parameters) { rows.append(row.strings()) }
            return rows
        } catch {
            guard case .server(let refusal) = error, !refusal.endsSession else {
                throw meaning.failure(for: error, in: .schema)
            }
            throw .schemaUnavailable(
                "PostgreSQL", ServerWords(code: refusal.sqlState, text: refusal.message), catalogue: "pg_catalog")
        }
    }

    /// The table that a row is about: its number stands first, from 1.
    private static func index(_ row: [String?], in details: [TableDetails]) -> Int? {
        guard let number = row[0].flatMap({ Int($0) }), details.indices.contains(number - 1) else { return nil }
        return number - 1
    }

    private static func kind(_ relkind: String) -> TableHeading.Kind {
        switch relkind {
        case "v": .view
        case "m": .materializedView
        case "f": .foreignTable
        default: .table
        }
    }

    /// A JSON array of names.
    private static func names(_ json: String?) -> [String] {
        guard let json, let names = try? JSONDecoder().decode([String].self, from: Data(json.utf8)) else { return [] }
        return names
    }

    /// Texts as a literal of type `text[]`.
    private static func arrayLiteral(_ texts: [String]) -> String {
        let elements = texts.map { text in
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        return "{" + elements.joined(separator: ",") + "}"
    }
}
