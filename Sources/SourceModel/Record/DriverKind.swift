/// The kinds of data source that a record can name.
package enum DriverKind: String, CaseIterable, Sendable, Hashable {
    case mysql, mariadb, postgres, sqlserver, mongo, csv, excel, rest

    /// Reads the spellings that callers use; the record shows the first spelling of each.
    package init?(spelling: String) {
        let wanted = spelling.lowercased()
        guard let kind = DriverKind.allCases.first(where: { $0.rawValue == wanted || $0.aliases.contains(wanted) })
        else { return nil }
        self = kind
    }

    /// The name that people use in a sentence.
    package var displayName: String {
        switch self {
        case .mysql: "MySQL"
        case .mariadb: "MariaDB"
        case .postgres: "PostgreSQL"
        case .sqlserver: "SQL Server"
        case .mongo: "MongoDB"
        case .csv: "CSV"
        case .excel: "Excel"
        case .rest: "REST"
        }
    }
}
