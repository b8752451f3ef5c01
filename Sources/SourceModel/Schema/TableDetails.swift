/// What a table is made of.
package struct TableDetails: Sendable, Equatable {
    /// In the table's order.
    package var columns: [TableColumn]
    /// The primary key's columns in the key's order; empty where there is none.
    package var primaryKey: [String]
    package var foreignKeys: [ForeignKey]
    package var indexes: [TableIndex]
    /// What was seen while the table was looked at, for those that have no comment of their own.
    package var comment: String?

    package init(
        columns: [TableColumn] = [], primaryKey: [String] = [], foreignKeys: [ForeignKey] = [],
        indexes: [TableIndex] = [], comment: String? = nil
    ) {
        self.columns = columns
        self.primaryKey = primaryKey
        self.foreignKeys = foreignKeys
        self.indexes = indexes
        self.comment = comment
    }
}

/// A column as the server describes it.
package struct TableColumn: Sendable, Equatable {
    package var name: String
    /// The server's own name of the type, such as `numeric(10,2)`.
    package var type: String
    /// The type of the column's values in JSON results.
    package var jsonType: JSONType
    package var isNullable: Bool
    /// The default as an expression of the server's language; nil where there is none.
    package var defaultValue: String?
    package var comment: String?

    package init(
        name: String, type: String, jsonType: JSONType, isNullable: Bool, defaultValue: String? = nil,
        comment: String? = nil
    ) {
        self.name = name
        self.type = type
        self.jsonType = jsonType
        self.isNullable = isNullable
        self.defaultValue = defaultValue
        self.comment = comment
    }
}

/// How the values of a column look in JSON; `null` is always possible.
package enum JSONType: String, CaseIterable, Sendable {
    case string, number, boolean, array
    /// Any JSON value: the column's values are JSON documents themselves.
    case any
}

/// A reference to another table.
package struct ForeignKey: Sendable, Equatable {
    package var name: String
    package var columns: [String]
    package var referencedSchema: String?
    package var referencedTable: String
    /// In the order of `columns`.
    package var referencedColumns: [String]

    package init(
        name: String, columns: [String], referencedSchema: String?, referencedTable: String,
        referencedColumns: [String]
    ) {
        self.name = name
        self.columns = columns
        self.referencedSchema = referencedSchema
        self.referencedTable = referencedTable
        self.referencedColumns = referencedColumns
    }
}

/// An index, the primary key's included.
package struct TableIndex: Sendable, Equatable {
    package var name: String
    /// Column names, and expressions as the server writes them.
    package var columns: [String]
    package var isUnique: Bool

    package init(name: String, columns: [String], isUnique: Bool) {
        self.name = name
        self.columns = columns
        self.isUnique = isUnique
    }
}
