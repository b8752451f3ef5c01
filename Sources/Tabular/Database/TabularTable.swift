import SourceModel

/// A table that a file was read into.
package struct TabularTable: Sendable, Hashable {
    /// The table's name: the sheet's, or the file's without its extension.
    package let name: String
    package let kind: TableHeading.Kind
    package let columns: [TabularColumn]
    package let rows: Int
    /// What else is to be known of it, such as that the sheet is hidden.
    package let comment: String?

    package init(
        name: String, kind: TableHeading.Kind, columns: [TabularColumn], rows: Int, comment: String? = nil
    ) {
        (self.name, self.kind, self.columns, self.rows, self.comment) = (name, kind, columns, rows, comment)
    }
}

/// What a file was found to hold.
package struct TabularContents: Sendable, Hashable {
    /// One at least, in the file's order; no two names are the same but for their capitals.
    package let tables: [TabularTable]
    /// How the file is written, in a few words.
    package let summary: String
}
