import SourceModel

/// What catalogues tell in rows, a row for each column of an index or a foreign key, those of one of them together.
extension TableDetails {
    /// Adds the next column of an index.
    mutating func addIndexPart(_ name: String, isPrimary: Bool, isUnique: Bool, column: String) {
        if isPrimary { primaryKey.append(column) }
        if let last = indexes.indices.last, indexes[last].name == name {
            indexes[last].columns.append(column)
        } else {
            indexes.append(TableIndex(name: name, columns: [column], isUnique: isUnique))
        }
    }

    /// Adds the next column of a foreign key, and the one that it refers to.
    mutating func addForeignKeyPart(
        _ name: String, column: String, schema: String?, table: String, referenced: String
    ) {
        if let last = foreignKeys.indices.last, foreignKeys[last].name == name {
            foreignKeys[last].columns.append(column)
            foreignKeys[last].referencedColumns.append(referenced)
        } else {
            foreignKeys.append(
                ForeignKey(
                    name: name, columns: [column], referencedSchema: schema, referencedTable: table,
                    referencedColumns: [referenced]))
        }
    }
}
