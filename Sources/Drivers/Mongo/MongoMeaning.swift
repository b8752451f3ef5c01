import MongoWire
import NIOCore
import Route
import SCRAM
import SourceModel

/// What an error of the wire means to somebody who set up this data source.
struct MongoMeaning: Sendable {
    let source: DataSource
    let routed: RoutedChannel

    /// - Parameter stage: where the driver stands; some errors belong to another stage whenever they show.
    func failure(for error: MongoWireError, in stage: Stage) -> SourceFailure {
        switch error {
        case .server(let refusal):
            switch stage {
            case .query, .schema: return MongoFailures.statement(refusal, in: stage, source: source)
            case .database: return MongoFailures.database(refusal, source.database ?? "test", source: source)
            case .login, .tls: return MongoFailures.login(refusal, source: source)
            case .validate, .resolve, .dial, .sshHandshake, .sshHostKey, .sshAuth, .sshForward, .probe, .open:
                return MongoFailures.later(refusal, source: source)
            }
        case .loginRefused(let refusal): return MongoFailures.login(refusal, source: source)
        case .connectionClosed:
            return routed.failure(for: ChannelError.eof, in: stage) ?? closed(stage, cause: nil)
        case .channelFailed(let cause):
            return routed.failure(for: cause, in: stage) ?? closed(stage, cause: "\(cause)")
        case .upgradeFailed(let cause):
            return routed.failure(for: cause, in: .tls) ?? closed(.tls, cause: "\(cause)")
        case .notMongo(let excerpt):
            return notThisDriver(WhatAnswered.name(of: excerpt.bytes), cause: excerpt.description)
        case .noCommonMechanism(let mechanisms):
            return SourceFailure(
                .login, .loginMethodUnsupported,
                "\(target) lets user \(user) log in by \(mechanisms.joined(separator: ", ")) only.",
                hint: "Let an administrator give the user SCRAM-SHA-256, or set certificate and keyfile.")
        case .serverTooOld(let version):
            return SourceFailure(
                .login, .loginMethodUnsupported,
                "\(target) speaks no version of the protocol that Wellhead knows; its newest is \(version).",
                hint: "Use a MongoDB server of version 3.6 or later.")
        case .authenticationFailed(let reason): return unproven(reason)
        case .protocolViolation(let text):
            return stage == .login || stage == .tls ? notThisDriver(nil, cause: text) : broken(stage, text)
        case .messageTooLarge(let size, let limit):
            let text = "a message of \(size) bytes, the limit is \(limit)"
            if stage.isStatement { return .tooLong(stage, target, limit: limit, cause: text) }
            return stage == .login || stage == .tls ? notThisDriver(nil, cause: text) : broken(stage, text)
        case .invalidArgument(let why) where stage == .login || stage == .tls:
            return SourceFailure(
                .login, .loginFailed, "\(target) cannot be asked: \(why)", hint: "Check username and password.")
        case .invalidArgument(let why) where stage == .query:
            return SourceFailure(
                stage, .statementRefused, "The command cannot be sent: \(why)", hint: "Correct the statement.")
        case .invalidArgument(let why):
            return SourceFailure(
                stage, stage == .schema ? .schemaUnavailable : .probeFailed,
                "\(target) cannot be asked: \(why)", hint: "Check database.")
        case .busy: return broken(stage, "\(error)")
        case .cancelled where stage == .query: return .statementCancelled()
        case .cancelled:
            return SourceFailure(
                stage, .deadlineExceeded, "\(target) did not answer in time.",
                hint: "Check that the server is well, or raise timeout.")
        }
    }

    var target: String { source.endpoint.map(\.description) ?? "The server" }
    private var user: String { source.login.username ?? "" }

    private func closed(_ stage: Stage, cause: String?) -> SourceFailure {
        SourceFailure(
            stage, .serverClosed, "\(target) closed the connection.",
            hint:
                "Check that port is the server's own port, and look into the server's log: a server with no connection "
                + "left says no more either.",
            cause: cause)
    }

    private func notThisDriver(_ answered: String?, cause: String) -> SourceFailure {
        SourceFailure(
            .login, .notThisDriver,
            "\(answered ?? "something else") answered at \(target), not MongoDB.".capitalised,
            hint: "Check host, port and driver; MongoDB listens on port 27017 if nobody changed that.", cause: cause)
    }

    private func unproven(_ reason: AuthenticationFailure) -> SourceFailure {
        switch reason {
        case .serverNotVerified:
            SourceFailure(
                .login, .loginFailed, "\(target) did not prove that it knows the password of user \(user).",
                hint: "Find out who answers at host and port: it may not be your server.")
        case .refused(let value):
            SourceFailure(
                .login, .loginFailed, "\(target) does not accept the password of user \(user).",
                hint: "Check username and password.", server: ServerWords(code: "SCRAM", text: value))
        case .malformedMessage, .nonceMismatch, .iterationCountOutOfBounds:
            SourceFailure(
                .login, .loginFailed, "\(target) broke the rules of the SCRAM login.",
                hint: "Find out who answers at host and port: it may not be your server.", cause: "\(reason)")
        }
    }

    private func broken(_ stage: Stage, _ text: String) -> SourceFailure {
        if stage.isStatement { return .unreadable(stage, target, cause: text) }
        return SourceFailure(
            .probe, .probeFailed, "\(target) answered a simple command with something that cannot be read.",
            hint: "Look into the server's log; if a proxy stands before it, try without.", cause: text)
    }
}
