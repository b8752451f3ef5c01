/// A file that is read into a database: its table and how it was understood.
package struct TabularTable: Sendable {
    /// The table's name: the file's, without its extension.
    package let name: String
    package let columns: [TabularColumn]
    package let rows: Int
    /// How the file is written, in a few words.
    package let summary: String
}
