import SourceModel
import TDSWire

/// What SQL Server's refusals mean, by their number (`sys.messages`) and, where one number has several causes, by their
/// state.
enum SQLServerFailures {
    /// A refusal while logging in.
    static func login(_ refusal: TDSServerMessage, source: DataSource) -> SourceFailure {
        let said = words(refusal)
        let target = source.endpoint.map(\.description) ?? "the server"
        let user = source.login.username ?? ""
        func failure(_ code: FailureCode, _ message: String, _ hint: String, stage: Stage = .login) -> SourceFailure {
            SourceFailure(stage, code, message, hint: hint, server: said)
        }
        switch refusal.number {
        case 18456: return loginFailed(refusal, source: source)
        case 18452:
            return failure(
                .loginMethodUnsupported,
                "\(target) takes user \(user) by Windows authentication only, which Wellhead does not speak.",
                "Set username and password to a SQL Server login, and let the server allow SQL Server authentication.")
        case 18470:
            return failure(
                .accountLocked, "The login \(user) at \(target) is disabled.",
                "Let the server's administrator run ALTER LOGIN … ENABLE, or set username to another login.")
        case 18486:
            return failure(
                .accountLocked, "The login \(user) at \(target) is locked after wrong passwords.",
                "Let the server's administrator run ALTER LOGIN … WITH PASSWORD = … UNLOCK.")
        case 18487:
            return failure(
                .passwordExpired, "The password of login \(user) at \(target) has expired.",
                "Change it at the server, then set password.")
        case 18488, 18463, 18464, 18465, 18466, 18467, 18468:
            return failure(
                .passwordExpired, "The password of login \(user) at \(target) has to be changed before it is used.",
                "Change it at the server, then set password.")
        case 4060, 911, 4064: return notFound(source, said: said)
        case 916, 18451, 4063, 976, 978, 979, 983, 924, 942, 945, 952:
            return unusable(refusal, source: source)
        case 40615, 40914, 40822, 47073, 45679:
            return failure(
                .loginHostDenied, "\(target) lets user \(user) in from nowhere that this connection comes from.",
                "Add this service's address to the server's firewall rules.")
        case 40532, 40607, 40531:
            return failure(
                .loginFailed, "\(target) cannot tell which server the login of user \(user) is for.",
                "Set username to user@server, with the server's name without its domain, or host to its full name.")
        case 17809, 18461, 10928, 10929, 10930, 10936, 40501, 49918, 49919, 49920, 17300, 17312, 18458, 18459, 18460:
            return failure(
                .tooManyConnections, "\(target) has no connection or no room left for user \(user).",
                "Lower poolMax here or in other clients, or raise what the server allows.")
        case 17187, 17142, 17148, 17188, 17191, 17197, 18401, 921, 922, 923, 40613, 40197, 40143, 40540, 42108, 42109,
            49975:
            return failure(
                .serverStarting, "\(target) is starting, stopping, paused or moving.", "Try again in a moment.")
        case 17830, 233, 17828, 17832, 17836:
            return failure(.serverClosed, "\(target) ended the login.", "Look into the server's log for the reason.")
        default:
            if refusal.endsSession {
                return failure(.serverClosed, "\(target) ended the connection.", "Try again in a moment.")
            }
            return failure(
                .loginFailed, "\(target) refused the login of user \(user) with \(refusal.number).",
                "Read what the server said, and check username, password and database.")
        }
    }

    /// 18456: servers tell strangers the state 1 whatever the cause; some tell the state itself.
    private static func loginFailed(_ refusal: TDSServerMessage, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "the server"
        let user = source.login.username ?? ""
        func failure(_ code: FailureCode, _ message: String, _ hint: String) -> SourceFailure {
            SourceFailure(.login, code, message, hint: hint, server: words(refusal))
        }
        switch refusal.state {
        case 6, 58:
            return failure(
                .loginMethodUnsupported,
                "\(target) takes logins by Windows authentication only, which Wellhead does not speak.",
                "Let the server's administrator allow SQL Server authentication, and set username to such a login.")
        case 7:
            return failure(
                .accountLocked, "The login \(user) at \(target) is disabled.",
                "Let the server's administrator run ALTER LOGIN … ENABLE, or set username to another login.")
        case 11, 12, 23:
            return failure(
                .loginHostDenied, "\(target) knows the login \(user) and does not let it in.",
                "Let the server's administrator run GRANT CONNECT SQL, and CONNECT on the endpoint.")
        case 18:
            return failure(
                .passwordExpired, "The password of login \(user) at \(target) has to be changed before it is used.",
                "Change it at the server, then set password.")
        case 38, 40, 46: return notFound(source, said: words(refusal))
        default:
            if user.contains("\\") {
                return failure(
                    .loginFailed, "\(target) does not accept \(user), which looks like a Windows account.",
                    "Set username to a SQL Server login: Wellhead does not speak Windows authentication.")
            }
            return failure(
                .loginFailed, "\(target) does not accept the password of user \(user).",
                source.login.password == nil
                    ? "Set password."
                    : "Check username and password; SQL Server says the same when the login does not exist, and at a "
                        + "server that takes Windows authentication only.")
        }
    }

