import SourceModel

/// What the refusals of MySQL and MariaDB mean, by errno.
enum MySQLFailures {
    /// A refusal while logging in.
    static func login(errno: UInt16, text: String, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "the server"
        let user = source.login.username ?? ""
        let database = source.database ?? ""
        let said = ServerWords(code: String(errno), text: text)
        func failure(_ stage: Stage, _ code: FailureCode, _ message: String, _ hint: String) -> SourceFailure {
            SourceFailure(stage, code, message, hint: hint, server: said)
        }
        switch errno {
        case 1045, 1698:
            return failure(
                .login, .loginFailed, "\(target) does not accept the login of user \(user).",
                loginHint(source))
        case 1049:
            return failure(
                .database, .databaseNotFound, "There is no database \(database) at \(target).",
                "Set database to one that exists; SHOW DATABASES lists them.")
        case 1044:
            return failure(
                .database, .databaseForbidden, "The user \(user) may not use the database \(database).",
                "Let the server's administrator run GRANT SELECT ON … TO this user, or set database to another one.")
        case 1040, 1203, 1226:
            return failure(
                .login, .tooManyConnections, "\(target) has no connection left for user \(user).",
                "Lower poolMax here or in other clients, or raise max_connections or the user's limit.")
        case 1129:
            return failure(
                .login, .loginHostDenied, "\(target) blocks this host after too many failed connections.",
                "Let the server's administrator run FLUSH HOSTS, and check host and port here.")
        case 1130:
            return failure(
                .login, .loginHostDenied, "\(target) lets nobody in from this host.",
                "Let the server's administrator create the user for this host or for '%'.")
        case 3118, 4151:
            return failure(
                .login, .accountLocked, "The account of user \(user) at \(target) is locked.",
                "Let the server's administrator run ALTER USER … ACCOUNT UNLOCK.")
        case 1820, 1862:
            return failure(
                .login, .passwordExpired, "The password of user \(user) at \(target) has expired.",
                "Set a new one with ALTER USER … IDENTIFIED BY, then set password here.")
        case 3159:
            return failure(
                .login, .tlsRequired, "\(target) takes connections over TLS only.", "Set ssl to true.")
        case 1251, 1275, 1524, 2059:
            return failure(
                .login, .loginMethodUnsupported, "\(target) wants a login method that is not there.",
                "Give the user a password method such as caching_sha2_password or ed25519.")
        case 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161:
            return failure(.login, .serverClosed, "\(target) ended the connection.", "Try again in a moment.")
        default:
            return failure(
                .login, .loginFailed, "\(target) refused the login of user \(user) with error \(errno).",
                "Read what the server said, and check username, password and database.")
        }
    }

    /// The server's 1045 has many causes and tells none: the hint names those that this record can have.
    private static func loginHint(_ source: DataSource) -> String {
        if source.login.password == nil { return "Set password." }
        switch source.scheme.encryption {
        case .plain:
            return "Check username and password; if the user was created with REQUIRE SSL, set ssl to true."
        case .tls:
            return
                "Check username and password; if the user was created with REQUIRE X509, set certificate and keyfile."
        case .mutualTLS:
            return
                "Check username and password, and that the client certificate is the one that the user was created with."
        }
    }

    /// Any other refusal: of the probe, or of a connection that idled.
    static func later(errno: UInt16, text: String, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "The server"
        let said = ServerWords(code: String(errno), text: text)
        switch errno {
        case 1820, 1862:
            return login(errno: errno, text: text, source: source)
        case 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1927, 4031:
            return SourceFailure(
                .probe, .serverClosed, "\(target) ended the connection.", hint: "Nothing to do: Wellhead reconnects.",
                server: said)
        default:
            return SourceFailure(
                .probe, .probeFailed, "\(target) refused a simple query with error \(errno).",
                hint: "Read what the server said; the login must be able to run select 1.", server: said)
        }
    }
}
