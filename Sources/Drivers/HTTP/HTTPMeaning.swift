import HTTPWire
import NIOCore
import Route
import SourceModel

/// What an error of the wire means to somebody who set up this data source.
struct HTTPMeaning: Sendable {
    let origin: HTTPOrigin
    let routed: RoutedChannel

    /// - Parameter stage: where the driver stands; some errors belong to another stage whenever they show.
    func failure(for error: HTTPWireError, in stage: Stage) -> SourceFailure {
        switch error {
        case .closedBeforeAnswer:
            return routed.failure(for: ChannelError.eof, in: stage) ?? closed(stage, cause: nil)
        case .channelFailed(let cause, _):
            return routed.failure(for: cause, in: stage) ?? closed(stage, cause: "\(cause)")
        case .notHTTP(let excerpt):
            return notHTTP(excerpt)
        case .malformedAnswer(let why):
            return unreadable(stage, "an answer that breaks the rules of HTTP", cause: why)
        case .headTooLarge:
            return unreadable(stage, "a head of more than 64 KiB or 256 fields", cause: nil)
        case .truncated:
            // What broke the channel, where it is known, says more than that something is missing.
            return SourceFailure(
                stage, stage.isStatement ? .statementRefused : .serverClosed,
                "\(origin) closed the connection in the middle of its answer.",
                hint: "Send it again; if it stays so, look into the server's log and at what stands between.")
        case .bodyTooLarge(let limit):
            return .answerTooLarge(stage, "\(origin)", limit: limit)
        case .invalidRequest(let why):
            return SourceFailure(
                stage, stage.isStatement ? .statementRefused : .probeFailed, "The request cannot be sent: \(why)",
                hint: "Correct the path, and the login where it goes into a field.")
        case .busy:
            return unreadable(stage, "more than one answer at a time", cause: "busy")
        case .cancelled where stage == .query:
            return .statementCancelled()
        case .cancelled:
            return SourceFailure(
                stage, .deadlineExceeded, "\(origin) did not answer in time.",
                hint: "Check that the server is well, or raise timeout.")
        }
    }

    private func closed(_ stage: Stage, cause: String?) -> SourceFailure {
        SourceFailure(
            stage, .serverClosed, "\(origin) closed the connection.",
            hint: "Check that port is the server's own port, and look into the server's log.", cause: cause)
    }

    private func notHTTP(_ excerpt: HTTPExcerpt) -> SourceFailure {
        let bytes = excerpt.bytes
        if !origin.isSecure, bytes.count >= 2, (0x14...0x17).contains(bytes[0]), bytes[1] == 3 {
            return SourceFailure(
                .login, .tlsRequired, "\(origin) speaks TLS only.",
                hint: "Set ssl to true, and sslCA if the server's certificate is not from a public authority.",
                cause: excerpt.description)
        }
        return SourceFailure(
            .login, .notThisDriver,
            "\(WhatAnswered.name(of: bytes) ?? "something else") answered at \(origin), not a web server.".capitalised,
            hint: "Check host, port and driver.", server: ServerWords(code: "", text: excerpt.description))
    }

    private func unreadable(_ stage: Stage, _ what: String, cause: String?) -> SourceFailure {
        if stage.isStatement { return .unreadable(stage, "\(origin)", cause: cause ?? what) }
        return SourceFailure(
            .login, .notThisDriver, "\(origin) sent \(what).",
            hint: "Check host, port and driver; if a proxy stands before the server, try without.", cause: cause)
    }
}

extension SourceFailure {
    /// A body is longer than any is taken.
    ///
    /// - Parameter limit: bytes.
    static func answerTooLarge(_ stage: Stage, _ origin: String, limit: Int) -> SourceFailure {
        let size = limit >= 1 << 20 ? "\(limit >> 20) MiB" : "\(limit) bytes"
        return SourceFailure(
            stage, stage.isStatement ? .statementRefused : .fileTooLarge, "\(origin) sent more than \(size).",
            hint: "Ask for less: for a page, for fewer fields, for one part.")
    }
}
