import MongoWire
import SourceModel

/// What MongoDB's refusals mean, by the number of the error (`src/mongo/base/error_codes.yml` of the server).
enum MongoFailures {
    /// The numbers that are told apart here.
    enum Code: Int {
        case unauthorized = 13
        case userNotFound = 11
        case authenticationFailed = 18
        case illegalOperation = 20
        case namespaceNotFound = 26
        case cursorNotFound = 43
        case maxTimeMSExpired = 50
        case commandNotFound = 59
        case invalidNamespace = 73
        case shutdownInProgress = 91
        case primarySteppedDown = 189
        case mechanismUnavailable = 334
        /// Everything that Atlas refuses by itself.
        case atlasError = 8000
        case notWritablePrimary = 10107
        case interruptedAtShutdown = 11600
        case interrupted = 11601
        case interruptedDueToReplicationChange = 11602
        case notPrimaryNoSecondaryOk = 13435
        case notPrimaryOrSecondary = 13436
    }

    /// What the server said, as a report has it.
    static func words(_ error: MongoServerError) -> ServerWords {
        ServerWords(
            code: error.codeName.isEmpty ? "\(error.code)" : "\(error.code) \(error.codeName)", text: error.message)
    }

    /// A refusal of the login.
    static func login(_ error: MongoServerError, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "the server"
        let user = source.login.username.map { "user \($0)" } ?? "the client certificate's user"
        let database = source.options.mongo.authSource ?? "admin"
        let said = words(error)
        if let passing = passing(error, .login, target) { return passing }
        switch Code(rawValue: error.code) {
        case .mechanismUnavailable, .illegalOperation:
            return SourceFailure(
                .login, .loginMethodUnsupported, "\(target) does not let \(user) log in by this mechanism.",
                hint: "Set options.authMechanism to one that the server has switched on.", server: said)
        case .unauthorized:
            return SourceFailure(
                .login, .loginFailed, "\(target) wants a login, and none is set.", hint: "Set username and password.",
                server: said)
        default:
            return SourceFailure(
                .login, .loginFailed, "\(target) does not accept the login of \(user), by the database \(database).",
                hint: source.login.password == nil
                    ? "Check that the certificate's subject is a user of $external there."
                    : "Check username and password, and options.authSource: the database in which the user was created. "
                        + "MongoDB says the same where the user may not come from this address.",
                server: said)
        }
    }

    /// A refusal that has nothing to do with what was asked: the server stops, starts or changes its role.
    static func passing(_ error: MongoServerError, _ stage: Stage, _ target: String) -> SourceFailure? {
        let said = words(error)
        switch Code(rawValue: error.code) {
        case .shutdownInProgress, .interruptedAtShutdown:
            return SourceFailure(
                stage, .serverClosed, "\(target) is shutting down.", hint: "Try again in a moment.", server: said)
        case .notWritablePrimary, .notPrimaryNoSecondaryOk, .notPrimaryOrSecondary, .primarySteppedDown,
            .interruptedDueToReplicationChange:
            guard !stage.isStatement else { return .sessionEnded(stage, target, said) }
            return SourceFailure(
                stage, .serverStarting, "\(target) is changing its role in the replica set, or is starting.",
                hint: "Try again in a moment; set options.replicaSet so that the primary is looked for.", server: said)
        default: return nil
        }
    }

    /// A refusal of the stage `database`: the login may not see what is in it.
    static func database(_ error: MongoServerError, _ name: String, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "the server"
        if let passing = passing(error, .database, target) { return passing }
        switch Code(rawValue: error.code) {
        case .unauthorized where source.login.username == nil && source.scheme.encryption.identity == nil:
            return login(error, source: source)
        case .unauthorized, .atlasError:
            return SourceFailure(
                .database, .databaseForbidden,
                "The login may not list the collections of the database \(name) at \(target).",
                hint: "Let an administrator grant the role read on it, or set database to another one.",
                server: words(error))
        case .invalidNamespace:
            return SourceFailure(
                .database, .databaseNotFound, "There can be no database \(name) at \(target).",
                hint: "Set database to one that exists.", server: words(error))
        default:
            return SourceFailure(
                .probe, .probeFailed, "\(target) refused to list the collections of \(name).",
                hint: "Read what the server said; the login must have the role read.", server: words(error))
        }
    }

    /// Any other refusal: of the probe, or of a connection that idled.
    static func later(_ error: MongoServerError, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "The server"
        return passing(error, .probe, target)
            ?? SourceFailure(
                .probe, .probeFailed, "\(target) refused a simple command.",
                hint: "Read what the server said; the login must be able to run ping.", server: words(error))
    }

    /// A refusal of a statement, or of what is asked for the schema.
    static func statement(_ error: MongoServerError, in stage: Stage, source: DataSource) -> SourceFailure {
        let target = source.endpoint.map(\.description) ?? "The server"
        let said = words(error)
        if let passing = passing(error, stage, target) { return passing }
        guard stage == .query else {
            return .schemaUnavailable("MongoDB", said, catalogue: "listCollections, listIndexes and find")
        }
        switch Code(rawValue: error.code) {
        case .maxTimeMSExpired: return .statementTimedOut("MongoDB", said)
        case .interrupted: return .statementCancelled(said)
        case .cursorNotFound:
            return .refused("MongoDB", said, hint: "Send it again: the server gave the cursor up.")
        case .unauthorized:
            return .refused(
                "MongoDB", said, hint: "Let an administrator grant this login the role read on what the command reads.")
        default: return .refused("MongoDB", said)
        }
    }
}
