extension DriverKind {
    /// The drivers that this version connects.
    package static let connectable: [DriverKind] = [.mysql, .mariadb, .postgres, .csv]

    /// Whether this version connects the driver.
    package var isConnectable: Bool { DriverKind.connectable.contains(self) }

    /// The port that holds where none is set; nil for files.
    package var defaultPort: Int? {
        switch self {
        case .mysql, .mariadb: 3306
        case .postgres: 5432
        case .sqlserver: 1433
        case .mongo: 27017
        case .rest: 443
        case .csv, .excel: nil
        }
    }

    /// Whether the data source is a server that is dialled, not a local file.
    package var isServer: Bool { defaultPort != nil }

    /// Further spellings that are accepted.
    package var aliases: [String] {
        switch self {
        case .postgres: ["postgre", "postgresql"]
        case .sqlserver: ["mssql"]
        case .mongo: ["mongodb"]
        case .excel: ["excell", "xlsx"]
        case .mysql, .mariadb, .csv, .rest: []
        }
    }
}
