import Testbed

extension Fault {
    private static func login(
        _ name: String, _ code: String, _ kind: Database.Kind, stage: String = "login", _ login: Login,
        _ fields: [String: JSON] = [:]
    ) -> Fault {
        Fault("\(kind.rawValue): \(name)", stage, code) { ground in
            let database = try ground.database(kind)
            return Scene(body: database.body(as: login).with(fields), guests: { try await database.sessions() })
        }
    }

    /// What a real server says to logins that it does not want.
    static func ofLogins(_ kind: Database.Kind) -> [Fault] {
        switch kind {
        case .postgres: ofPostgresLogins
        case .mariaDB: ofMariaDBLogins
        case .mySQL: ofMySQLLogins
        }
    }

    private static func common(_ kind: Database.Kind, _ good: Login) -> [Fault] {
        [
            login("a wrong password", "login_failed", kind, Login(good.username, "wrong")),
            login("no password", "login_failed", kind, Login(good.username, "")),
            login("an unknown user", "login_failed", kind, Login("nobody", "x")),
            login(
                "a forbidden database", "database_forbidden", kind, stage: "database", good, ["database": "private"]),
            limited(kind),
        ]
    }

    /// PostgreSQL's word that it waits for a query (section 55.7 of its manual).
    private static let ready: [UInt8] = [UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "I")]
    /// The login is accepted, without a password even.
    private static let welcome: [UInt8] = [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 0] + ready

    private static var ofPostgresLogins: [Fault] {
        typealias Logins = PostgresServer.Logins
        return common(.postgres, Logins.scram) + [
            login(
                "a missing database", "database_not_found", .postgres, stage: "database", Logins.scram,
                ["database": "missing"]),
            login("a login over TLS only", "tls_required", .postgres, Logins.tlsOnly),
            login("a login that no line lets in", "login_host_denied", .postgres, Logins.rejected),
            login("a role that may not log in", "account_locked", .postgres, Logins.nologin),
            login("an expired password", "login_failed", .postgres, Logins.expired),
            said(
                "PostgreSQL: a server that is starting", "login", "server_starting", "postgres",
                Banners.postgresError(code: "57P03", "the database system is starting up")),
            said(
                "PostgreSQL: a server that is full", "login", "too_many_connections", "postgres",
                Banners.postgresError(code: "53300", "sorry, too many clients already")),
            Fault(
                "PostgreSQL: a login by Kerberos", "login", "login_method_unsupported",
                peer: .answers([[UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 7]]), body: { peer("postgres", $0) }),
            Fault(
                "PostgreSQL: a server that is silent after the login", "probe", "probe_timeout", timeout: 2,
                peer: .answers([welcome]), body: { peer("postgres", $0) }),
            Fault(
                "PostgreSQL: a server that refuses every query", "probe", "probe_failed",
                peer: .answers([
                    welcome, Banners.postgresError(code: "42501", "permission denied") + ready,
                    Banners.postgresError(code: "42501", "permission denied") + ready,
                ]), body: { peer("postgres", $0) }),
        ]
    }

    private static var ofMariaDBLogins: [Fault] {
        typealias Logins = MariaDBServer.Logins
        return common(.mariaDB, Logins.native) + [
            login(
                "a missing database", "database_not_found", .mariaDB, stage: "database", Logins.superuser,
                ["database": "missing"]),
            login("a login over TLS only", "login_failed", .mariaDB, Logins.tlsOnly),
            login("a login from elsewhere", "login_failed", .mariaDB, Logins.otherHost),
            login("a locked account", "account_locked", .mariaDB, Logins.locked),
            login("an expired password", "password_expired", .mariaDB, Logins.expired),
            said(
                "MariaDB: a host that is blocked", "login", "login_host_denied", "mariadb",
                Banners.mySQLError(1129, "Host '127.0.0.1' is blocked because of many connection errors")),
        ]
    }

    private static var ofMySQLLogins: [Fault] {
        typealias Logins = MySQLServer.Logins
        return common(.mySQL, Logins.cachingSHA2) + [
            login(
                "a missing database", "database_not_found", .mySQL, stage: "database", Logins.superuser,
                ["database": "missing"]),
            login("a login over TLS only", "login_failed", .mySQL, Logins.tlsOnly),
            login("a login from elsewhere", "login_failed", .mySQL, Logins.otherHost),
            login("a locked account", "account_locked", .mySQL, Logins.locked),
            login("an expired password", "password_expired", .mySQL, Logins.expired),
            said(
                "MySQL: a host that may not connect", "login", "login_host_denied", "mysql",
                Banners.mySQLError(1130, "Host '127.0.0.1' is not allowed to connect to this MySQL server")),
        ]
    }

    /// A login that may have one connection, and has it.
    private static func limited(_ kind: Database.Kind) -> Fault {
        Fault("\(kind.rawValue): a login with no connection left", "login", "too_many_connections") { ground in
            let database = try ground.database(kind)
            let body = database.body(as: Login("limited", "limited pass"))
            let record = try await ground.service.create(body)
            return Scene(body: body.with(["name": "second"]), guests: { try await database.sessions() }) {
                try await ground.service.delete(record)
            }
        }
    }

    private static func said(
        _ name: String, _ stage: String, _ code: String, _ driver: String, _ words: [UInt8]
    ) -> Fault {
        // PostgreSQL speaks when spoken to; MySQL speaks first.
        Fault(
            name, stage, code, peer: driver == "postgres" ? .answers([words]) : .says(words),
            body: { peer(driver, $0) })
    }

    /// A data source at a peer that only plays a server.
    static func peer(_ driver: String, _ port: Int, _ fields: [String: JSON] = [:]) -> JSON {
        JSON.object([
            "driver": .text(driver), "host": "127.0.0.1", "port": "\(port)", "username": "ann", "password": "secret",
            "database": "shop",
        ]).with(fields)
    }
}
