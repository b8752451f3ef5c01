/// How a first statement looks, for whoever has a table's name and no statement yet.
package struct StatementForm: Sendable, Equatable {
    /// How a name is written where it is not a plain word.
    package enum Quoting: String, CaseIterable, Sendable {
        /// In double quotes, a double quote doubled: standard SQL.
        case double
        /// In backticks, a backtick doubled.
        case backticks
        /// In brackets, a closing one doubled.
        case brackets
        /// As a JSON string, always.
        case json
        /// As the segment of a path, percent-encoded.
        case path
    }

    /// The statement, with `{table}` where the name belongs.
    package let template: String
    package let quoting: Quoting

    /// The form of a driver's statements.
    package init(_ driver: DriverKind) {
        switch driver {
        case .postgres, .csv, .excel: self.init("select * from {table}", .double)
        case .mysql, .mariadb: self.init("select * from {table}", .backticks)
        case .sqlserver: self.init("select * from {table}", .brackets)
        case .mongo: self.init(#"{"find": {table}}"#, .json)
        case .rest: self.init("/{table}", .path)
        }
    }

    private init(_ template: String, _ quoting: Quoting) {
        self.template = template
        self.quoting = quoting
    }
}
