import MySQLWire
import NIOCore
import Route
import SourceModel

/// What an error of the wire means to somebody who set up this data source.
struct MySQLMeaning: Sendable {
    let source: DataSource
    let routed: RoutedChannel

    /// - Parameter stage: where the driver stands; some errors belong to another stage whenever they show.
    func failure(for error: MySQLWireError, in stage: Stage) -> SourceFailure {
        switch error {
        case .server(let refusal) where stage.isStatement:
            return at(stage, MySQLFailures.statement(errno: refusal.code, text: refusal.message, source: source))
        case .server(let refusal):
            return [.probe, .database].contains(stage)
                ? MySQLFailures.later(errno: refusal.code, text: refusal.message, source: source)
                : MySQLFailures.login(errno: refusal.code, text: refusal.message, source: source)
        case .closedByServer(let moment):
            let stage = moment == .upgrade ? .tls : stage
            return routed.failure(for: ChannelError.eof, in: stage) ?? closed(stage, cause: nil)
        case .transportFailed(let cause):
            return routed.failure(for: cause, in: stage) ?? closed(stage, cause: "\(cause)")
        case .upgradeFailed(let cause):
            return routed.failure(for: cause, in: .tls) ?? closed(.tls, cause: "\(cause)")
        case .tlsNotSupported:
            return SourceFailure(
                .tls, .tlsNotSupported, "\(target) does not offer TLS.",
                hint: "Let the server's administrator set ssl_cert and ssl_key; only on a trusted network set ssl to "
                    + "false here.")
        case .bytesBeforeTLS:
            return SourceFailure(
                .tls, .tlsHandshakeFailed, "\(target) sent bytes between its greeting and the start of TLS.",
                hint: "Find out who answers at host and port: somebody on the way may have put them there.")
        case .notMySQL(let excerpt):
            return notThisDriver(WhatAnswered.name(of: excerpt), cause: "first bytes \(excerpt)")
        case .unsupportedServer(let text):
            return SourceFailure(
                .login, .notThisDriver, "\(target) speaks a version of the protocol that is too old.",
                hint: "Use MySQL 5.5, MariaDB 10 or a later one.", cause: text)
        case .authenticationPluginUnsupported, .plaintextPasswordRefused, .authenticationFailed:
            return notLoggedIn(error)
        case .localInfileRequested:
            return SourceFailure(
                .probe, .probeFailed, "\(target) asked for a local file of this service instead of answering.",
                hint: "Find out who answers at host and port: an honest server does not do that.")
        case .protocolViolation(let text):
            return stage == .login || stage == .tls ? notThisDriver(nil, cause: text) : broken(stage, text)
        case .messageTooLarge(let announced, let limit):
            let text = "a message of \(announced) bytes, the limit is \(limit)"
            if stage.isStatement { return .tooLong(stage, target, limit: limit, cause: text) }
            return stage == .login || stage == .tls ? notThisDriver(nil, cause: text) : broken(stage, text)
        case .parameterCountMismatch(let expected, let given) where stage == .query:
            return .parametersMismatch(expected: expected, sent: given)
        case .notExecuted(let unwanted):
            return MySQLFailures.notExecuted(unwanted, product: product)
        case .rowsOutstanding, .resultTooLarge, .parameterCountMismatch, .invalidArgument:
            return broken(stage, "\(error)")
        case .connectionClosed:
            return closed(stage, cause: "closed from this side")
        case .cancelled where stage == .query:
            return .statementCancelled()
        case .cancelled:
            return SourceFailure(
                stage, .deadlineExceeded, "\(target) did not answer in time.",
                hint: "Check that the server is well, or raise timeout.")
        }
    }

    /// The server's address, for messages.
    var target: String { source.endpoint.map(\.description) ?? "The server" }
    private var user: String { source.login.username ?? "" }
    private var product: String { source.driver.displayName }

    private func notLoggedIn(_ error: MySQLWireError) -> SourceFailure {
        switch error {
        case .plaintextPasswordRefused(let plugin):
            SourceFailure(
                .login, .loginMethodUnsupported,
                "\(target) wants the password of user \(user) readable (\(plugin)), and the connection has no TLS.",
                hint: "Set ssl to true.")
        case .authenticationFailed(let plugin, let reason):
            SourceFailure(
                .login, .loginFailed, "The login of user \(user) at \(target) by \(plugin) broke off: \(reason).",
                hint: "Check that host and port are the server's own; with ssl set to true the login is simpler.")
        case .authenticationPluginUnsupported(let plugin):
            SourceFailure(
                .login, .loginMethodUnsupported,
                "\(target) wants the login method \(plugin) of user \(user), which Wellhead does not speak.",
                hint: "Give the user a password method such as caching_sha2_password or ed25519.")
        default: closed(.login, cause: "\(error)")
        }
    }

    private func closed(_ stage: Stage, cause: String?) -> SourceFailure {
        SourceFailure(
            stage, .serverClosed, "\(target) closed the connection.",
            hint: "Check that port is the server's own port, and look into the server's log.", cause: cause)
    }

    private func notThisDriver(_ answered: String?, cause: String) -> SourceFailure {
        SourceFailure(
            .login, .notThisDriver,
            "\(answered ?? "something else") answered at \(target), not \(product).".capitalised,
            hint: "Check host, port and driver; \(product) listens on port 3306 if nobody changed that.", cause: cause)
    }

    /// A refusal of a statement of ours while reading what tables there are is about them.
    private func at(_ stage: Stage, _ failure: SourceFailure) -> SourceFailure {
        guard stage == .schema else { return failure }
        if let said = failure.server, [.statementRefused, .statementWrites, .parametersMismatch].contains(failure.code)
        {
            return .schemaUnavailable(product, said, catalogue: "information_schema")
        }
        var failure = failure
        failure.stage = .schema
        return failure
    }

    private func broken(_ stage: Stage, _ text: String) -> SourceFailure {
        if stage.isStatement { return .unreadable(stage, target, cause: text) }
        return SourceFailure(
            .probe, .probeFailed, "\(target) answered a simple statement with something that cannot be read.",
            hint: "Look into the server's log; if a proxy stands before it, try without.", cause: text)
    }
}
