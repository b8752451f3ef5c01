/// The kinds of data source that a record can name.
package enum DriverKind: String, CaseIterable, Sendable, Hashable {
    case mysql, mariadb, postgres, sqlserver, mongo, csv, excel, rest

    /// Reads the spellings that callers use; the record shows the first spelling of each.
    package init?(spelling: String) {
        switch spelling.lowercased() {
        case "postgre", "postgresql": self = .postgres
        case "mssql": self = .sqlserver
        case "mongodb": self = .mongo
        case "excell", "xlsx": self = .excel
        case let other:
            guard let kind = DriverKind(rawValue: other) else { return nil }
            self = kind
        }
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
