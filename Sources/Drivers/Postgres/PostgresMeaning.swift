import NIOCore
import PostgresWire
import Route
import SCRAM
import SourceModel

/// What an error of the wire means to somebody who set up this data source.
struct PostgresMeaning: Sendable {
    let source: DataSource
    let routed: RoutedChannel

    /// - Parameter stage: where the driver stands; some errors belong to another stage whenever they show.
    func failure(for error: PostgresWireError, in stage: Stage) -> SourceFailure {
        switch error {
        case .server(let refusal), .connectionClosed(.some(let refusal)):
            return refused(refusal, in: stage)
        case .connectionClosed(nil):
            return routed.failure(for: ChannelError.eof, in: stage) ?? closed(stage, cause: nil)
        case .channelFailed(let cause):
            return routed.failure(for: cause, in: stage) ?? closed(stage, cause: "\(cause)")
        case .upgradeFailed(let cause):
            return routed.failure(for: cause, in: .tls) ?? closed(.tls, cause: "\(cause)")
        case .tlsNotSupported:
            return SourceFailure(
                .tls, .tlsNotSupported, "\(target) does not offer TLS.",
                hint: "Let the server's administrator set ssl = on; only on a trusted network set ssl to false here.")
        case .unencryptedDataBeforeTLS(let excerpt):
            return SourceFailure(
                .tls, .tlsHandshakeFailed, "\(target) sent bytes between the answer to TLS and its start.",
                hint: "Find out who answers at host and port: somebody on the way may have put them there.",
                cause: excerpt.description)
        case .notPostgres(let excerpt):
            return notThisDriver(WhatAnswered.name(of: excerpt.bytes), cause: excerpt.description)
        case .unsupportedAuthenticationMethod(let method):
            return SourceFailure(
                .login, .loginMethodUnsupported,
                "\(target) wants a login by \(method), which Wellhead does not speak.",
                hint: "Let pg_hba.conf ask this user for scram-sha-256, or for a client certificate.")
        case .passwordRequired:
            return SourceFailure(
                .login, .loginFailed, "\(target) wants a password of user \(user), and none is set.",
                hint: "Set password.")
        case .cleartextPasswordRefused:
            return SourceFailure(
                .login, .loginMethodUnsupported, "\(target) wants the password readable.", hint: "Set ssl to true.")
        case .authenticationFailed(let reason):
            return unproven(reason)
        case .protocolViolation(let text):
            return stage == .login || stage == .tls ? notThisDriver(nil, cause: text) : broken(stage, text)
        case .messageTooLarge(let size, let limit):
            let text = "a message of \(size) bytes, the limit is \(limit)"
            if stage.isStatement { return .tooLong(stage, target, limit: limit, cause: text) }
            return stage == .login || stage == .tls ? notThisDriver(nil, cause: text) : broken(stage, text)
        case .resultTooLarge, .copyNotSupported, .invalidArgument, .busy:
            return broken(stage, "\(error)")
        case .cancelled where stage == .query:
            return .statementCancelled()
        case .cancelled:
            return SourceFailure(
                stage, .deadlineExceeded, "\(target) did not answer in time.",
                hint: "Check that the server is well, or raise timeout.")
        }
    }

    private var target: String { source.endpoint.map(\.description) ?? "The server" }
    private var user: String { source.login.username ?? "" }

    private func refused(_ refusal: PostgresServerError, in stage: Stage) -> SourceFailure {
        if stage.isStatement {
            return .sessionEnded(stage, target, ServerWords(code: refusal.sqlState, text: refusal.message))
        }
        if [.probe, .database].contains(stage) {
            return PostgresFailures.later(sqlState: refusal.sqlState, text: refusal.message, source: source)
        }
        return PostgresFailures.login(
            sqlState: refusal.sqlState, routine: refusal.routine, text: refusal.message, source: source)
    }

    private func closed(_ stage: Stage, cause: String?) -> SourceFailure {
        SourceFailure(
            stage, .serverClosed, "\(target) closed the connection.",
            hint: "Check that port is the server's own port, and look into the server's log.", cause: cause)
    }

    private func notThisDriver(_ answered: String?, cause: String) -> SourceFailure {
        SourceFailure(
            .login, .notThisDriver,
            "\(answered ?? "something else") answered at \(target), not PostgreSQL.".capitalised,
            hint: "Check host, port and driver; PostgreSQL listens on port 5432 if nobody changed that.",
            cause: cause)
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
            .probe, .probeFailed, "\(target) answered a simple query with something that cannot be read.",
            hint: "Look into the server's log; if a pooler or proxy stands before it, try without.", cause: text)
    }
}

extension String {
    /// The text with its first letter as a capital.
    var capitalised: String { prefix(1).uppercased() + dropFirst() }
}