    private static func notFound(_ source: DataSource, said: ServerWords) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "the server"
        let user = source.login.username ?? ""
        guard let database = source.database else {
            return SourceFailure(
                .database, .databaseForbidden,
                "The login \(user) at \(target) has a default database that it cannot open.",
                hint: "Set database.", server: said)
        }
        return SourceFailure(
            .database, .databaseNotFound, "There is no database \(database) at \(target), or none for user \(user).",
            hint: "Set database to one that exists and in which the login has a user.", server: said)
    }

    /// The database is there, and not for this login.
    static func forbidden(_ source: DataSource, said: ServerWords?) -> SourceFailure {
        SourceFailure(
            .database, .databaseForbidden,
            "The login \(source.login.username ?? "") may not use the database \(source.database ?? "").",
            hint: "Let the database's owner run CREATE USER … FOR LOGIN, or set database to another one.", server: said)
    }

    /// The database is there, and takes nobody, or nobody of this kind, now.
    private static func unusable(_ refusal: TDSServerMessage, source: DataSource) -> SourceFailure {
        let database = source.database ?? "that the login begins in"
        switch refusal.number {
        case 916: return forbidden(source, said: words(refusal))
        case 978, 976, 983, 979:
            return SourceFailure(
                .database, .databaseForbidden,
                "The database \(database) is a replica that takes no such connection.",
                hint: refusal.number == 978
                    ? "Set options.applicationIntent to readonly." : "Set host to the primary replica or the listener.",
                server: words(refusal))
        default:
            return SourceFailure(
                .database, .databaseForbidden, "The database \(database) takes no connections now.",
                hint: "Read what the server said; the database may be offline, or in use by one user alone.",
                server: words(refusal))
        }
    }

    /// Any other refusal: of the probe, or of a connection that idled.
    static func later(_ refusal: TDSServerMessage, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "The server"
        if refusal.endsSession || [6005, 17142, 17147, 40613, 40197].contains(refusal.number) {
            return SourceFailure(
                .probe, .serverClosed, "\(target) ended the connection.", hint: "Nothing to do: Wellhead reconnects.",
                server: words(refusal))
        }
        return SourceFailure(
            .probe, .probeFailed, "\(target) refused a simple query with \(refusal.number).",
            hint: "Read what the server said; the login must be able to run SELECT 1.", server: words(refusal))
    }

    /// The permission to do something in a database is missing, while a batch is planned to see its plan there.
    static let permissionDenied: Int32 = 262

    /// A refusal to plan a statement for a login that may see plans: it names another database, where the login may not.
    static func planRefused(_ refusal: TDSServerMessage) -> SourceFailure {
        .refused(
            "SQL Server", words(refusal),
            hint: "Let the owner of the database that the server names run GRANT SHOWPLAN for the user of username "
                + "there, or leave that database out of the statement.")
    }

    /// A refusal of a statement.
    static func statement(_ refusal: TDSServerMessage) -> SourceFailure {
        let said = words(refusal)
        switch refusal.number {
        // The database is read-only; a transaction that was begun to read only.
        case 3906, 3908, 3975, 3977, 3930: return .writes("SQL Server", said)
        case 3617: return .statementCancelled(said)
        // A parameter that the statement does not declare, or that was not sent.
        case 137, 8178:
            return .refused(
                "SQL Server", said,
                hint: "Use the names @p1, @p2, … for the placeholders, and send in parameters a value for each.")
        default: return .refused("SQL Server", said)
        }
    }

    /// What the server said, with its state, which tells the causes of one number apart.
    static func words(_ message: TDSServerMessage) -> ServerWords {
        ServerWords(code: "\(message.number)/\(message.state)", text: message.text)
    }
}
