/// A data source that has been validated: no field is missing, contradictory or unreadable.
package struct DataSource: Sendable, Equatable {
    package var driver: DriverKind
    /// Where the server listens, as seen from here or from the SSH host; nil for a local file.
    package var endpoint: Endpoint?
    package var login: Login
    /// The database's name; a file's path for `csv`, the base path for `rest`.
    package var database: String?
    package var scheme: SecurityScheme
    package var options: SourceOptions

    package init(
        driver: DriverKind, endpoint: Endpoint?, login: Login, database: String?, scheme: SecurityScheme,
        options: SourceOptions
    ) {
        self.driver = driver
        self.endpoint = endpoint
        self.login = login
        self.database = database
        self.scheme = scheme
        self.options = options
    }
}

/// A host, without brackets, and a port of 1 to 65,535.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, an IPv6 address in brackets.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The data source's own login.
package struct Login: Sendable, Equatable {
    package var username: String?
    package var password: Secret?

    package init(username: String?, password: Secret?) {
        self.username = username
        self.password = password
    }
}

/// The record's `options`, read and bounded.
package struct SourceOptions: Sendable, Equatable {
    /// Connections kept open at least: 1 to 100, default 1.
    package var poolMin = 1
    /// Connections open at most: 1 to 100, default 4.
    package var poolMax = 4
    /// What the server is told about us: `application_name`, `program_name`, `appName`, `User-Agent`.
    package var applicationName = "wellhead"
    /// How a text file is to be read.
    package var dialect = DialectOptions()
    /// How a workbook is to be read.
    package var excel = ExcelOptions()
    /// How an HTTP API is asked.
    package var rest = RESTOptions()
    /// How a SQL Server is spoken to.
    package var sqlServer = SQLServerOptions()
    /// How a MongoDB deployment is found and logged in to.
    package var mongo = MongoOptions()

    package init() {}
}
