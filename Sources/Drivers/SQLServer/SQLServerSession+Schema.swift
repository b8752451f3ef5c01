import SourceModel
import TDSWire

extension SQLServerSession {
    /// Tables of one question at most: each is a parameter of it.
    private static let pageSize = 500

    func tables() async throws(SourceFailure) -> TableList {
        let rows = try await ask(SQLServerCatalog.tables, [])
        let tables = rows.compactMap { row -> TableHeading? in
            guard row.count == 5, let schema = row[0], let name = row[1] else { return nil }
            return TableHeading(
                catalog: connection.database, schema: schema, name: name, kind: row[2] == "V" ? .view : .table,
                comment: row[3], rowEstimate: row[4].flatMap { Int($0) })
        }
        return TableList(tables: Array(tables.prefix(TableList.limit)), isCut: tables.count > TableList.limit)
    }

    func details(of tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails] {
        var details: [TableDetails] = []
        var rest = tables[...]
        while !rest.isEmpty {
            details += try await page(Array(rest.prefix(Self.pageSize)))
            rest = rest.dropFirst(Self.pageSize)
        }
        return details
    }

    private func page(_ tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails] {
        var details = tables.map { _ in TableDetails() }
        let names = tables.enumerated().map { index, table in
            TDSParameter(
                "@p\(index + 1)", .text("\(Self.bracketed(table.schema ?? "dbo")).\(Self.bracketed(table.name))"))
        }
        for row in try await ask(SQLServerCatalog.columns(of: tables.count), names) {
            guard row.count == 10, let index = Self.index(row, in: details), let name = row[1], let type = row[2] else {
                continue
            }
            let base = row[3] ?? type
            details[index].columns.append(
                TableColumn(
                    name: name,
                    type: type == base
                        ? SQLServerTypes.name(
                            base, length: row[4].flatMap { Int($0) }, precision: row[5] ?? "", scale: row[6] ?? "")
                        : type,
                    jsonType: SQLServerTypes.jsonType(named: base), isNullable: row[7] == "1", defaultValue: row[8],
                    comment: row[9]))
        }
        for row in try await ask(SQLServerCatalog.indexes(of: tables.count), names) {
            guard row.count == 5, let index = Self.index(row, in: details), let name = row[1], let column = row[4]
            else {
                continue
            }
            details[index].addIndexPart(name, isPrimary: row[2] == "1", isUnique: row[3] == "1", column: column)
        }
        for row in try await ask(SQLServerCatalog.foreignKeys(of: tables.count), names) {
            guard row.count == 6, let index = Self.index(row, in: details), let name = row[1], let column = row[2],
                let table = row[4], let referenced = row[5]
            else { continue }
            details[index].addForeignKeyPart(name, column: column, schema: row[3], table: table, referenced: referenced)
        }
        return details
    }

    /// Asks the catalogue.
    private func ask(_ sql: String, _ parameters: [TDSParameter]) async throws(SourceFailure) -> [[String?]] {
        do throws(TDSWireError) {
            return try await connection.rows(of: sql, parameters)
        } catch {
            throw meaning.failure(for: error, in: .schema)
        }
    }

    /// The table that a row is about: its number stands first, from 1.
    private static func index(_ row: [String?], in details: [TableDetails]) -> Int? {
        guard let number = row[0].flatMap({ Int($0) }), details.indices.contains(number - 1) else { return nil }
        return number - 1
    }

    /// A name as the server's QUOTENAME writes it.
    private static func bracketed(_ name: String) -> String { "[\(name.replacing("]", with: "]]"))]" }
}
