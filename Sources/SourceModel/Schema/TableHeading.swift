/// A table, or what reads like one, by name: what a schema's list shows first.
package struct TableHeading: Sendable, Hashable {
    /// What can be read like a table.
    package enum Kind: String, CaseIterable, Sendable {
        case table, view
        case materializedView = "materialized_view"
        case foreignTable = "foreign_table"
        case collection, sheet
    }

    /// The database that holds it; nil where the data source has but one.
    package var catalog: String?
    /// The namespace inside the catalogue; nil where there are none.
    package var schema: String?
    package var name: String
    package var kind: Kind
    package var comment: String?
    /// The server's own estimate; nil where it has none.
    package var rowEstimate: Int?

    package init(
        catalog: String? = nil, schema: String? = nil, name: String, kind: Kind, comment: String? = nil,
        rowEstimate: Int? = nil
    ) {
        self.catalog = catalog
        self.schema = schema
        self.name = name
        self.kind = kind
        self.comment = comment
        self.rowEstimate = rowEstimate
    }
}

/// The tables that a login may see.
package struct TableList: Sendable, Equatable {
    /// The most tables that are listed; a data source with more is cut there.
    package static let limit = 100_000

    /// Sorted by schema and name.
    package var tables: [TableHeading]
    /// Whether there are more than `limit`.
    package var isCut: Bool

    package init(tables: [TableHeading], isCut: Bool = false) {
        self.tables = tables
        self.isCut = isCut
    }
}
