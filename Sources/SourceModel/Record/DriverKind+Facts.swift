extension DriverKind {
    /// The port that holds where none is set. What is reached by HTTP has one for each of its schemes.
    ///
    /// - Parameter ssl: whether the data source is reached by TLS.
    package func defaultPort(ssl: Bool) -> Int {
        switch self {
        case .mysql, .mariadb: 3306
        case .postgres: 5432
        case .sqlserver: 1433
        case .mongo: 27017
        case .rest, .csv, .excel: ssl ? 443 : 80
        }
    }

    /// Whether the data source is always a server that is dialled, never a local file.
    package var isServer: Bool {
        switch self {
        case .mysql, .mariadb, .postgres, .sqlserver, .mongo, .rest: true
        case .csv, .excel: false
        }
    }

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
