import NIOCore
import Route
import SourceModel
import TDSWire

/// What an error of the wire means to somebody who set up this data source.
struct SQLServerMeaning: Sendable {
    let source: DataSource
    let routed: RoutedChannel

    /// - Parameter stage: where the driver stands; some errors belong to another stage whenever they show.
    func failure(for error: TDSWireError, in stage: Stage) -> SourceFailure {
        switch error {
        case .server(let refusal) where stage.isStatement && !refusal.endsSession:
            return at(stage, SQLServerFailures.statement(refusal))
        case .server(let refusal), .connectionClosed(.some(let refusal)): return refused(refusal, in: stage)
        case .connectionClosed(nil):
            return routed.failure(for: ChannelError.eof, in: stage).map(strictly) ?? closed(stage, cause: nil)
        case .channelFailed(let cause):
            return routed.failure(for: cause, in: stage).map(strictly) ?? closed(stage, cause: "\(cause)")
        case .upgradeFailed(let cause):
            return routed.failure(for: cause, in: .tls) ?? closed(.tls, cause: "\(cause)")
        case .handshakeNotInPackets:
            return SourceFailure(
                .tls, .tlsHandshakeFailed, "\(target) did not speak TLS as SQL Server does.",
                hint: "Check that port is the server's own; if a proxy stands before it, try without.")
        case .tlsNotSupported:
            return SourceFailure(
                .tls, .tlsNotSupported, "\(target) does not offer TLS.",
                hint:
                    "Let the server's administrator install a certificate; only on a trusted network set ssl to false "
                    + "here.")
        case .tlsRequired:
            return SourceFailure(
                .login, .tlsRequired, "\(target) lets user \(user) in over TLS only.",
                hint: "Set ssl to true, and sslCA if the server's certificate is not from a public authority.")
        case .notTDS(let excerpt): return notThisDriver(excerpt)
        case .unsupportedAuthenticationMethod(let method):
            return SourceFailure(
                .login, .loginMethodUnsupported,
                "\(target) wants a login by \(method), which Wellhead does not speak.",
                hint: "Set username and password to a SQL Server login, and let the server allow SQL Server "
                    + "authentication.")
        case .routed(let place):
            return closed(.login, cause: "sent on to \(place.host):\(place.port)")
        case .transactionEnded:
            return SourceFailure(
                .query, .statementWrites,
                "The statement ended the transaction that would have undone what it does; what it did may stay.",
                hint: "Send one statement that only reads, without COMMIT or ROLLBACK.")
        case .protocolViolation(let text):
            return stage == .login || stage == .tls ? notThisDriver([], cause: text) : broken(stage, text)
        case .messageTooLarge(let size, let limit):
            let text = "a message of \(size) bytes, the limit is \(limit)"
            if stage.isStatement { return .tooLong(stage, target, limit: limit, cause: text) }
            return stage == .login || stage == .tls ? notThisDriver([], cause: text) : broken(stage, text)
        case .invalidArgument(let why) where stage == .query:
            return SourceFailure(
                .query, .statementRefused, "The statement cannot be sent: \(why)", hint: "Correct the statement.")
        case .invalidArgument(let why):
            return SourceFailure(
                .login, .loginFailed, "The login cannot be sent to \(target): \(why)",
                hint: "Check host, username, password and database: SQL Server takes at most 128 characters of each.")
        case .furtherResultTooLarge(let limit) where stage == .query:
            return SourceFailure(
                .query, .statementRefused,
                "The batch has a further result of more than \(limit >> 20) MiB, of which nothing is given.",
                hint: "Send one statement.")
        case .resultTooLarge, .furtherResultTooLarge, .busy: return broken(stage, "\(error)")
        case .cancelled where stage == .query: return .statementCancelled()
        case .cancelled:
            return SourceFailure(
                stage, .deadlineExceeded, "\(target) did not answer in time.",
                hint: "Check that the server is well, or raise timeout.")
        }
    }

    /// The server's address, for messages.
    var target: String { source.endpoint.map(\.description) ?? "The server" }
    private var user: String { source.login.username ?? "" }

    private func refused(_ refusal: TDSServerMessage, in stage: Stage) -> SourceFailure {
        if stage.isStatement { return .sessionEnded(stage, target, SQLServerFailures.words(refusal)) }
        if [.probe, .database].contains(stage) { return SQLServerFailures.later(refusal, source: source) }
        return SQLServerFailures.login(refusal, source: source)
    }

    /// A server that hangs up on TDS 7.4 may want TDS 8.0.
    private func strictly(_ failure: SourceFailure) -> SourceFailure {
        guard failure.code == .serverClosed, failure.stage == .login || failure.stage == .tls,
            !source.options.sqlServer.isStrict
        else { return failure }
        var failure = failure
        failure.hint += " If the server forces strict encryption, set ssl to true and options.tdsVersion to 8.0."
        return failure
    }

    private func closed(_ stage: Stage, cause: String?) -> SourceFailure {
        strictly(
            SourceFailure(
                stage, .serverClosed, "\(target) closed the connection.",
                hint: "Check that port is the server's own port, and look into the server's log.", cause: cause))
    }

    private func notThisDriver(_ excerpt: [UInt8], cause: String? = nil) -> SourceFailure {
        let answered = WhatAnswered.name(of: excerpt)
        var hint = "Check host, port and driver; SQL Server listens on port 1433 if nobody changed that."
        // An alert: the server wants TLS before everything else.
        if excerpt.starts(with: [0x15, 0x03]) {
            hint += " If the server forces strict encryption, set ssl to true and options.tdsVersion to 8.0."
        }
        return SourceFailure(
            .login, .notThisDriver,
            "\(answered ?? "something else") answered at \(target), not SQL Server.".capitalised, hint: hint,
            cause: cause ?? "first bytes \(excerpt)")
    }

    /// A refusal of a statement of ours while reading what tables there are is about them.
    private func at(_ stage: Stage, _ failure: SourceFailure) -> SourceFailure {
        guard stage == .schema, let said = failure.server else { return failure }
        return .schemaUnavailable("SQL Server", said, catalogue: "the catalogue views of sys")
    }

    private func broken(_ stage: Stage, _ text: String) -> SourceFailure {
        if stage.isStatement { return .unreadable(stage, target, cause: text) }
        return SourceFailure(
            .probe, .probeFailed, "\(target) answered a simple query with something that cannot be read.",
            hint: "Look into the server's log; if a proxy stands before it, try without.", cause: text)
    }
}
