import Foundation

/// A real database server, and what it says of the connections that it has.
package enum Database: Sendable {
    case postgres(PostgresServer)
    case mariaDB(MariaDBServer)
    case mySQL(MySQLServer)

    /// The kinds of servers that can be started here.
    package enum Kind: String, CaseIterable, Sendable, CustomStringConvertible {
        case postgres = "PostgreSQL"
        case mariaDB = "MariaDB"
        case mySQL = "MySQL"

        package var description: String { rawValue }

        /// Why there is none; nil where there is one.
        package var absence: String? { self == .mySQL ? MySQLServer.availability : nil }

        /// Those that can be started here.
        package static var here: [Kind] { allCases.filter { $0.absence == nil } }

        /// The one that the tests share; nobody stops it.
        package func shared() async throws -> Database {
            switch self {
            case .postgres: .postgres(try await Testbed.shared.postgres())
            case .mariaDB: .mariaDB(try await Testbed.shared.mariaDB())
            case .mySQL: .mySQL(try await Testbed.shared.mySQL())
            }
        }

        /// One of a test's own, that shows this certificate; none: it does not speak TLS. With `observed`, it knows of
        /// each connection how it is encrypted.
        package func start(showing certificate: Certificates.Server? = .good, observed: Bool = false) async throws
            -> Database
        {
            let identity = certificate.map { Certificates.shared.server($0) }
            let settings = observed ? ["performance-schema": "ON"] : [:]
            return switch self {
            case .postgres: .postgres(try await PostgresServer.start(.init(certificate: identity)))
            case .mariaDB: .mariaDB(try await MariaDBServer.start(.init(certificate: identity, settings: settings)))
            case .mySQL: .mySQL(try await MySQLServer.start(.init(certificate: identity, settings: settings)))
            }
        }
    }

    /// The driver's name in a record.
    package var driver: String {
        switch self {
        case .postgres: "postgres"
        case .mariaDB: "mariadb"
        case .mySQL: "mysql"
        }
    }

    /// The port on 127.0.0.1.
    package var port: Int {
        switch self {
        case .postgres(let server): server.port
        case .mariaDB(let server): server.port
        case .mySQL(let server): server.port
        }
    }

    /// The server's process, where it runs.
    package var pid: Int32? {
        switch self {
        case .postgres(let server): server.pid
        case .mariaDB(let server): server.pid
        case .mySQL(let server): server.pid
        }
    }

    /// The ordinary login.
    package var login: Login {
        switch self {
        case .postgres: PostgresServer.Logins.scram
        case .mariaDB: MariaDBServer.Logins.native
        case .mySQL: MySQLServer.Logins.cachingSHA2
        }
    }

    /// A login that the server takes with a client certificate alone.
    package var certificateLogin: Login {
        switch self {
        case .postgres: PostgresServer.Logins.certificate
        case .mariaDB: MariaDBServer.Logins.certificate
        case .mySQL: MySQLServer.Logins.certificate
        }
    }

    /// The least that a data source for it needs.
    package var body: JSON { body(as: login) }

    /// The same with another login.
    package func body(as login: Login) -> JSON {
        [
            "driver": "\(driver)", "host": "127.0.0.1", "port": "\(port)", "username": "\(login.username)",
            "password": login.password.isEmpty ? .null : "\(login.password)", "database": "wellhead",
        ]
    }

    /// Stops the server; its data stay.
    package func stop(_ mode: StopMode = .orderly) async {
        switch self {
        case .postgres(let server): await server.stop(mode)
        case .mariaDB(let server): await server.stop(mode)
        case .mySQL(let server): await server.stop(mode)
        }
    }

    /// Starts a stopped server on its port.
    package func start() async throws {
        switch self {
        case .postgres(let server): try await server.start()
        case .mariaDB(let server): try await server.start()
        case .mySQL(let server): try await server.start()
        }
    }

    /// Shows another certificate from now on.
    package func present(_ kind: Certificates.Server) async throws {
        let identity = Certificates.shared.server(kind)
        switch self {
        case .postgres(let server): try await server.present(identity)
        case .mariaDB(let server): try await server.present(identity)
        case .mySQL(let server): try await server.present(identity)
        }
    }

    /// Runs SQL past everything that is under test.
    @discardableResult
    package func admin(_ sql: String) async throws -> [[String]] {
        switch self {
        case .postgres(let server): try await server.admin(sql)
        case .mariaDB(let server): try await server.admin(sql)
        case .mySQL(let server): try await server.admin(sql)
        }
    }

    /// The clients that are logged in now, with `user` only this login's.
    package func sessions(of user: String? = nil) async throws -> Int {
        switch self {
        case .postgres(let server): try await server.sessions(of: user)
        case .mariaDB(let server): try await server.sessions(of: user)
        case .mySQL(let server): try await server.sessions(of: user)
        }
    }

    /// What the server knows of one connection.
    package struct Session: Sendable, Equatable {
        /// Who logged in.
        package var user: String
        /// `TLSv1.3`, for example; nil without TLS.
        package var tls: String?
        /// The client certificate's subject, where the server tells it.
        package var clientSubject: String?
    }

    /// The connections whose client calls itself so (`application_name`, `program_name`), as the server sees them.
    ///
    /// MariaDB and MySQL tell it only where they were started as observed.
    package func sessions(named name: String) async throws -> [Session] {
        switch self {
        case .postgres:
            try await admin(
                """
                select usename, coalesce(version, ''), coalesce(client_dn, '')
                from pg_stat_activity join pg_stat_ssl using (pid) where application_name = '\(name)'
                """
            ).map { Session(user: $0[0], tls: $0[1].isEmpty ? nil : $0[1], clientSubject: $0[2]) }
        case .mariaDB, .mySQL:
            try await admin(
                """
                select t.processlist_user, s.variable_value from performance_schema.session_connect_attrs a
                join performance_schema.threads t on t.processlist_id = a.processlist_id
                join performance_schema.status_by_thread s on s.thread_id = t.thread_id
                where a.attr_name = 'program_name' and a.attr_value = '\(name)' and s.variable_name = 'Ssl_version'
                """
            ).map { Session(user: $0[0], tls: $0[1].isEmpty ? nil : $0[1], clientSubject: nil) }
        }
    }
}
