import SourceModel

/// What PostgreSQL's refusals mean, by SQLSTATE (appendix A of its manual) and, where one SQLSTATE has several causes,
/// by the name of the server's routine, which is not translated as the text is.
enum PostgresFailures {
    /// A refusal while logging in.
    static func login(
        sqlState: String, routine: String?, text: String, source: DataSource
    ) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "the server"
        let user = source.login.username ?? ""
        let database = source.database ?? user
        let said = ServerWords(code: sqlState, text: text)
        func failure(_ stage: Stage, _ code: FailureCode, _ message: String, _ hint: String) -> SourceFailure {
            SourceFailure(stage, code, message, hint: hint, server: said)
        }
        switch sqlState {
        case "28P01":
            return failure(
                .login, .loginFailed, "\(target) does not accept the password of user \(user).",
                source.login.password == nil
                    ? "Set password."
                    : "Check username and password; PostgreSQL says the same when the user does not exist or its password has expired."
            )
        case "28000" where routine == "ClientAuthentication":
            return denied(target: target, user: user, database: database, said: said, source: source)
        case "28000" where routine == "InitializeSessionUserId" || routine == "InitializeSessionUserIdStandalone":
            return failure(
                .login, .accountLocked, "The user \(user) at \(target) may not log in.",
                "Let the server's administrator run ALTER ROLE … LOGIN, or set username to another user.")
        case "28000":
            return failure(
                .login, .loginFailed, "\(target) does not accept the login of user \(user).",
                source.scheme.encryption.identity == nil
                    ? "Check username; if the server wants a client certificate set certificate and keyfile."
                    : "Check that the client certificate's common name is the user that the server expects.")
        case "3D000":
            return failure(
                .database, .databaseNotFound, "There is no database \(database) at \(target).",
                "Set database to one that exists; psql -l lists them.")
        case "42501":
            return failure(
                .database, .databaseForbidden, "The user \(user) may not connect to the database \(database).",
                "Let the database's owner run GRANT CONNECT ON DATABASE, or set database to another one.")
        case "55000":
            return failure(
                .database, .databaseForbidden, "The database \(database) takes no connections.",
                "Set database to another one, or let its owner run ALTER DATABASE … ALLOW_CONNECTIONS true.")
        case "53300":
            return failure(
                .login, .tooManyConnections, "\(target) has no connection left for user \(user).",
                "Lower poolMax here or in other clients, or raise max_connections or the role's CONNECTION LIMIT.")
        case "57P03":
            return failure(
                .login, .serverStarting, "\(target) is starting up, shutting down or recovering.",
                "Try again in a moment.")
        case "57P01", "57P02", "57P05":
            return failure(
                .login, .serverClosed, "\(target) ended the connection.", "Try again in a moment.")
        case "0A000":
            return failure(
                .login, .loginMethodUnsupported, "\(target) does not speak this version of the protocol.",
                "Use a PostgreSQL server of version 10 or later.")
        default:
            return failure(
                .login, .loginFailed, "\(target) refused the login of user \(user) with \(sqlState).",
                "Read what the server said, and check username, password and database.")
        }
    }

    /// No line of `pg_hba.conf` lets this login in, from this address, over this kind of connection.
    private static func denied(
        target: String, user: String, database: String, said: ServerWords, source: DataSource
    ) -> SourceFailure {
        if source.scheme.encryption != .plain, source.scheme.encryption.identity == nil, mentionsCertificate(said.text)
        {
            return SourceFailure(
                .tls, .tlsClientCertificateRequired, "\(target) wants a client certificate of user \(user).",
                hint: "Set certificate and keyfile.", server: said)
        }
        return SourceFailure(
            .login, .loginHostDenied,
            "\(target) lets user \(user) into database \(database) from nowhere that this connection comes from.",
            hint: source.scheme.encryption == .plain
                ? "Add a line to pg_hba.conf for this user, database and address; if its lines say hostssl, set ssl to true."
                : "Add a line to pg_hba.conf for this user, database and address.",
            server: said)
    }

    /// Nothing but the text tells a missing client certificate from a missing line, and it is translated.
    private static func mentionsCertificate(_ text: String) -> Bool {
        ["certificat", "zertifikat", "certificad", "сертификат", "証明書", "证书", "憑證", "인증서"]
            .contains { text.lowercased().contains($0) }
    }

    /// Any other refusal: of the probe, or of a connection that idled.
    static func later(sqlState: String, text: String, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "The server"
        let said = ServerWords(code: sqlState, text: text)
        switch sqlState.prefix(2) {
        case "57":
            return SourceFailure(
                .probe, .serverClosed, "\(target) ended the connection.", hint: "Nothing to do: Wellhead reconnects.",
                server: said)
        default:
            return SourceFailure(
                .probe, .probeFailed, "\(target) refused a simple query with \(sqlState).",
                hint: "Read what the server said; the login must be able to run select 1.", server: said)
        }
    }
}
